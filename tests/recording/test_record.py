"""Whatever the bytes: one record, one completed line, one row."""

import json
import logging

from hypothesis import given, settings
from hypothesis import strategies as st

from lunaroute.link import Tapped
from lunaroute.model import Outcome
from lunaroute.recording import _record
from lunaroute.recording._record import make_records
from tests.frames import MASK, Deflater, frame
from tests.recording.build import (
    anthropic_stream,
    create,
    exchange,
    head,
    response_events,
    socket,
    tapped,
)

KEY = b"k" * 32
PATHS = ["/v1/messages", "/v1/chat/completions", "/v1/responses", "/v1/embeddings",
         "/v1/messages/count_tokens", "/v1/models", "/x"]  # fmt: skip
NAMES = st.sampled_from(
    ["transfer-encoding", "content-encoding", "content-type", "session_id", "user-agent",
     "x-codex-turn-metadata", "x-claude-code-session-id", "accept"]
)  # fmt: skip
VALUES = st.one_of(
    st.text(alphabet=st.characters(max_codepoint=255), max_size=30),
    st.sampled_from(["chunked", "gzip", "br", "zstd", "deflate", "gzip, br",
                     "text/event-stream", "application/json"]),
)  # fmt: skip
FIELDS = st.lists(st.tuples(NAMES, VALUES), max_size=6)
BODIES = st.lists(
    st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=20),
            lambda inner: st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["type", "messages", "content", "role", "model", "usage",
                                 "input", "tools", "error", "delta", "id", "response"]),
                inner, max_size=5),
            max_leaves=12,
        ).map(lambda value: b"data: " + json.dumps(value).encode() + b"\n\n"),
    ),
    max_size=5,
)  # fmt: skip


MESSAGES = [
    json.dumps(each).encode()
    for each in (
        create("one"), create("two", generate=False, client_metadata={"session_id": "s"}),
        *response_events(), {"type": "error", "status": 429, "error": {"message": "m"}},
        {"type": "response.create", "response": {"input": 1}}, {"type": 7}, [], None,
    )
]  # fmt: skip


def make_record(raw, key):
    (record,) = make_records(raw, key)
    return record


def lines_of(record):
    events = [json.loads(line) for line in record.lines.splitlines()]
    assert [event["type"] for event in events].count("completed") == 1
    assert events[-1]["type"] == "completed"
    assert record.rows.exchange.id == str(record.id) == events[-1]["exchange_id"]
    return events


@settings(max_examples=300, deadline=None)
@given(
    path=st.sampled_from(PATHS), dialect=st.sampled_from(["anthropic", "openai", "?"]),
    sent=BODIES, came=BODIES, up=FIELDS, down=FIELDS,
    status=st.sampled_from([0, 101, 200, 204, 400, 500, 999]),
    outcome=st.sampled_from(list(Outcome)), truncated=st.booleans(), ended=st.booleans(),
)  # fmt: skip
def test_plausible_garbage(
    path, dialect, sent, came, up, down, status, outcome, truncated, ended
):
    raw = exchange(
        1, path=path, dialect=dialect, request_pieces=sent, answer=came, request_fields=up,
        answer_fields=down, status=status, outcome=outcome, content_type=None, session=None,
    )  # fmt: skip
    raw.request.truncated = raw.answer.truncated = truncated
    raw.answer.tail = b"".join(came)[-50:]
    if not ended:
        raw.ending = None
    # Nothing here may need the way out for faults of ours.
    assert "could not be read" not in (
        lines_of(make_record(raw, KEY))[-1]["problem"] or ""
    )


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=300),
    st.binary(max_size=300),
    st.binary(max_size=300),
    st.binary(),
)
def test_arbitrary_bytes(request_head, request, answer_head, answer):
    raw = exchange(1)
    raw.request_head, raw.answer_head = request_head, answer_head
    raw.request, raw.answer = tapped([request]), tapped([answer])
    assert "could not be read" not in (
        lines_of(make_record(raw, KEY))[-1]["problem"] or ""
    )


FRAMES = st.one_of(
    st.binary(max_size=60),
    st.builds(
        frame,
        st.one_of(
            st.binary(max_size=20),
            st.sampled_from(MESSAGES),
            st.sampled_from(MESSAGES).map(lambda data: Deflater().pack(data)),
        ),
        st.sampled_from([0, 1, 1, 1, 2, 8, 9]),
        fin=st.booleans(),
        reserved=st.sampled_from([0, 0, 4]),
        mask=st.sampled_from([b"", MASK]),
    ),
)


@settings(max_examples=200, deadline=None)
@given(
    passed=st.lists(st.tuples(st.sampled_from(["up", "down"]), FRAMES), max_size=12),
    outcome=st.sampled_from(list(Outcome)), deflate=st.booleans(),
    truncated=st.booleans(), ended=st.booleans(),
)  # fmt: skip
def test_arbitrary_frames(passed, outcome, deflate, truncated, ended):
    fields = [("Sec-WebSocket-Extensions", "permessage-deflate")] if deflate else []
    raw = socket(*passed, outcome=outcome, answer_fields=fields)
    raw.tunnel_up.truncated = raw.tunnel_down.truncated = truncated
    if not ended:
        raw.ending = None
    records = make_records(raw, KEY)
    for number, record in enumerate(records):
        assert str(record.id) == (f"boot-0-1.{number}" if number else "boot-0-1")
        assert "could not be read" not in (lines_of(record)[-1]["problem"] or "")


def test_a_fault_of_ours_is_recorded_as_such(monkeypatch, caplog):
    quoted = "what was " + "sent"

    def fail(*_):
        raise RuntimeError(quoted)

    monkeypatch.setattr(_record, "read_exchange", fail)
    with caplog.at_level(logging.ERROR):
        record = make_record(anthropic_stream(), KEY)
    completed = lines_of(record)[-1]
    assert completed["problem"] == "could not be read: RuntimeError"
    assert record.rows.exchange.outcome == "answered"
    assert "boot-0-1" in caplog.text
    # What was raised may quote what was to be redacted.
    assert quoted not in caplog.text
    assert quoted not in repr(record)


def test_deep_nesting():
    raw = exchange(1, request_pieces=[b'{"messages":' + b"[" * 100_000])
    raw.answer_head = head("HTTP/1.1 200 OK", ("Content-Type", "application/json"))
    raw.answer = Tapped(chunks=[(1, b'{"a":' * 50_000)], size=250_000)
    lines_of(make_record(raw, KEY))
