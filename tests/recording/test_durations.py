"""How long Claude Code says that its tools ran."""

import json

import pytest

from lunaroute.recording import Recorder
from lunaroute.recording._durations import told_durations
from lunaroute.recording._head import read_head
from lunaroute.store import open_store
from tests.recording.build import anthropic_message, exchange, head

HEADER = "x-claude-code-prev-tool-durations"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Agent=31", (("Agent", 31_000),)),
        ("Bash=120, Read=3,Read=5", (("Bash", 120_000), ("Read", 3_000), ("Read", 5_000))),
        ("mcp__a__b=0", (("mcp__a__b", 0),)),
        ("", ()),
        ("Bash", ()),
        ("=3,Bash=-1,Read=1.5,Edit=999999999,Glob=7", (("Glob", 7_000),)),
    ],
)  # fmt: skip
def test_the_header(value, expected):
    assert (
        told_durations(read_head(head("POST / HTTP/1.1", (HEADER, value)))) == expected
    )


def test_without_it():
    assert told_durations(read_head(head("POST / HTTP/1.1"))) == ()


def answer(*calls):
    content = [
        {"type": "tool_use", "id": id_, "name": name, "input": {}}
        for id_, name in calls
    ]
    return [json.dumps({"type": "message", "model": "m", "content": content}).encode()]


def results(*ids):
    blocks = [
        {"type": "tool_result", "tool_use_id": id_, "content": "x"} for id_ in ids
    ]
    return {"model": "m", "messages": [{"role": "user", "content": blocks}]}


def test_a_call_has_the_clients_time_where_it_is_told(tmp_path):
    def told(number, body, value):
        return exchange(number, body=body, request_fields=[(HEADER, value)],
                        answer=answer(), session="s")  # fmt: skip

    with open_store(tmp_path / "sessions.db", writer=True) as store:
        Recorder(None, store).record(
            [
                anthropic_message(1, session="s", answer=answer(
                    ("a", "Bash"), ("b", "Read"), ("c", "Read"), ("d", "Edit"))),
                # Two were read and one time is told: nobody knows whose it is.
                told(2, results("a", "b", "c"), "Bash=120,Read=3,Grep=1"),
                # The history comes back; its times are no news.
                told(3, results("a", "b", "c", "d"), "Bash=999,Edit=7"),
            ]
        )  # fmt: skip
        calls = store.tool_calls("s")
    wire = 1_000_000 - 101_000  # from the end of the answer to the next request
    assert {call.call_id: call.result_us for call in calls} == {
        "a": 120_000, "b": wire, "c": wire, "d": 7_000,
    }  # fmt: skip
