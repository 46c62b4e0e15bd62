"""The provider's prompt cache, session by session: what was read from it, written to it
and missed, why, and what the misses cost.

A request could have read what an earlier one of its thread left in the cache: that
one's reads and writes; of providers that name no writes (OpenAI) its whole input. A
thread is the session's main conversation, or a subagent's; titles and compactions are
threads of their own, and so is what Claude Code asks aside, which comes without tools.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from lunaroute.insight._prefix import Prefix, change, prefix_of
from lunaroute.model import Usage
from lunaroute.pricing import price
from lunaroute.store import ExchangeRow, Store

# What a provider rounds to that does not name its writes, and some more.
_TOLERANCE = 256
# Anthropic keeps for as long as the write said, from the last use on; OpenAI "for 5 to
# 10 minutes" of inactivity, longer when there is room.
_KEPT_SECONDS = 300
_LONG_SECONDS = 3_600
_TURNS = ("messages", "chat_completions", "responses")
_OWN_THREADS = ("title", "compaction")


class MissReason(StrEnum):
    """Why a request did not read what was there."""

    MODEL = "model"  # each model has its own cache
    EXPIRED = "expired"
    CHANGED = "changed"
    PROVIDER = "provider"  # the same beginning, in time: it was not kept
    UNKNOWN = "unknown"  # the requests cannot be compared


@dataclass(frozen=True, slots=True)
class CacheMiss:
    """One request that read less than it could. ``detail`` is for people.

    ``cost_usd`` is what it paid for the missed tokens beyond the price of reading
    them; None where a price is not known.
    """

    exchange_id: str
    started_at: int  # microseconds since the epoch
    model: str | None
    agent: str | None
    read_tokens: int
    missed_tokens: int
    reason: MissReason
    detail: str
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class SessionCache:
    """Tokens of all turns of a session; ``uncached`` went past the cache."""

    session_id: str
    turns: int
    uncached_tokens: int
    read_tokens: int
    written_tokens: int
    missed_tokens: int
    missed_cost_usd: float | None
    unpriced_count: int
    misses: tuple[CacheMiss, ...]


def session_cache(
    store: Store, session_id: str, body: Callable[[ExchangeRow], bytes | None]
) -> SessionCache:
    """Of exactly this session; ``body`` gives a request's body back, None where it was
    not kept.
    """
    turns = [row for row in store.exchanges(session_id) if _is_turn(row)]
    misses = tuple(_misses(turns, body))
    costs = [miss.cost_usd for miss in misses if miss.cost_usd is not None]
    return SessionCache(
        session_id=session_id,
        turns=len(turns),
        uncached_tokens=sum(row.input_uncached or 0 for row in turns),
        read_tokens=sum(row.cache_read or 0 for row in turns),
        written_tokens=sum(_written(row) for row in turns),
        missed_tokens=sum(miss.missed_tokens for miss in misses),
        missed_cost_usd=sum(costs) if costs else None,
        unpriced_count=len(misses) - len(costs),
        misses=misses,
    )


def _misses(
    turns: Sequence[ExchangeRow], body: Callable[[ExchangeRow], bytes | None]
) -> Iterable[CacheMiss]:
    threads: dict[tuple[str, ...], list[ExchangeRow]] = {}
    for row in turns:
        thread = threads.setdefault(_thread(row), [])
        earlier = _last_that_could_be_read(thread, row)
        thread.append(row)
        if earlier is None:
            continue
        missed = _missed(earlier, row)
        if not missed:
            continue
        reason, detail = _reason(thread, earlier, row, body)
        yield CacheMiss(
            exchange_id=row.id,
            started_at=row.started_at,
            model=_model(row),
            agent=row.agent,
            read_tokens=row.cache_read or 0,
            missed_tokens=missed,
            reason=reason,
            detail=detail,
            cost_usd=_cost(row, missed),
        )


def _is_turn(row: ExchangeRow) -> bool:
    used = (row.input_uncached, row.cache_read, row.cache_write_5m, row.cache_write_1h)
    return row.endpoint in _TURNS and any(used)


def _thread(row: ExchangeRow) -> tuple[str, ...]:
    apart = row.request_class if row.request_class in _OWN_THREADS else ""
    aside = "aside" if row.dialect == "anthropic" and not row.tool_count else ""
    return row.agent or "", apart or "", aside


def _last_that_could_be_read(
    thread: Sequence[ExchangeRow], row: ExchangeRow
) -> ExchangeRow | None:
    """The last one with the same model, else the last one. A cache can be read once the
    answer that fills it has begun.
    """
    ready = [each for each in thread if _begun(each) <= row.started_at]
    same = (each for each in reversed(ready) if _model(each) == _model(row))
    return next(same, ready[-1] if ready else None)


def _begun(row: ExchangeRow) -> int:
    return row.started_at + (row.first_body_down_us or row.ended_us or 0)


def _missed(earlier: ExchangeRow, row: ExchangeRow) -> int:
    left = (earlier.cache_read or 0) + _written(earlier)
    tolerance = 0
    if earlier.dialect == "openai" and not _written(earlier):
        left = (earlier.cache_read or 0) + (earlier.input_uncached or 0)
        tolerance = _TOLERANCE
        # Shorter prompts are not cached at all.
        left = left if left >= 1024 else 0
    missed = min(left - (row.cache_read or 0), _paid(row))
    return missed if missed > tolerance else 0


def _reason(
    thread: Sequence[ExchangeRow],
    earlier: ExchangeRow,
    row: ExchangeRow,
    body: Callable[[ExchangeRow], bytes | None],
) -> tuple[MissReason, str]:
    if _model(earlier) != _model(row):
        return MissReason.MODEL, f"another model: {_model(earlier)} before"
    idle = (row.started_at - earlier.started_at) // 1_000_000
    wrote_long = any(each.cache_write_1h for each in thread[:-1])
    kept = _LONG_SECONDS if wrote_long else _KEPT_SECONDS
    expired = (
        MissReason.EXPIRED,
        f"{_span(idle)} after the last use, kept for {_span(kept)}",
    )
    if idle > kept and not row.cache_read:
        return expired
    before, after = _prefix(body(earlier)), _prefix(body(row))
    unseen = "the bodies of the requests were not kept"
    if after is not None and after.goes_on:
        unseen = "it continues an answer that the provider keeps"
    elif before is not None and after is not None:
        unseen = ""
        changed = change(before, after)
        if changed is not None:
            return MissReason.CHANGED, changed
    if idle > kept:
        return expired
    if unseen:
        return MissReason.UNKNOWN, unseen
    return MissReason.PROVIDER, "the same beginning, in time: the provider had it not"


def _prefix(body: bytes | None) -> Prefix | None:
    return None if body is None else prefix_of(body)


def _span(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7_200 else f"{seconds // 3600} h"


def _model(row: ExchangeRow) -> str | None:
    return row.model_used or row.model_requested


def _written(row: ExchangeRow) -> int:
    return (row.cache_write_5m or 0) + (row.cache_write_1h or 0)


def _paid(row: ExchangeRow) -> int:
    """The input that was not read from the cache."""
    return (row.input_uncached or 0) + _written(row)


def _cost(row: ExchangeRow, missed: int) -> float | None:
    """What was missed was written again first of all, else it was plain input."""
    paid = _prices(row.price_entry)
    if paid is None:
        return None
    read = paid.get("cache_read", _read_price(row, paid))
    if read is None:
        return None
    cost = 0.0
    for kind in ("cache_write_5m", "cache_write_1h", "input"):
        name = "input_uncached" if kind == "input" else kind
        count = min(missed, getattr(row, name) or 0)
        missed -= count
        if count:
            cost += count * (paid[kind] - read) / 1_000_000
    return cost


def _read_price(row: ExchangeRow, paid: dict[str, float]) -> float | None:
    """Of the table, for a request that read nothing; None where the table is not the
    one by which the request was priced.
    """
    tier = json.loads(row.price_entry or "{}").get("service_tier")
    usage = Usage(
        input_uncached=row.input_uncached,
        cache_read=1,
        cache_write_5m=row.cache_write_5m,
        cache_write_1h=row.cache_write_1h,
    )
    cost = price(
        usage,
        provider=row.provider or "",
        dialect=row.dialect or "",
        upstream=row.upstream or "",
        model=_model(row) or "",
        when=datetime.fromtimestamp(row.started_at / 1_000_000, UTC),
        service_tier=tier,
    )
    listed = None if cost is None else _prices(cost.entry)
    if listed is None:
        return None
    is_same = all(listed.get(kind, usd) == usd for kind, usd in paid.items())
    return listed["cache_read"] if is_same else None


def _prices(entry: str | None) -> dict[str, float] | None:
    """US dollars for a million tokens of each kind that the entry names."""
    try:
        found = json.loads(entry or "null")
    except ValueError:
        return None
    prices = found.get("usd_per_million") if isinstance(found, dict) else None
    return prices if isinstance(prices, dict) else None
