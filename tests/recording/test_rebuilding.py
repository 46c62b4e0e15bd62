"""Rows made again from the events are those that were written, of every kind of
exchange that the tests know.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lunaroute.model import Outcome
from lunaroute.recording._once import Once
from lunaroute.recording._rebuilding import Rebuilder
from lunaroute.recording._record import make_records
from tests.pii.finder import redactor
from tests.recording.build import (
    ENCODERS,
    anthropic_events,
    anthropic_message,
    anthropic_stream,
    chunked,
    exchange,
    question,
    socket,
    sse,
)
from tests.recording.test_reading import CHUNKED, chat, responses, truncated
from tests.recording.test_redaction import BODY
from tests.recording.test_turns import FIRST, SECOND, WARM, up

KEY = b"k" * 32
NAME = "2026-01-02/session_x.jsonl"

HISTORY = question("why is the sky blue", stream=True, system="be brief " * 40)
HISTORY["messages"] += [
    {"role": "assistant", "content": [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "because of scattering"},
        {"type": "tool_use", "id": "toolu_1", "name": "mcp__files__Read",
         "input": {"path": "sky.txt"}}]},
    {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "toolu_1", "content": "it is blue",
         "is_error": True}]},
]  # fmt: skip
BLOCKS = [
    {"type": "message_start", "message": {
        "id": "m", "type": "message", "model": "claude-x", "content": [],
        "usage": {"input_tokens": 3, "cache_creation": {
            "ephemeral_5m_input_tokens": 5, "ephemeral_1h_input_tokens": 7},
            "cache_creation_input_tokens": 12}}},
    *(
        event
        for at, (block, delta) in enumerate([
            ({"type": "thinking", "thinking": ""},
             {"type": "thinking_delta", "thinking": "lo, a\nthought"}),
            ({"type": "text", "text": ""},
             {"type": "text_delta", "text": "first \ud83c\udf0d\nline"}),
            ({"type": "text", "text": ""},
             {"type": "text_delta", "text": "second"}),
            ({"type": "tool_use", "id": "t1", "name": "Bash", "input": {}},
             {"type": "input_json_delta", "partial_json": '{"command": "ls  x"}'}),
        ])
        for event in (
            {"type": "content_block_start", "index": at, "content_block": block},
            {"type": "content_block_delta", "index": at, "delta": delta},
            {"type": "content_block_stop", "index": at},
        )
    ),
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"},
     "usage": {"output_tokens": 9}},
    {"type": "message_stop"},
]  # fmt: skip


def shed():
    raw = anthropic_stream()
    raw.shed = 99
    return raw


def cut():
    raw = anthropic_stream()
    raw.answer = truncated(sse(*anthropic_events("many " + "words " * 500)), 500, 290)
    return raw


def cut_request():
    raw = anthropic_stream()
    raw.request = truncated([json.dumps(question("word " * 500)).encode()], 100, 20)
    return raw


def error(status, words, content_type="application/json"):
    return anthropic_message(
        1, status=status, answer=[words], content_type=content_type
    )


OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}}
EXCHANGES = {
    "a stream": anthropic_stream(),
    "a message": anthropic_message(),
    "blocks": anthropic_stream(answer=sse(*BLOCKS)),
    "a history": anthropic_message(
        body=HISTORY,
        request_fields=[
            ("X-Claude-Code-Prev-Tool-Durations", "Read=120,Bash=3"),
            ("X-Project-ID", "sky"),
            ("X-Claude-Code-Agent-Id", "helper"),
        ],
    ),
    "chat": chat(),
    "responses": responses(),
    "who leaves early": responses(outcome=Outcome.CLIENT_LEFT),
    "cut off": anthropic_stream(
        answer=sse(*BLOCKS[:6]), outcome=Outcome.UPSTREAM_CUT, error="reset"
    ),
    "an error": error(529, json.dumps(OVERLOADED).encode()),
    "an html error": error(502, b"<h1>Bad Gateway</h1>", "text/html"),
    "an error in mid-stream": anthropic_stream(answer=sse(*BLOCKS[:5], OVERLOADED)),
    "no answer": anthropic_message(1, status=0, outcome=Outcome.TIMED_OUT, error="late"),
    "no json": exchange(request_pieces=[b"{not json\n"], answer=[b"{"]),
    "no text": exchange(request_pieces=[b"\xff\xfe"], answer=[b"\xff"]),
    "several lines": exchange(
        request_pieces=[json.dumps(HISTORY, indent=1).encode()],
        answer=[b'{\n"type": "message",\n"content": []}'],
    ),
    "numbers": anthropic_message(body=question(n=1.10, big=10**30, twice="\\u00e9")),
    "a surrogate": anthropic_message(body=question("x \ud800 y \0 z")),
    "gzip": anthropic_stream(
        request_pieces=[ENCODERS["gzip"](json.dumps(HISTORY).encode())],
        request_fields=[("Content-Encoding", "gzip")],
        answer=chunked([ENCODERS["gzip"](b"".join(sse(*BLOCKS)))]),
        answer_fields=[CHUNKED, ("Content-Encoding", "gzip")],
    ),
    "shed": shed(),
    "truncated": cut(),
    "a truncated request": cut_request(),
    "models": exchange(method="GET", path="/v1/models", answer=[b'{"data":[]}']),
    "elsewhere": exchange(path="/somewhere?key=x&limit=3", body={"a": 1}),
    "counted": exchange(
        path="/v1/messages/count_tokens", body=question(), answer=[b'{"input_tokens":7}']
    ),
    "embeddings": exchange(
        path="/v1/embeddings",
        dialect="openai",
        body={"model": "e", "input": "x"},
        answer=[b'{"model":"e","usage":{"prompt_tokens":3,"total_tokens":3}}'],
    ),
    "an unsafe session": anthropic_message(
        session=None, request_fields=[("session_id", "A" * 200)]
    ),
    "a capital one": anthropic_message(session="WithCapitals"),
    "a socket": socket(*WARM, *FIRST, *SECOND),
    "an interrupted socket": socket(*FIRST, *up({"type": "response.create", "input": 5})),
    "secrets": anthropic_message(body=BODY),
}  # fmt: skip


def rebuilt(records):
    """What their lines tell, as they would stand in one file."""
    once, path, text = Once(), Path("x"), b""
    for record in records:
        once.resume(path, len(text))
        text += once.shorten(path, str(record.id), record.lines, record.sent)
        once.reached(path, len(text))
    rebuilder = Rebuilder(NAME, KEY)
    found = [each for line in text.splitlines(True) for each in rebuilder.feed(line)]
    assert rebuilder.bad_lines == []
    assert rebuilder.offset == len(text)
    return found, text


def without_place(rows):
    row = replace(rows.exchange, jsonl_file=None, jsonl_offset=None, jsonl_length=None)
    return replace(rows, exchange=row)


@pytest.mark.parametrize("finder", [None, redactor()], ids=["plain", "redacted"])
@pytest.mark.parametrize("what", list(EXCHANGES))
def test_the_rows_are_the_same(what, finder):
    records = make_records(EXCHANGES[what], KEY, finder)
    found, text = rebuilt(records)
    assert [each.is_whole for each in found] == [True] * len(records)
    for record, each in zip(records, found, strict=True):
        row = each.rows.exchange
        assert row.jsonl_file == NAME
        assert text[row.jsonl_offset :].startswith(b'{"type":"started"')
        assert text[: row.jsonl_offset + row.jsonl_length].endswith(b"\n")
        assert without_place(each.rows) == record.rows


def test_history_that_is_referred_to():
    raws = [anthropic_message(n, body=HISTORY) for n in range(1, 4)]
    records = [record for raw in raws for record in make_records(raw, KEY)]
    found, text = rebuilt(records)
    assert b"request_refs" in text
    assert [without_place(each.rows) for each in found] == [r.rows for r in records]


def test_an_answer_that_is_referred_to():
    words = "because of scattering, as was said before; " * 9
    said = {"role": "assistant", "content": [{"type": "text", "text": words}]}
    body = question(stream=True)
    body["messages"] += [said, {"role": "user", "content": "and at night?"}]
    answer = sse(*anthropic_events(words))
    raws = [anthropic_stream(1, answer=answer), anthropic_stream(2, body=body)]
    records = [record for raw in raws for record in make_records(raw, KEY)]
    found, text = rebuilt(records)
    assert b'"as":"boot-0-1#response_text"' in text
    assert [without_place(each.rows) for each in found] == [r.rows for r in records]


def test_the_rest_of_an_exchange_may_come_later():
    one, two = (make_records(anthropic_message(n), KEY)[0] for n in (1, 2))
    text = one.lines[: one.opening] + two.lines + one.lines[one.opening :]
    rebuilder = Rebuilder(NAME, KEY)
    found = [each for line in text.splitlines(True) for each in rebuilder.feed(line)]
    assert [without_place(each.rows) for each in found] == [two.rows, one.rows]
    assert found[1].rows.exchange.jsonl_offset == 0
    assert found[1].rows.exchange.jsonl_length == len(text)


def test_events_of_an_earlier_release_tell_less():
    (record,) = make_records(anthropic_message(), KEY)
    lines = [json.loads(line) for line in record.lines.splitlines()]
    del lines[-1]["row"], lines[-1]["spoken"]
    rebuilder = Rebuilder(NAME, KEY)
    found = [
        each
        for line in lines
        for each in rebuilder.feed(json.dumps(line).encode() + b"\n")
    ]
    assert [each.is_whole for each in found] == [False]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"{\n",
        b"[]\n",
        b'{"type":"completed"}\n',
        b'{"type":1,"exchange_id":2}\n',
        b'{"type":"completed","exchange_id":"x"}\n',
        b'{"type":"completed","exchange_id":"x","session_id":"s","row":{"endpoint":5}}\n',
        b'{"type":"completed","exchange_id":"x","session_id":"s","spoken":5,"row":'
        b'{"endpoint":"messages"}}\n',
        b'{"type":"request_recorded","exchange_id":"x","request_json":[],'
        b'"request_refs":5}\n',
        b"[" * 5_000 + b"\n",
    ],
)
def test_a_bad_line_is_counted_and_passed_over(line):
    rebuilder = Rebuilder(NAME, KEY)
    (record,) = make_records(anthropic_message(), KEY)
    found = [*rebuilder.feed(line)]
    for each in record.lines.splitlines(True):
        found += rebuilder.feed(each)
    assert [without_place(each.rows) for each in found][-1] == record.rows
    assert rebuilder.bad_lines in ([1], [])
