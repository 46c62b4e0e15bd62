"""Costs worked out again, by the prices of now, of what is recorded already."""

import json
from collections.abc import Generator
from dataclasses import dataclass, field

from lunaroute.model import AnswerFacts, Usage
from lunaroute.recording import cost_of_answer, with_cost
from lunaroute.store import ExchangeRow, Range, Repriced, Store
from lunaroute.upkeep._site import Site, opened

# Counting and multiplying: some 20 ms on a slow machine.
_STEP = 200


@dataclass(slots=True)
class Change:
    """US dollars of some exchanges, those whose price is not known apart."""

    exchanges: int = 0
    before_usd: float = 0.0
    after_usd: float = 0.0


@dataclass(slots=True)
class Repricing:
    """``looked_at`` have tokens; ``unknown`` of them have no price. ``kept`` had one
    that nobody knows any more, and keep it. ``models`` are those that changed.
    """

    dry_run: bool
    looked_at: int = 0
    changed: int = 0
    kept: int = 0
    unknown: int = 0
    before_usd: float = 0.0
    after_usd: float = 0.0
    models: dict[str, Change] = field(default_factory=dict)


def reprice(
    site: Site, wanted: Range, *, dry_run: bool = False
) -> Generator[str, None, Repricing]:
    """Does a bounded piece of work between two yields. Raises StoreError."""
    done = Repricing(dry_run)
    with opened(site, writer=not dry_run) as store:
        yield "looking at costs"
        if store is None:
            return done
        last = 0
        while True:
            rows = store.costs.some(wanted, last, _STEP)
            if not rows:
                return done
            last = rows[-1].seq
            changes = [each for row in rows if (each := _change(row, done))]
            if changes and not dry_run:
                _write(store, changes)
            yield f"exchanges: {done.looked_at}"


def _write(store: Store, changes: list[ExchangeRow]) -> None:
    with store.writing():
        store.costs.set(changes)


def _change(row: Repriced, done: Repricing) -> ExchangeRow | None:
    """The exchange with its new cost; None where it is the same."""
    exchange = row.exchange
    done.looked_at += 1
    now = _priced(exchange)
    before, after = exchange.cost_usd, now.cost_usd
    done.before_usd += before or 0.0
    if after is None:
        # The one that was known when it was recorded is better than none.
        done.kept += before is not None
        done.unknown += before is None
        done.after_usd += before or 0.0
        return None
    done.after_usd += after
    if now == exchange:
        return None
    done.changed += 1
    model = exchange.model_used or exchange.model_requested or "unknown"
    change = done.models.setdefault(model, Change())
    change.exchanges += 1
    change.before_usd += before or 0.0
    change.after_usd += after
    return now


def _priced(row: ExchangeRow) -> ExchangeRow:
    blank = ExchangeRow(
        **{
            name: getattr(row, name)
            for name in ExchangeRow.__dataclass_fields__
            if not name.startswith(("cost_", "price_"))
        }
    )
    usage = Usage(
        input_uncached=row.input_uncached,
        cache_read=row.cache_read,
        cache_write_5m=row.cache_write_5m,
        cache_write_1h=row.cache_write_1h,
        output=row.output,
        thinking=row.thinking,
        reasoning=row.reasoning,
        audio_input=row.audio_input,
        audio_output=row.audio_output,
        vendor=_numbers(row.vendor_usage),
    )
    cost = cost_of_answer(
        AnswerFacts(usage=usage, service_tier=_tier(row)),
        model=row.model_used or row.model_requested,
        provider=row.provider or "",
        dialect=row.dialect or "",
        upstream=row.upstream or "",
        started_at=row.started_at,
    )
    return with_cost(blank, cost)


def _numbers(text: str | None) -> dict[str, int]:
    found = _object(text)
    return {name: n for name, n in found.items() if isinstance(n, int)}


def _tier(row: ExchangeRow) -> str | None:
    """How it was served; rows of earlier releases have it with their price alone."""
    if row.service_tier is not None:
        return row.service_tier
    tier = _object(row.price_entry).get("service_tier")
    return tier if isinstance(tier, str) else None


def _object(text: str | None) -> dict[str, object]:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def read_range(since: object, until: object, session: object, model: object) -> Range:
    """Each None or as a task has it: microseconds, and texts."""
    return Range(
        since=since if isinstance(since, int) else None,
        until=until if isinstance(until, int) else None,
        session_id=session if isinstance(session, str) else None,
        model=model if isinstance(model, str) else None,
    )
