"""What one answer says, in the order in which it says it."""

import pytest

from lunaroute.dialects import Delta, DeltaKind
from lunaroute.model import AnswerFacts, Text, TextKind, ToolCall, Usage
from lunaroute.observer._view import Happening
from lunaroute.observer._voice import Voice
from lunaroute.pii import SECRETS, Detector


@pytest.fixture
def shown():
    return []


@pytest.fixture
def voice(shown):
    return Voice(7, shown.append, Detector(SECRETS))


def told(shown):
    return [(each.what, each.text) for each in shown]


def test_what_was_thought_is_shown_before_what_is_said(voice, shown):
    voice.take((Delta(DeltaKind.THINKING, "hm "), Delta(DeltaKind.THINKING, "hm")))
    voice.take((Delta(DeltaKind.TEXT, "so"), Delta(DeltaKind.TOOL, "Read\x1b[1m")))
    voice.take((Delta(DeltaKind.BREAK), Delta(DeltaKind.TEXT, " \n")))
    voice.pause()
    assert told(shown) == [
        (Happening.THINKING, "hm hm"),
        (Happening.TEXT, "so"),
        (Happening.TOOL, "Read·[1m"),
    ]
    assert {each.number for each in shown} == {7}


def test_a_whole_answer(voice, shown):
    texts = (
        Text(TextKind.THINKING, "assistant", "hm"),
        Text(TextKind.ANSWER, "assistant", "so"),
        Text(TextKind.TOOL_INPUT, "assistant", "{}"),
    )
    voice.whole(AnswerFacts(texts=texts, tool_calls=(ToolCall("1", "Bash", "{}"),)))
    assert [text for _, text in told(shown)] == ["hm", "so", "Bash"]


def test_usage_and_what_is_not_known_of_it(voice, shown):
    voice.usage(Usage(output=3), None)
    voice.usage(Usage(input_uncached=1, cache_write_1h=2, reasoning=3), 0.12345)
    assert [text for _, text in told(shown)] == [
        "input=0, output=3, total=3",
        "input=1, cache_write=2, output=0, thinking=3, total=6, cost=$0.1235",
    ]
    assert shown[1].facts["cost_usd"] == 0.12345
