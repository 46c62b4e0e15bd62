"""What an exchange cost, told from its reading."""

import logging
from datetime import UTC, datetime

from lunaroute.model import Usage
from lunaroute.pricing import Cost, price
from lunaroute.recording._reading import Reading

_log = logging.getLogger(__name__)

Event = dict[str, object]


def cost_of(reading: Reading) -> Cost | None:
    """None where nothing was used or the price is not known. Never raises."""
    usage = reading.answer.usage
    model = reading.answer.model or reading.request.model
    if usage is None or not usage.total or not model:
        return None
    try:
        return _priced(reading, usage, model)
    except Exception:  # noqa: BLE001 - a cost must not spoil a record
        _log.exception("exchange %s could not be priced", reading.id)
        return None


def _priced(reading: Reading, usage: Usage, model: str) -> Cost | None:
    return price(
        usage,
        provider=reading.route.provider,
        dialect=reading.route.dialect,
        upstream=reading.route.upstream,
        model=model,
        when=datetime.fromtimestamp(reading.timeline.started_at / 1_000_000, UTC),
        service_tier=reading.answer.service_tier,
    )


def estimated_cost(cost: Cost | None, usage: Usage | None) -> Event | None:
    """As ``completed`` has it: the three costs and that of searches are disjoint."""
    if cost is None or usage is None:
        return None
    return {
        "provider": cost.provider,
        "model": cost.model,
        "input_cost_usd": cost.input + cost.cache_read + cost.cache_write,
        "output_cost_usd": cost.output,
        "thinking_cost_usd": cost.thinking,
        "search_cost_usd": cost.searches,
        "total_cost_usd": cost.total,
        "cost_per_1k_tokens": 1_000 * cost.total / usage.total,
    }
