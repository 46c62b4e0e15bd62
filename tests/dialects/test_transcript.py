"""What is collected, and what counts as nothing."""

import pytest

from lunaroute.dialects._transcript import Transcript, kind_of
from lunaroute.model import Text, TextKind, ToolCall, ToolResult


@pytest.mark.parametrize(
    ("role", "kind"),
    [
        ("system", TextKind.SYSTEM),
        ("developer", TextKind.SYSTEM),
        ("assistant", TextKind.ANSWER),
        ("user", TextKind.PROMPT),
        ("", TextKind.PROMPT),
    ],
)
def test_the_role_tells_the_kind(role, kind):
    assert kind_of(role) is kind


def test_empty_texts_are_nothing():
    transcript = Transcript()
    transcript.say(TextKind.PROMPT, "user", "")
    transcript.say(TextKind.PROMPT, "user", None)
    transcript.result(ToolResult("c", ""), "tool")
    transcript.call(ToolCall("c", "f", ""))
    assert transcript.texts == []
    assert len(transcript.tool_results) == len(transcript.tool_calls) == 1


def test_calls_and_results_are_texts_too():
    transcript = Transcript()
    transcript.call(ToolCall("c", "f", "{}"))
    transcript.result(ToolResult("c", "out"), "user")
    assert transcript.texts == [
        Text(TextKind.TOOL_INPUT, "assistant", "{}"),
        Text(TextKind.TOOL_OUTPUT, "user", "out"),
    ]
