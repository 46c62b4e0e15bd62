"""Bodies once: shorter lines, and every body back to the byte."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lunaroute.recording._events import event_lines
from lunaroute.recording._once import Bodies, Once
from lunaroute.recording._reading import read_exchange
from tests.recording.build import exchange, sse

PATH = Path("sessions/2026-01-02/session_a.jsonl")
PATIENT = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
LONG = "a long text that is said again and again, " * 8


def lines_of(body, number=1):
    return event_lines(read_exchange(exchange(number, request_pieces=[body]), b"k"))


def written(bodies, once=None):
    once = once or Once()
    once.resume(PATH, 0)
    return [
        once.shorten(PATH, f"boot-0-{number}", lines_of(body, number), body)
        for number, body in enumerate(bodies, start=1)
    ]


def given_back(texts):
    found = Bodies(b"".join(texts).splitlines(keepends=True))
    return [found.body(f"boot-0-{number}") for number in range(1, len(texts) + 1)]


def message(role, text, *, marked=False):
    block = {"type": "text", "text": text}
    if marked:
        block["cache_control"] = {"type": "ephemeral"}
    return {"role": role, "content": [block]}


def turns(count):
    """Bodies as Claude Code sends them: the marker moves, system and tools come last."""
    said = [f"{number}: {LONG}{number}" for number in range(2 * count)]
    bodies = []
    for turn in range(1, count + 1):
        messages = [
            message("assistant" if at % 2 else "user", text, marked=at == 2 * turn - 2)
            for at, text in enumerate(said[: 2 * turn - 1])
        ]
        bodies.append(
            json.dumps(
                {
                    "model": "m",
                    "messages": messages,
                    "system": [{"type": "text", "text": "Be good. " * 200}],
                    "tools": [{"name": f"T{n}", "description": LONG} for n in range(9)],
                },
                separators=(",", ":"),
            ).encode()
        )
    return bodies


def test_a_session_is_written_once_and_comes_back():
    bodies = turns(30)
    texts = written(bodies)
    assert given_back(texts) == bodies
    kept = sum(map(len, texts)) - sum(len(lines_of(b"{}", n)) for n in range(1, 31))
    # The last prompt of each stands in `request_text`, too.
    assert kept < len(bodies[-1]) * 2 < sum(map(len, bodies)) / 6


def test_every_line_is_json_and_what_is_new_stands_in_it():
    first, second = turns(2)
    _, text = written([first, second])
    events = [json.loads(line) for line in text.splitlines()]
    (event,) = [each for each in events if each["type"] == "request_recorded"]
    sent = event["request_json"]
    assert sent["messages"][-1] == json.loads(second)["messages"][-1]
    assert sent["system"]["$lunaroute"] == "same"
    assert set(sent) == {"model", "messages", "system", "tools"}


def test_what_looks_like_a_reference_is_text():
    fake = b'{"a":{"$lunaroute":"same","as":"boot-0-9","at":0,"bytes":5},"b":"%s","c":["request_refs",1]}'
    bodies = [fake % (LONG.encode()), fake % (LONG.encode()), fake % b"x"]
    assert given_back(written(bodies)) == bodies
    named = b'{"request_refs":[5],"request_json":{"a":"%s"}}' % LONG.encode()
    assert given_back(written([named, named])) == [named, named]


def test_a_reference_beyond_a_body_is_told():
    texts = written(turns(3))
    changed = re.sub(rb'"bytes":\d', b'"bytes":9', texts[2])
    with pytest.raises(ValueError, match="has no byte"):
        given_back([texts[0], texts[1], changed])


def test_a_file_that_somebody_cut_is_not_referred_to():
    first, second = turns(2)
    once = Once()
    written([first], once)
    once.reached(PATH, 5_000)
    once.resume(PATH, 4_000)
    assert once.shorten(PATH, "boot-0-2", lines_of(second, 2), second) == lines_of(
        second, 2
    )


def test_after_a_failure_the_next_body_is_whole():
    first, second = turns(2)
    once = Once()
    written([first], once)
    once.forget()
    once.resume(PATH, 0)
    assert once.shorten(PATH, "boot-0-2", lines_of(second, 2), second) == lines_of(
        second, 2
    )


@pytest.mark.parametrize("body", [b'{"a":\n"b"}', b"no JSON \xc3\xa4" * 40])
def test_text_that_cannot_stand_in_a_line(body):
    assert given_back(written([body])) == [body]


def test_what_is_no_text_is_not_kept():
    assert given_back(written([b"\xff\x00" * 200])) == [None]


def test_a_body_that_is_missing_is_told():
    texts = written(turns(3))
    with pytest.raises(KeyError):
        Bodies(b"".join(texts[1:]).splitlines(keepends=True)).body("boot-0-3")


SAID = st.sampled_from(
    [
        LONG,
        LONG + "2",
        {"type": "text", "text": LONG},
        [LONG, LONG],
        1,
        "x",
        None,
        {"k": [LONG]},
    ]
)


@PATIENT
@given(
    st.lists(st.lists(SAID, max_size=6), min_size=1, max_size=6),
    st.sampled_from([",", ", "]),
)
def test_any_history_comes_back(histories, comma):
    bodies = [
        json.dumps({"messages": each, "x": each[:2]}, separators=(comma, ":")).encode()
        for each in histories
    ]
    assert given_back(written(bodies)) == bodies


def test_what_is_known_is_bounded(monkeypatch):
    monkeypatch.setattr("lunaroute.recording._once._MOST_VALUES", 10)
    monkeypatch.setattr("lunaroute.recording._once._MOST_IN_ALL", 40)
    once = Once()
    bodies = turns(8)
    assert given_back(written(bodies, once)) == bodies
    for number, body in enumerate(bodies):
        path = PATH.with_name(f"session_{number}.jsonl")
        once.resume(path, 0)
        once.shorten(path, "boot-0-1", lines_of(body), body)
    assert PATH not in once._files
    assert 1 <= len(once._files) < 8


def answered(number, body, text, command):
    """The lines of a request and its answer, a text and a call with both quotes."""
    call = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {}}
    events = sse(
        {"type": "message_start", "message": {"id": "m", "model": "m", "usage": {}}},
        *block(0, {"type": "thinking", "thinking": ""}, "thinking", THOUGHT),
        *block(1, {"type": "text", "text": ""}, "text", text),
        *block(2, call, "input_json", json.dumps({"command": command})),
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {}},
        {"type": "message_stop"},
    )
    raw = exchange(
        number,
        request_pieces=[body],
        answer=events,
        content_type="text/event-stream",
    )
    return event_lines(read_exchange(raw, b"k"))


def block(index, begin, kind, text):
    name = {"thinking": "thinking", "text": "text", "input_json": "partial_json"}[kind]
    yield {"type": "content_block_start", "index": index, "content_block": begin}
    delta = {"type": f"{kind}_delta", name: text}
    yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


THOUGHT = "first this, then that; " * 20
WORDS = 'it "says" \\ ünï\n' * 20


def history(text, command, *, escaped=False):
    """The next body: the answer comes back, and a result."""
    said = [
        {"type": "thinking", "thinking": THOUGHT, "signature": "s"},
        {"type": "text", "text": text},
        {"type": "tool_use", "id": "toolu_1", "input": {"command": command}},
    ]
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "r" * 300}
    messages = [
        {"role": "assistant", "content": said},
        {"role": "user", "content": [result]},
    ]
    body = {"model": "m", "messages": messages, "system": LONG}
    return json.dumps(body, separators=(",", ":"), ensure_ascii=escaped).encode()


def session(*, escaped=False):
    bodies = [
        json.dumps({"model": "m", "messages": [], "system": LONG}).encode(),
        history(WORDS, f"grep {LONG}", escaped=escaped),
        history(WORDS, f"grep {LONG}", escaped=escaped),
    ]
    once = Once()
    once.resume(PATH, 0)
    texts = [
        once.shorten(
            PATH, f"boot-0-{n}", answered(n, body, WORDS, f"grep {LONG}"), body
        )
        for n, body in enumerate(bodies, start=1)
    ]
    return bodies, texts


def test_what_an_answer_said_is_not_written_again():
    bodies, texts = session()
    assert given_back(texts) == bodies
    request = next(each for each in texts[1].splitlines() if b"request_json" in each)
    assert b"then that" not in request
    assert b"says" not in request
    assert b"grep" not in request
    sent = json.loads(request)["request_json"]["messages"][0]["content"]
    assert [
        sent[0]["thinking"]["as"],
        sent[1]["text"]["as"],
        sent[2]["input"]["command"]["as"],
    ] == [
        "boot-0-1#spoken",
        "boot-0-1#response_text",
        "boot-0-1#tool_arguments.0",
    ]


def test_what_came_back_otherwise_stands_there():
    bodies, texts = session(escaped=True)
    assert given_back(texts) == bodies
    assert rb"\u00fc" in texts[1]


def test_arguments_that_come_back_as_a_string():
    command = json.dumps({"command": f"grep {LONG}"})
    call = {"type": "function_call", "call_id": "c", "arguments": command}
    body = json.dumps({"input": [call], "model": "m"}).encode()
    first = json.dumps({"model": "m", "input": [], "i": LONG}).encode()
    once = Once()
    once.resume(PATH, 0)
    texts = [
        once.shorten(PATH, "boot-0-1", answered(1, first, "x", f"grep {LONG}"), first),
        once.shorten(PATH, "boot-0-2", lines_of(body, 2), body),
    ]
    assert given_back(texts) == [first, body]
    assert b'"as":"boot-0-1#tool_arguments.0.json"' in texts[1]
