"""The record as it grows: requests, what comes of their answers, their ends."""

from dataclasses import dataclass, field
from typing import Any

from lunaroute.insight._history import iso
from lunaroute.store import ExchangeRow, Store

# Of one look; the next one goes on there.
_MOST = 200
_ANSWER = ("answer", "thinking")

News = dict[str, Any]


@dataclass(slots=True)
class _Open:
    """An exchange under way: the next piece, and what was told of each kind of text."""

    row: ExchangeRow
    next_piece: int = 0
    told: dict[str, str] = field(default_factory=dict)


class Follower:
    """Tells each thing once. ``session`` keeps to the sessions whose id begins so; what
    has a ``number`` of at most ``after`` is known already.
    """

    def __init__(self, session: str = "", after: int | None = None) -> None:
        self._session = session
        self._number = after
        self._open: dict[str, _Open] = {}

    @property
    def number(self) -> int | None:
        """Of the newest exchange that is known; None before the first look."""
        return self._number

    def look(self, store: Store) -> list[News]:
        """What is new since the last look; the first one finds where to begin."""
        with store.reading():
            newest = store.newest()
            if self._number is None or newest < self._number:
                # Fewer than there were: deleted, or another database.
                self._number = newest
                return []
            # What a turn answers comes before the next one.
            found = self._went_on(store)
            for number, row in store.begun_after(self._number, _MOST):
                self._number = number
                if row.session_id.startswith(self._session):
                    found += self._begun(store, number, row)
            return found

    def nothing_yet(self) -> None:
        """There is no database: all that it will hold is new."""
        self._number = 0

    def _went_on(self, store: Store) -> list[News]:
        """Of what was open: what came of its answers, and their ends."""
        found: list[News] = []
        for each in self._open.values():
            found += _heard(store, each)
        for over in store.over(self._open.keys()):
            if isinstance(over, str):
                del self._open[over]
            else:
                found.append(_ended(store, over, self._open.pop(over.id).told))
        return found

    def _begun(self, store: Store, number: int, row: ExchangeRow) -> list[News]:
        texts, _ = store.brought(row.id)
        begun = {
            **_named("request", row),
            "number": number,
            "at": iso(row.started_at),
            "model": row.model_requested,
            "provider": row.provider,
            "endpoint": row.endpoint,
            "request_class": row.request_class,
            "texts": [
                {"kind": text.kind, "role": text.role, "text": text.text}
                for text in texts
                if text.kind in ("system", "prompt", "tool_output")
            ],
        }
        if row.outcome == "open":
            self._open[row.id] = each = _Open(row)
            return [begun, *_heard(store, each)]
        return [begun, _ended(store, row, {})]


def _heard(store: Store, each: _Open) -> list[News]:
    found: dict[str, str] = {}
    for number, kind, text in store.pieces(each.row.id, each.next_piece):
        each.next_piece = number + 1
        found[kind] = found.get(kind, "") + text
    news = []
    for kind, text in found.items():
        if kind in _ANSWER:
            each.told[kind] = each.told.get(kind, "") + text
            news.append({**_named("answer", each.row), "kind": kind, "text": text})
    return news


def _ended(store: Store, row: ExchangeRow, told: dict[str, str]) -> News:
    """``texts`` are what of the answer was not told while it came."""
    texts, calls = store.brought(row.id)
    rest = []
    for kind in _ANSWER:
        whole = "".join(text.text for text in texts if text.kind == kind)
        before = told.get(kind, "")
        new = whole.removeprefix(before)
        if new:
            rest.append({"kind": kind, "text": new})
    counts = {
        name: getattr(row, name)
        for name in (
            *("input_uncached", "cache_read", "cache_write_5m", "cache_write_1h"),
            *("output", "thinking", "reasoning", "audio_input", "audio_output"),
        )
    }
    first_token_us = row.first_token_us
    return {
        **_named("end", row),
        "at": iso(row.started_at + (row.ended_us or 0)),
        "model": row.model_used or row.model_requested,
        "outcome": row.outcome,
        "status": row.status,
        "stop_reason": row.stop_reason,
        "error": row.error_text,
        "duration_ms": None if row.ended_us is None else row.ended_us / 1000,
        "first_token_ms": None
        if first_token_us is None
        else (first_token_us - (row.first_byte_up_us or 0)) / 1000,
        "tokens": {name: count for name, count in counts.items() if count is not None},
        "total_tokens": sum(count or 0 for count in counts.values()),
        "cost_usd": row.cost_usd,
        "texts": rest,
        "calls": [{"tool": call.name, "arguments": call.arguments} for call in calls],
    }


def _named(kind: str, row: ExchangeRow) -> News:
    return {
        "type": kind,
        "exchange_id": row.id,
        "session_id": row.session_id,
        "agent": row.agent,
    }
