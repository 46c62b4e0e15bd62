"""From wire bytes to facts: all dialects, encodings, cuts and gaps."""

import json

import orjson
import pytest

from lunaroute.link import Tapped
from lunaroute.model import Endpoint, Outcome, TextKind
from lunaroute.recording._reading import bare_reading, parsed, read_exchange
from tests.recording.build import (
    ENCODERS,
    MS,
    SESSION,
    anthropic_events,
    anthropic_message,
    anthropic_stream,
    chunked,
    exchange,
    question,
    sse,
)

KEY = b"k"
CHUNKED = ("Transfer-Encoding", "chunked")


def read(raw):
    return read_exchange(raw, KEY)


def answer_text(reading):
    return [t.text for t in reading.answer.texts if t.kind is TextKind.ANSWER]


def check_stream(reading):
    assert reading.endpoint is Endpoint.MESSAGES
    assert reading.session.id == SESSION
    assert reading.request.model == "claude-x"
    assert reading.answer.model == "claude-x-1"
    assert reading.answer.stop_reason == "tool_use"
    assert reading.answer.usage.output_total == 42
    assert reading.answer.usage.cache_read == 100
    assert answer_text(reading) == ["because of scattering"]
    (call,) = reading.answer.tool_calls
    assert (call.id, call.name) == ("toolu_1", "Read")
    assert orjson.loads(call.arguments) == {"path": "sky.txt"}
    assert reading.outcome is Outcome.ANSWERED
    assert reading.problem is None


def test_an_anthropic_stream():
    reading = read(anthropic_stream())
    check_stream(reading)
    assert (reading.path, reading.query) == ("/v1/messages", "beta=true")


def test_the_first_token_has_the_time_of_the_chunk_that_held_it():
    reading = read(anthropic_stream())
    # message_start and content_block_start come at 100 and 101 ms.
    assert reading.timeline.first_token == 1_102 * MS


@pytest.mark.parametrize("name", list(ENCODERS))
def test_a_chunked_encoded_stream(name):
    packed = ENCODERS[name](b"".join(sse(*anthropic_events())))
    pieces = chunked(packed[at : at + 100] for at in range(0, len(packed), 100))
    raw = anthropic_stream(
        answer=pieces, answer_fields=[CHUNKED, ("Content-Encoding", name)]
    )
    check_stream(read(raw))


@pytest.mark.parametrize("name", list(ENCODERS))
def test_an_encoded_request(name):
    body = ENCODERS[name](json.dumps(question(stream=True)).encode())
    raw = anthropic_stream(
        request_pieces=[body], request_fields=[("Content-Encoding", name)]
    )
    check_stream(read(raw))


def test_a_whole_message():
    reading = read(anthropic_message())
    assert answer_text(reading) == ["because of scattering"]
    assert reading.answer.stop_reason == "end_turn"
    assert not reading.is_streamed
    assert orjson.loads(orjson.dumps(reading.answer_json))["id"] == "msg_2"


CHAT_CHUNKS = [
    {"id": "c", "model": "gpt-x-1", "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hel"}}]},
    {"id": "c", "model": "gpt-x-1", "choices": [{"index": 0, "delta": {"content": "lo"}}]},
    {"id": "c", "model": "gpt-x-1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    {"id": "c", "model": "gpt-x-1", "choices": [], "usage": {
        "prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 2}}},
    "[DONE]",
]  # fmt: skip


def chat(**more):
    body = {
        "model": "gpt-x",
        "stream": True,
        "messages": [{"role": "user", "content": "hi"}],
    }
    values = {
        "path": "/v1/chat/completions",
        "dialect": "openai",
        "body": body,
        "session": None,
        "request_fields": [("x-session-id", "chat-1")],
        "answer": sse(*CHAT_CHUNKS, named=False),
        "content_type": "text/event-stream",
    }
    return exchange(1, **(values | more))


def test_a_chat_stream():
    reading = read(chat())
    usage = reading.answer.usage
    assert reading.session.id == "chat-1"
    assert answer_text(reading) == ["Hello"]
    assert reading.answer.stop_reason == "stop"
    assert (usage.input_uncached, usage.cache_read, usage.output, usage.reasoning) == (
        5,
        4,
        3,
        2,
    )
    assert usage.total == 14


RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "model": "gpt-x-1",
    "status": "completed",
    "output": [
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Hello"}],
        },
        {
            "type": "function_call",
            "call_id": "call_1",
            "name": "exec",
            "arguments": "{}",
        },
    ],
    "usage": {"input_tokens": 7, "output_tokens": 3, "total_tokens": 10},
}


def responses(**more):
    values = {
        "path": "/v1/responses",
        "dialect": "openai",
        "body": {"model": "gpt-x", "input": "hi", "stream": True},
        "session": None,
        "request_fields": [("session-id", "codex-1"), ("thread-id", "codex-1")],
        "answer": sse(
            {
                "type": "response.created",
                "response": {"id": "resp_1", "model": "gpt-x-1"},
            },
            {"type": "response.output_text.delta", "delta": "Hello", "item_id": "m"},
            {"type": "response.completed", "response": RESPONSE},
        ),
        "content_type": "text/event-stream",
    }
    return exchange(1, **(values | more))


def test_codex_leaves_as_soon_as_it_has_all():
    reading = read(responses(outcome=Outcome.CLIENT_LEFT))
    assert reading.outcome is Outcome.ANSWERED
    assert reading.session.id == "codex-1"
    assert answer_text(reading) == ["Hello"]
    assert reading.answer.tool_calls[0].id == "call_1"
    assert reading.answer.usage.total == 10


def test_a_client_that_leaves_before_the_end_has_left():
    raw = anthropic_stream(
        answer=sse(*anthropic_events())[:4], outcome=Outcome.CLIENT_LEFT
    )
    reading = read(raw)
    assert reading.outcome is Outcome.CLIENT_LEFT
    assert answer_text(reading) == ["because of scattering"]


@pytest.mark.parametrize("kept", range(len(anthropic_events())))
def test_a_stream_cut_after_any_event_keeps_what_came(kept):
    raw = anthropic_stream(
        answer=sse(*anthropic_events())[:kept], outcome=Outcome.UPSTREAM_CUT
    )
    assert read(raw).outcome is Outcome.UPSTREAM_CUT


def test_an_error_status():
    body = {"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}}
    reading = read(anthropic_message(status=529, answer=[json.dumps(body).encode()]))
    assert reading.outcome is Outcome.REFUSED_BY_PROVIDER
    assert (reading.answer.error_kind, reading.answer.error_text) == (
        "overloaded_error",
        "Busy",
    )


def test_an_error_in_mid_stream_is_a_refusal_with_status_200():
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}}
    reading = read(anthropic_stream(answer=sse(*anthropic_events()[:3], error)))
    assert reading.outcome is Outcome.REFUSED_BY_PROVIDER
    assert reading.status == 200
    assert reading.answer.error_kind == "overloaded_error"


def test_an_html_error_is_kept_as_text():
    raw = anthropic_message(
        status=502, answer=[b"<h1>Bad Gateway</h1>"], content_type="text/html"
    )
    reading = read(raw)
    assert "Bad Gateway" in reading.answer.error_text
    assert reading.answer_json is None


def truncated(pieces, head, tail):
    whole = b"".join(pieces)
    return Tapped(
        chunks=[(1_100 * MS, whole[:head])],
        tail=whole[-tail:],
        size=len(whole),
        truncated=True,
    )


@pytest.mark.parametrize("framed", [False, True])
@pytest.mark.parametrize("tail", range(260, 300, 3))
def test_usage_is_found_behind_a_gap(framed, tail):
    events = sse(*anthropic_events("many " + "words " * 500))
    raw = anthropic_stream(answer_fields=[CHUNKED] if framed else [])
    raw.answer = truncated(chunked(events) if framed else events, 500, tail)
    reading = read(raw)
    assert reading.answer.stop_reason == "tool_use"
    assert reading.answer.usage.output_total == 42
    assert reading.answer.model == "claude-x-1"
    assert reading.answer.complete
    assert "bytes kept" in reading.problem


def test_a_truncated_request_keeps_the_session_of_its_header():
    raw = anthropic_stream()
    raw.request = truncated([json.dumps(question("word " * 500)).encode()], 100, 20)
    reading = read(raw)
    assert reading.session.id == SESSION
    assert reading.request_json is None
    assert "request" in reading.problem


@pytest.mark.parametrize(
    ("method", "path", "endpoint"),
    [
        ("HEAD", "/api/hello", Endpoint.OTHER),
        ("GET", "/v1/models?limit=1000", Endpoint.MODELS),
        ("POST", "/v1/unknown", Endpoint.OTHER),
    ],
)
def test_other_requests_have_no_texts(method, path, endpoint):
    reading = read(exchange(1, method=method, path=path, answer=[b'{"data":[]}']))
    assert reading.endpoint is endpoint
    assert not reading.is_turn
    assert reading.request.texts == ()
    assert reading.problem is None


def test_counted_tokens_are_not_used_tokens():
    raw = exchange(
        1,
        path="/v1/messages/count_tokens?beta=true",
        body=question(),
        answer=[b'{"input_tokens": 123}'],
    )
    reading = read(raw)
    assert reading.endpoint is Endpoint.COUNT_TOKENS
    assert reading.request.texts == ()
    assert reading.request.model == "claude-x"
    assert reading.answer.usage is None or reading.answer.usage.total == 0


def test_after_an_upgrade_only_sizes_are_known():
    raw = exchange(
        1, method="GET", path="/v1/responses", dialect="openai", status=101,
        session=None, content_type=None, answer_fields=[("Upgrade", "websocket")],
    )  # fmt: skip
    raw.tunnel_up.size, raw.tunnel_down.size = 10, 20
    reading = read(raw)
    assert reading.endpoint is Endpoint.WEBSOCKET
    assert reading.outcome is Outcome.ANSWERED
    assert reading.problem is None


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/realtime"])
def test_a_client_that_leaves_a_tunnel_ends_it_as_tunnels_end(path):
    raw = exchange(
        1, method="GET", path=path, dialect="openai", status=101, session=None,
        content_type=None, outcome=Outcome.CLIENT_LEFT,
    )  # fmt: skip
    assert read(raw).outcome is Outcome.ANSWERED


def test_an_unknown_dialect_is_read_as_nothing():
    assert read(exchange(1, dialect="cobol")).endpoint is Endpoint.OTHER


def test_an_exchange_without_an_answer():
    raw = anthropic_stream(status=0, answer=[], outcome=Outcome.CLIENT_LEFT)
    reading = read(raw)
    assert reading.outcome is Outcome.CLIENT_LEFT
    assert reading.problem is None


def test_shed_bytes_are_named():
    raw = anthropic_stream()
    raw.shed = 77
    assert "77 bytes" in read(raw).problem


def test_parsed_bodies_are_written_as_they_came():
    exact = b'{"a": 1.10, "a": 123456789012345678901234567890}'
    assert orjson.dumps(parsed(exact)) == exact
    assert orjson.dumps(parsed(b'{\n"a":\r\n1}')) == b'{"a":1}'
    assert parsed(b"") is None
    assert parsed(b"{") is None
    assert parsed(b"\xff") is None
    assert parsed(b"[" * 5_000 + b"]" * 5_000) is None


def test_the_bare_reading_keeps_the_gateways_facts():
    reading = bare_reading(anthropic_stream(), "why \ud800")
    assert reading.outcome is Outcome.ANSWERED
    assert reading.status == 200
    assert reading.problem == "why ?"
    assert reading.session.client_id is None
