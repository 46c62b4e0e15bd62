"""Builders of raw exchanges as the link delivers them."""

import gzip
import json
import zlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import brotli
import zstandard

from lunaroute.link import (
    Anchor,
    Ending,
    ExchangeId,
    RawExchange,
    Route,
    Tapped,
    Times,
)
from lunaroute.model import Outcome

MS = 1_000_000
WALL = 1_760_000_000 * 1_000_000_000  # 2025-10-09 08:53:20 UTC
ANCHOR = Anchor(wall_ns=WALL, monotonic_ns=0)
SESSION = "0b9a3c1e-5d0f-4a6e-9c57-1d2e3f405162"

ENCODERS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}


def chunked(pieces: Iterable[bytes]) -> list[bytes]:
    return [*(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces), b"0\r\n\r\n"]


def head(first: str, *fields: tuple[str, str]) -> bytes:
    lines = [first, *(f"{name}: {value}" for name, value in fields)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def tapped(pieces: Iterable[bytes], start: int = 0, step: int = MS) -> Tapped:
    pieces = list(pieces)
    chunks = [(start + at * step, piece) for at, piece in enumerate(pieces)]
    return Tapped(chunks=chunks, size=sum(map(len, pieces)))


def sse(*events: dict[str, Any] | str, named: bool = True) -> list[bytes]:
    out = []
    for event in events:
        data = event if isinstance(event, str) else json.dumps(event)
        name = ""
        if named and isinstance(event, dict) and "type" in event:
            name = f"event: {event['type']}\n"
        out.append(f"{name}data: {data}\n\n".encode())
    return out


def exchange(
    number: int = 1,
    *,
    path: str = "/v1/messages?beta=true",
    method: str = "POST",
    dialect: str = "anthropic",
    body: object = None,
    request_pieces: Iterable[bytes] | None = None,
    request_fields: Iterable[tuple[str, str]] = (),
    session: str | None = SESSION,
    status: int = 200,
    answer: Iterable[bytes] = (),
    answer_fields: Iterable[tuple[str, str]] = (),
    content_type: str | None = "application/json",
    outcome: Outcome = Outcome.ANSWERED,
    resent: bool = False,
    error: str = "",
    start: int | None = None,
) -> RawExchange:
    """An exchange; the request goes out at +2 ms, the answer's pieces come from +100."""
    begin = number * 1_000 * MS if start is None else start
    if request_pieces is None:
        request_pieces = [] if body is None else [json.dumps(body).encode()]
    fields = [("Host", "x"), ("User-Agent", "test/1"), *request_fields]
    if session is not None:
        fields.append(("X-Claude-Code-Session-Id", session))
    request = tapped(request_pieces, begin + 1 * MS)
    replied = tapped(answer, begin + 100 * MS)
    shown = [*answer_fields]
    if content_type is not None:
        shown.append(("Content-Type", content_type))
    ended = begin + 100 * MS + len(replied.chunks) * MS
    return RawExchange(
        id=ExchangeId("boot", 0, number),
        anchor=ANCHOR,
        route=Route(
            provider="anthropic" if dialect == "anthropic" else "openai",
            dialect=dialect,
            upstream="https://provider.test/v1",
            client="127.0.0.1:5000",
            listener="127.0.0.1:8081",
        ),
        opened=begin,
        request_head=head(f"{method} {path} HTTP/1.1", *fields),
        request=request,
        answer_head=head(f"HTTP/1.1 {status} X", *shown) if status else b"",
        answer=replied,
        ending=Ending(
            outcome=outcome,
            status=status,
            error=error,
            request_bytes=request.size,
            answer_bytes=replied.size,
            times=Times(
                accepted=begin,
                head_received=begin + 1 * MS,
                first_byte_up=begin + 2 * MS,
                last_byte_up=begin + 3 * MS,
                first_byte_down=begin + 99 * MS,
                first_body_down=begin + 100 * MS,
                ended=ended,
            ),
        ),
        resent=resent,
    )


def question(words: str = "why is the sky blue", **more: Any) -> dict[str, Any]:
    return {
        "model": "claude-x",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": words}],
        **more,
    }


def anthropic_events(words: str = "because of scattering") -> list[dict[str, Any]]:
    first, _, rest = words.partition(" ")
    return [
        {
            "type": "message_start",
            "message": {
                "id": "msg_1",
                "type": "message",
                "role": "assistant",
                "model": "claude-x-1",
                "content": [],
                "stop_reason": None,
                "usage": {
                    "input_tokens": 10,
                    "cache_read_input_tokens": 100,
                    "cache_creation_input_tokens": 5,
                    "output_tokens": 1,
                },
            },
        },
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "text", "text": ""},
        },
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": first + " "},
        },
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": rest},
        },
        {"type": "content_block_stop", "index": 0},
        {
            "type": "content_block_start",
            "index": 1,
            "content_block": {
                "type": "tool_use",
                "id": "toolu_1",
                "name": "Read",
                "input": {},
            },
        },
        {
            "type": "content_block_delta",
            "index": 1,
            "delta": {"type": "input_json_delta", "partial_json": '{"path": '},
        },
        {
            "type": "content_block_delta",
            "index": 1,
            "delta": {"type": "input_json_delta", "partial_json": '"sky.txt"}'},
        },
        {"type": "content_block_stop", "index": 1},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "tool_use"},
            "usage": {"output_tokens": 42},
        },
        {"type": "message_stop"},
    ]


def anthropic_stream(number: int = 1, **more: Any) -> RawExchange:
    """A streamed answer with a text and a tool call, one event a piece."""
    values: dict[str, Any] = {
        "body": question(stream=True),
        "answer": sse(*anthropic_events()),
        "content_type": "text/event-stream; charset=utf-8",
    }
    return exchange(number, **(values | more))


def anthropic_message(number: int = 1, **more: Any) -> RawExchange:
    """An answer in one JSON body."""
    reply = {
        "id": "msg_2",
        "type": "message",
        "role": "assistant",
        "model": "claude-x-1",
        "content": [{"type": "text", "text": "because of scattering"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 10, "output_tokens": 42},
    }
    values: dict[str, Any] = {
        "body": question(),
        "answer": [json.dumps(reply).encode()],
    }
    return exchange(number, **(values | more))


CODEX = "0f0e0d0c-0b0a-4a6e-9c57-1d2e3f405162"


def create(words: str | None = None, **more: Any) -> dict[str, Any]:
    """A client's message that asks for a response to ``words``."""
    message = {"type": "message", "role": "user", "content": words}
    body = {"model": "gpt-x", "input": [] if words is None else [message]}
    return {"type": "response.create", **body, **more}


def response_events(words: str = "because of scattering", number: int = 1) -> list[Any]:
    """One response: its beginning, a delta, a tool's call, its end."""
    ids = {"id": f"resp_{number}", "model": "gpt-x-1"}
    call = {
        "type": "function_call",
        "call_id": f"call_{number}",
        "name": "exec",
        "arguments": '{"cmd":"ls"}',
    }
    said = {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": words}],
    }
    usage = {
        "input_tokens": 60,
        "input_tokens_details": {"cached_tokens": 40},
        "output_tokens": 25,
        "output_tokens_details": {"reasoning_tokens": 16},
    }
    whole = {**ids, "status": "completed", "output": [said, call], "usage": usage}
    return [
        {"type": "response.created", "response": ids},
        {"type": "response.output_text.delta", "delta": words, "item_id": "m"},
        {"type": "response.completed", "response": whole},
    ]


def socket(
    *passed: tuple[str, bytes],
    number: int = 1,
    fields: Iterable[tuple[str, str]] = (("session-id", CODEX), ("thread-id", CODEX)),
    answer_fields: Iterable[tuple[str, str]] = (),
    outcome: Outcome = Outcome.CLIENT_LEFT,
    **more: Any,
) -> RawExchange:
    """A WebSocket on which these chunks passed, ``up`` or ``down``, 1 ms apart from
    +10 ms on.
    """
    raw = exchange(
        number,
        method="GET",
        path="/v1/responses",
        dialect="openai",
        status=101,
        session=None,
        content_type=None,
        request_fields=fields,
        answer_fields=[("Upgrade", "websocket"), *answer_fields],
        outcome=outcome,
        **more,
    )
    when = number * 1_000 * MS + 10 * MS
    for way, chunk in passed:
        side = raw.tunnel_up if way == "up" else raw.tunnel_down
        side.chunks.append((when, chunk))
        side.size += len(chunk)
        when += MS
    assert raw.ending is not None
    times = replace(raw.ending.times, ended=when)
    raw.ending = replace(raw.ending, times=times)
    return raw
