"""What an exchange cost, told from its reading."""

import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from lunaroute.model import AnswerFacts, Usage
from lunaroute.pricing import Cost, price
from lunaroute.recording._reading import Reading
from lunaroute.store import ExchangeRow, Heard

_log = logging.getLogger(__name__)

Row = TypeVar("Row", ExchangeRow, Heard)

Event = dict[str, object]


def cost_of(reading: Reading) -> Cost | None:
    """None where nothing was used or the price is not known. Never raises."""
    return cost_of_answer(
        reading.answer,
        model=reading.answer.model or reading.request.model,
        provider=reading.route.provider,
        dialect=reading.route.dialect,
        upstream=reading.route.upstream,
        started_at=reading.timeline.started_at,
    )


def cost_of_answer(
    answer: AnswerFacts,
    *,
    model: str | None,
    provider: str,
    dialect: str,
    upstream: str,
    started_at: int,
) -> Cost | None:
    """The same, of an answer wherever it was told; ``started_at`` in microseconds."""
    usage = answer.usage
    if usage is None or not usage.total or not model:
        return None
    try:
        return price(
            usage,
            provider=provider,
            dialect=dialect,
            upstream=upstream,
            model=model,
            when=datetime.fromtimestamp(started_at / 1_000_000, UTC),
            service_tier=answer.service_tier,
        )
    except Exception:  # noqa: BLE001 - a cost must not spoil a record
        _log.exception("an answer of %r could not be priced", model)
        return None


def with_cost(row: Row, cost: Cost | None) -> Row:
    """The row with what it cost; as it was where that is not known."""
    return row if cost is None else replace(row, **cost_columns(cost))


def cost_columns(cost: Cost | None) -> dict[str, Any]:
    """The columns that say it, none where it is not known."""
    if cost is None:
        return {}
    return {
        "cost_usd": cost.total,
        "cost_input_usd": cost.input,
        "cost_cache_read_usd": cost.cache_read,
        "cost_cache_write_usd": cost.cache_write,
        "cost_output_usd": cost.output + cost.thinking,
        "price_entry": cost.entry,
        "price_version": cost.version,
    }


def estimated_cost(cost: Cost | None, usage: Usage | None) -> Event | None:
    """As ``completed`` has it: the costs are disjoint, and that of searches holds
    other fees, too.
    """
    if cost is None or usage is None:
        return None
    return {
        "provider": cost.provider,
        "model": cost.model,
        "input_cost_usd": cost.input + cost.cache_read + cost.cache_write,
        "output_cost_usd": cost.output,
        "thinking_cost_usd": cost.thinking,
        "search_cost_usd": cost.fees,
        "total_cost_usd": cost.total,
        "cost_per_1k_tokens": 1_000 * cost.total / usage.total,
    }
