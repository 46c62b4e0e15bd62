"""Counts times prices, in decimals until the end."""

import json
import re
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
# What is billed by number, with the price of a thousand: how the entry calls it, by
# which names an answer counts it (``Usage.vendor``), the table's name. A request has
# its own price with few vendors; whoever has none bills none.
_FEES = (
    (
        "searches",
        ("server_tool_use.web_search_requests", "web_search_call"),
        "web_searches_kcount",
    ),
    ("file_searches", ("file_search_call",), "storage_searches_kcount"),
)
_REQUEST_PRICE = "requests_kcount"
_CACHED_AUDIO_PRICE = "cache_audio_read_mtok"

# OpenAI's models that search with each answer and say no number. What that costs the
# table does not know.
_SEARCHES_ALWAYS = re.compile(r"-search-(?:preview|api)(?:-\d|\Z)")

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
    fees = _fees(prices, usage)
    if applied is None or fees is None or _is_ambiguous(prices, usage):
        return None
    if own is None and not fees and _SEARCHES_ALWAYS.search(model):
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
    for name, (count, usd) in fees.items():
        entry[f"usd_per_thousand_{name}"] = float(usd)
        entry[name] = count
    parts = {kind: counts[kind] * usd / _MILLION for kind, usd in applied.items()}
    parts["fees"] = sum(
        (count * usd / _THOUSAND for count, usd in fees.values()), Decimal(0)
    )
    return Cost(
        total=float(sum(parts.values())),
        input=_sum(parts, "input", "audio_input"),
        cache_read=_sum(parts, "cache_read"),
        cache_write=_sum(parts, "cache_write_5m", "cache_write_1h"),
        output=_sum(parts, "output", "audio_output"),
        thinking=_sum(parts, "thinking"),
        fees=_sum(parts, "fees"),
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


def _fees(prices: _Prices, usage: Usage) -> dict[str, tuple[int, Decimal]] | None:
    """Numbers and prices of a thousand, of what there is; None where one has none."""
    fees: dict[str, tuple[int, Decimal]] = {}
    for name, counted_as, price_name in _FEES:
        if count := sum(usage.vendor.get(each, 0) for each in counted_as):
            usd = _at(prices.get(price_name), 0)
            if usd is None:
                return None
            fees[name] = count, usd
    if usd := _at(prices.get(_REQUEST_PRICE), 0):
        fees["requests"] = 1, usd
    return fees


def _is_ambiguous(prices: _Prices, usage: Usage) -> bool:
    """Cached audio has a price of its own, and no vendor says how much of what was
    cached is audio.
    """
    both = usage.cache_read and usage.audio_input
    return bool(both) and prices.get(_CACHED_AUDIO_PRICE) is not None


def _at(usd: "Decimal | TieredPrices | None", context: int) -> Decimal | None:
    """The price for a request of so many tokens: a long one pays more for them all."""
    if usd is None or isinstance(usd, Decimal):
        return usd
    reached = [tier.price for tier in usd.tiers if context > tier.start]
    return reached[-1] if reached else usd.base


def _sum(parts: Mapping[str, Decimal], *kinds: str) -> float:
    return float(sum(parts[kind] for kind in kinds if kind in parts))
