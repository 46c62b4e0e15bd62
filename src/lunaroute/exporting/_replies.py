"""A session's answers as a provider gives them: heads, pieces, and when they came.

Answers are sent to the byte. Where a streamed one's events were not kept, as of an
earlier version, they are made again of its words, tool calls and usage
(``_streams``). They come as fast as they came.
"""

import re
from dataclasses import dataclass
from typing import Any

import orjson

from lunaroute.exporting._copy import CopiedTurn, Copy
from lunaroute.exporting._streams import STREAMS, Spoken
from lunaroute.store import ExchangeRow

# What the answer's framing says is the server's own business now.
_OURS = {
    "connection",
    "upgrade",
    "content-encoding",
    "content-length",
    "transfer-encoding",
    "date",
}
_CUT = {"client_left", "upstream_cut", "timed_out", "interrupted", "open"}
_SWITCHING = 101
# Up to a blank line, or what is left at the end.
_EVENT = re.compile(rb"(?s)..*?(?:\r\n\r\n|\n\n|\r\r|\Z)")
_REFUSED = 400


@dataclass(frozen=True, slots=True)
class Reply:
    """``pieces`` are seconds to wait before each, and its bytes. With ``is_cut`` the
    connection ends behind the last of them in the middle of the answer.
    """

    exchange_id: str
    method: str
    path: str  # without a leading /v1
    request: bytes | None
    status: int
    headers: tuple[tuple[str, str], ...]
    pieces: tuple[tuple[float, bytes], ...]
    is_streamed: bool
    is_cut: bool


class Replay:
    """Chooses the recorded answer to a request."""

    def __init__(self, replies: tuple[Reply, ...]) -> None:
        self.replies = replies
        self._served: set[str] = set()

    @property
    def left(self) -> int:
        """How many have not been asked for."""
        return len(self.replies) - len(self._served)

    def choose(self, method: str, path: str, body: bytes | None) -> Reply | None:
        """The answer to the same body, in order where there are several; else the next
        one of this path; None where none is left. ``body`` is None if it is encoded.
        """
        place = place_of(path)
        here = [r for r in self.replies if (r.method, r.path) == (method, place)]
        fresh = [reply for reply in here if reply.exchange_id not in self._served]
        same = [reply for reply in fresh if body is not None and reply.request == body]
        again = [reply for reply in here if body is not None and reply.request == body]
        for found in (same, again[-1:], fresh):
            if found:
                self._served.add(found[0].exchange_id)
                return found[0]
        return None


def replies_of(copy: Copy) -> tuple[Reply, ...]:
    """The answers of a session in the order they were asked for.

    WebSockets' own rows have none, nor what we refused or what got no answer at all.
    """
    return tuple(
        _reply(copied)
        for copied in copy.turns()
        if copied.row.status
        and copied.row.endpoint != "websocket"
        and copied.row.outcome != "refused_by_us"
    )


def place_of(path: str) -> str:
    """A path as it is compared: without query, leading /v1 and last slash."""
    plain = path.partition("?")[0].rstrip("/")
    return plain.removeprefix("/v1") if plain.startswith("/v1/") else plain


def _reply(copied: CopiedTurn) -> Reply:
    row = copied.row
    is_turn = row.status == _SWITCHING  # of a WebSocket: asked by a POST from here on
    status = 200 if is_turn else row.status or 200
    is_streamed = row.streaming and status < _REFUSED and row.endpoint in STREAMS
    if is_streamed and copied.answer is None:
        pieces = _streamed(copied)
    else:
        is_streamed = False
        pieces = ((_wait(row), _body(copied)),)
    return Reply(
        exchange_id=row.id,
        method="POST" if is_turn else row.method or "POST",
        path=place_of(row.path or ""),
        request=copied.request,
        status=status,
        headers=_headers(row, is_streamed=is_streamed),
        pieces=pieces,
        is_streamed=is_streamed,
        is_cut=is_streamed and row.outcome in _CUT,
    )


def _headers(row: ExchangeRow, *, is_streamed: bool) -> tuple[tuple[str, str], ...]:
    recorded: dict[str, str] = orjson.loads(row.answer_headers or "{}")
    kept = {name: value for name, value in recorded.items() if name not in _OURS}
    if is_streamed:
        kept.setdefault("content-type", "text/event-stream")
    else:
        kept.setdefault("content-type", "application/json")
    return tuple(kept.items())


def _body(copied: CopiedTurn) -> bytes:
    """Of an answer that did not stream, or an error in its dialect's shape."""
    row = copied.row
    if copied.answer is not None:
        return copied.answer
    if not row.answer_bytes:
        return b""
    words = row.error_text or f"LunaRoute replays: {copied.answer_missing}"
    error: dict[str, Any] = {"type": row.error_kind or "api_error", "message": words}
    if row.dialect == "anthropic":
        return orjson.dumps({"type": "error", "error": error})
    return orjson.dumps({"error": error})


def _streamed(copied: CopiedTurn) -> tuple[tuple[float, bytes], ...]:
    row = copied.row
    if copied.stream is not None and row.status == _SWITCHING:
        events = [_event(message) for message in copied.stream.split(b"\n")]
    elif copied.stream is not None:
        events = [found[0] for found in _EVENT.finditer(copied.stream)]
    else:
        events = STREAMS[row.endpoint or ""](_spoken(copied))
    first = _wait(row)
    began = row.first_token_us or row.first_body_down_us or row.ended_us or 0
    lasted = max(0, (row.ended_us or began) - began) / 1_000_000
    gap = lasted / max(1, len(events) - 1)
    return tuple(
        (first if number == 0 else gap, event) for number, event in enumerate(events)
    )


def _event(message: bytes) -> bytes:
    """A WebSocket's message as an event of a stream."""
    try:
        kind = orjson.loads(message).get("type")
    except (AttributeError, orjson.JSONDecodeError):
        kind = None
    name = f"event: {kind}\n" if isinstance(kind, str) else ""
    return name.encode() + b"data: " + message + b"\n\n"


def _spoken(copied: CopiedTurn) -> Spoken:
    row = copied.row
    thinking = [each.text for each in copied.turn.texts if each.kind == "thinking"]
    return Spoken(
        id=row.response_id or row.id,
        model=row.model_used or row.model_requested or "",
        thinking="\n".join(thinking),
        text=copied.answer_text or "",
        calls=tuple(
            (call.call_id, call.name, call.arguments) for call in copied.turn.calls
        ),
        usage=_nested(row.vendor_usage),
        stop_reason=row.stop_reason,
        error=(row.error_kind, row.error_text or "") if row.error_kind else None,
        is_whole=row.outcome not in _CUT,
        deltas=max(1, row.answer_chunks),
    )


def _wait(row: ExchangeRow) -> float:
    """Seconds from the last byte of the request to the first one of the answer."""
    sent = row.last_byte_up_us or row.first_byte_up_us or 0
    came = row.first_body_down_us or row.first_byte_down_us or sent
    return max(0, came - sent) / 1_000_000


def _nested(vendor_usage: str | None) -> dict[str, Any] | None:
    """The vendor's own counts as it nested them."""
    if vendor_usage is None:
        return None
    nested: dict[str, Any] = {}
    for name, count in orjson.loads(vendor_usage).items():
        *outer, last = name.split(".")
        place = nested
        for part in outer:
            inner = place.setdefault(part, {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            place[last] = count
    return nested
