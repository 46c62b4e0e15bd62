"""What answers say is named alike to who writes and who reads."""

import orjson
import pytest

from lunaroute.recording._events import event_lines
from lunaroute.recording._reading import read_exchange
from lunaroute.recording._said import Said, json_member
from tests.recording.build import (
    anthropic_stream,
)


def lines_of(raw):
    return event_lines(read_exchange(raw, b"k")).splitlines(keepends=True)


def told(*lines):
    said = Said()
    return [each for line in lines for each in said.texts(line)]


def test_an_answer_in_its_events():
    lines = lines_of(anthropic_stream(1))
    found = dict(told(*lines))
    events = {each["type"]: each for each in map(orjson.loads, lines)}
    text = found["boot-0-1#response_text"]
    assert orjson.loads(text) == events["response_recorded"]["response_text"]
    # Of the answer's text it has only the length.
    assert "boot-0-1#spoken" not in found
    call = found["boot-0-1#tool_arguments.0"]
    assert call.decode() == events["tool_call_recorded"]["tool_arguments"]
    assert orjson.loads(found["boot-0-1#tool_arguments.0.json"]) == call.decode()
    assert text in next(each for each in lines if b"response_recorded" in each)


def call(exchange, arguments='"{}"'):
    return (
        b'{"type":"tool_call_recorded","schema":1,"exchange_id":"%s",'
        b'"tool_name":"x","tool_arguments":%s}\n'
    ) % (exchange.encode(), arguments.encode())


def response(exchange, text="null"):
    return (
        b'{"type":"response_recorded","schema":1,"exchange_id":"%s",'
        b'"response_text":%s}\n'
    ) % (exchange.encode(), text.encode())


def test_calls_are_counted_for_each_answer():
    lines = [
        *(response("a"), call("a"), call("a")),
        *(response("b"), call("b")),
        *(call("c"), call("c")),
        *(response("a"), call("a")),
    ]
    names = [name for name, _ in told(*lines) if not name.endswith(".json")]
    assert names == [
        *("a#tool_arguments.0", "a#tool_arguments.1", "b#tool_arguments.0"),
        *("c#tool_arguments.0", "c#tool_arguments.1", "a#tool_arguments.0"),
    ]


def test_arguments_are_told_as_they_are_and_as_they_stand():
    line = call("a", r'"{\"a\": \"\u00e9\"}"')
    assert told(line) == [
        ("a#tool_arguments.0.json", rb'"{\"a\": \"\u00e9\"}"'),
        ("a#tool_arguments.0", '{"a": "é"}'.encode()),
    ]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"no event\n",
        b'{"type":"started","schema":1,"exchange_id":"a","response_text":"x"}\n',
        response("a"),
        call("a", "null"),
    ],
)
def test_others_say_nothing(line):
    assert told(line) == []


def test_thinking_stands_where_the_answer_is_told_piece_by_piece():
    spoken = b'[["thinking","assistant","hm \\"}]"],["answer","assistant",3]]'
    line = (
        b'{"type":"completed","schema":1,"exchange_id":"a","redacted":{},'
        b'"spoken":%s,"row":{}}\n'
    ) % spoken
    assert told(line) == [("a#spoken", spoken)]


@pytest.mark.parametrize(
    "text", ['""', r'"\"', r'"""', r'"a\"b, "c": "', '"ünï\n"', '"x" ', '"x']
)
def test_a_string_ends_at_its_quote(text):
    line = response("a", text)
    expected = json_member(line, b"response_text")
    assert told(line) == ([("a#response_text", expected)] if expected else [])


def test_a_name_in_a_text_is_no_member():
    line = call("a").replace(b'"x"', rb'"\"tool_arguments\":\"no\""')
    assert dict(told(line))["a#tool_arguments.0"] == b"{}"
    assert json_member(line, b"no") == b""
