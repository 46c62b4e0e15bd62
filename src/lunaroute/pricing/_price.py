"""Counts times prices, in decimals until the end."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from lunaroute.model import Usage
from lunaroute.pricing._cost import Cost
from lunaroute.pricing._override import find_override
from lunaroute.pricing._table import Line, find_line, table_version

if TYPE_CHECKING:
    from genai_prices.types import TieredPrices

_MILLION = Decimal(1_000_000)
_THOUSAND = Decimal(1_000)

# The prices of each kind of token, by the table's names, the most special first: who
# has no price of its own for a kind bills it as the wider kind. Audio is not billed as
# text by anybody.
_NAMES = {
    "input": ("input_mtok",),
    "audio_input": ("input_audio_mtok",),
    "cache_read": ("cache_read_mtok", "input_mtok"),
    "cache_write_5m": ("cache_write_5m_mtok", "cache_write_mtok", "input_mtok"),
    "cache_write_1h": ("cache_write_1h_mtok", "cache_write_mtok", "input_mtok"),
    "output": ("output_mtok",),
    "thinking": ("output_reasoning_mtok", "output_mtok"),
    "audio_output": ("output_audio_mtok",),
}
_SEARCHES = "server_tool_use.web_search_requests"
_SEARCH_PRICE = "web_searches_kcount"

_Prices = Mapping[str, "Decimal | TieredPrices | None"]


def price(
    usage: Usage,
    *,
    provider: str,
    dialect: str,
    upstream: str,
    model: str,
    when: datetime,
    service_tier: str | None = None,
) -> Cost | None:
    """None where nothing was used, or where any part's price is not known."""
    counts = {kind: count for kind, count in _counts(usage).items() if count}
    searches = usage.vendor.get(_SEARCHES, 0)
    if not counts:
        return None
    line = find_line(provider, dialect, upstream, model)
    prices = line.prices(when, service_tier) if line else None
    own = find_override(provider, model)
    if own is not None:
        prices = {**(prices or {}), **own.prices}
    if prices is None:
        return None
    applied = _applied(prices, counts, usage.input_total)
    a_search = _at(prices.get(_SEARCH_PRICE), 0) if searches else Decimal(0)
    if applied is None or a_search is None:
        return None
    seller = line.provider if line else provider
    sold = line.model if line else model
    entry: dict[str, object] = {
        "provider": seller,
        "model": sold,
        "service_tier": service_tier,
        "usd_per_million": {kind: float(usd) for kind, usd in applied.items()},
    }
    if own is not None:
        entry["override"] = own.model
    if searches:
        entry["usd_per_thousand_searches"] = float(a_search)
        entry["searches"] = searches
    parts = {kind: counts[kind] * usd / _MILLION for kind, usd in applied.items()}
    parts["searches"] = searches * a_search / _THOUSAND
    return Cost(
        total=float(sum(parts.values())),
        input=_sum(parts, "input", "audio_input"),
        cache_read=_sum(parts, "cache_read"),
        cache_write=_sum(parts, "cache_write_5m", "cache_write_1h"),
        output=_sum(parts, "output", "audio_output"),
        thinking=_sum(parts, "thinking"),
        searches=_sum(parts, "searches"),
        provider=seller,
        model=sold,
        entry=json.dumps(entry, separators=(",", ":")),
        version=table_version() if own is None else _own_version(line),
    )


def _own_version(line: Line | None) -> str:
    return "configuration" if line is None else f"configuration, {table_version()}"


def _counts(usage: Usage) -> dict[str, int]:
    return {
        "input": usage.input_uncached or 0,
        "audio_input": usage.audio_input or 0,
        "cache_read": usage.cache_read or 0,
        "cache_write_5m": usage.cache_write_5m or 0,
        "cache_write_1h": usage.cache_write_1h or 0,
        "output": usage.output or 0,
        "thinking": (usage.thinking or 0) + (usage.reasoning or 0),
        "audio_output": usage.audio_output or 0,
    }


def _applied(
    prices: _Prices, counts: Mapping[str, int], context: int
) -> dict[str, Decimal] | None:
    applied = {}
    for kind in counts:
        named = (prices.get(name) for name in _NAMES[kind])
        usd = _at(next((p for p in named if p is not None), None), context)
        if usd is None:
            return None
        applied[kind] = usd
    return applied


def _at(usd: "Decimal | TieredPrices | None", context: int) -> Decimal | None:
    """The price for a request of so many tokens: a long one pays more for them all."""
    if usd is None or isinstance(usd, Decimal):
        return usd
    reached = [tier.price for tier in usd.tiers if context > tier.start]
    return reached[-1] if reached else usd.base


def _sum(parts: Mapping[str, Decimal], *kinds: str) -> float:
    return float(sum(parts[kind] for kind in kinds if kind in parts))
