"""Sessions as a reader wants them: turns in order with what each one brought."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from lunaroute.store import ExchangeRow, SessionRow, Store, StoredCall, StoredText

_Row = TypeVar("_Row", StoredText, StoredCall)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Disjoint counts of one or many exchanges; ``total`` is their sum."""

    input: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output: int = 0
    thinking: int = 0
    reasoning: int = 0  # as OpenAI calls it; a vendor names one of the two
    audio: int = 0

    @property
    def total(self) -> int:
        came_out = self.output + self.thinking + self.reasoning
        return self.input + self.cache_read + self.cache_write + came_out + self.audio


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange. ``texts`` are those that the session had not seen before it."""

    exchange: ExchangeRow
    tokens: Tokens
    duration_ms: int | None
    first_token_ms: int | None
    texts: tuple[StoredText, ...]
    calls: tuple[StoredCall, ...]

    @property
    def cost_usd(self) -> float | None:
        """US dollars; None where nothing was used or the price is not known."""
        return self.exchange.cost_usd

    @property
    def unpriced_count(self) -> int:
        """1 for tokens at a price that is not known, else 0."""
        return int(self.cost_usd is None and self.tokens.total > 0)


@dataclass(frozen=True, slots=True)
class SessionDetail:
    """A session whole."""

    summary: SessionRow
    turns: tuple[Turn, ...]
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class SessionList:
    """The newest sessions and what they come to together."""

    sessions: tuple[SessionRow, ...]
    requests: int
    total_tokens: int


def session_list(store: Store, limit: int) -> SessionList:
    """The sessions that were active last, newest first."""
    sessions = store.list_sessions(limit)
    return SessionList(
        sessions=sessions,
        requests=sum(session.request_count for session in sessions),
        total_tokens=sum(session.total_tokens for session in sessions),
    )


def session_detail(store: Store, session_id: str) -> SessionDetail:
    """The session of this id, or of the only id that begins so; else StoreError."""
    summary = store.get_session(session_id)
    texts = _by_exchange(store.texts(summary.session_id))
    calls = _by_exchange(store.tool_calls(summary.session_id))
    turns = tuple(
        Turn(
            exchange=row,
            tokens=_tokens([row]),
            duration_ms=_ms(row.ended_us),
            first_token_ms=_first_token_ms(row),
            texts=tuple(texts.get(row.id, ())),
            calls=tuple(calls.get(row.id, ())),
        )
        for row in store.exchanges(summary.session_id)
    )
    return SessionDetail(summary, turns, _tokens([turn.exchange for turn in turns]))


def _by_exchange(rows: Iterable[_Row]) -> dict[str, list[_Row]]:
    found: dict[str, list[_Row]] = {}
    for row in rows:
        found.setdefault(row.exchange_id, []).append(row)
    return found


def _tokens(rows: list[ExchangeRow]) -> Tokens:
    return Tokens(
        input=_sum(row.input_uncached for row in rows),
        cache_read=_sum(row.cache_read for row in rows),
        cache_write=_sum(
            count for row in rows for count in (row.cache_write_5m, row.cache_write_1h)
        ),
        output=_sum(row.output for row in rows),
        thinking=_sum(row.thinking for row in rows),
        reasoning=_sum(row.reasoning for row in rows),
        audio=_sum(
            count for row in rows for count in (row.audio_input, row.audio_output)
        ),
    )


def _sum(counts: Iterable[int | None]) -> int:
    return sum(count or 0 for count in counts)


def _ms(microseconds: int | None) -> int | None:
    return None if microseconds is None else round(microseconds / 1_000)


def _first_token_ms(row: ExchangeRow) -> int | None:
    if row.first_token_us is None:
        return None
    return _ms(row.first_token_us - (row.first_byte_up_us or 0))
