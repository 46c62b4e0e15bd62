"""The table of prices: which line of it is meant, and what it says at a moment.

``genai_prices`` takes 0.2 s to import, so it is imported with the first price that is
asked for. Only the data that it ships is read; its updates over the network never run.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

# What vendors call the service that the list price is of.
_STANDARD = frozenset({"", "auto", "default", "standard"})

# Names come from the wire: no more of them are remembered than an installation uses.
_REMEMBERED = 1024


@dataclass(frozen=True, slots=True)
class Line:
    """One model of one provider in the table."""

    provider: str
    model: str
    info: "ModelInfo"

    def prices(
        self, when: datetime, tier: str | None
    ) -> Mapping[str, "Decimal | TieredPrices | None"] | None:
        """By the table's own names; None for a tier that it has no prices for."""
        if (tier or "") in _STANDARD:
            return vars(self.info.get_prices(when))
        context = _context(self.provider, tier or "")
        if not self._has_variant(when, context):
            return None
        return vars(self._resolved(when, context))

    def _resolved(self, when: datetime, context: Mapping[str, str]) -> "ModelPrice":
        return self.info.get_prices(when, context)

    def _has_variant(self, when: datetime, context: Mapping[str, str]) -> bool:
        return any(
            variant.when == context
            and (variant.constraint is None or variant.constraint.active(when))
            for variant in self.info.price_variants or ()
        )


def _context(provider: str, tier: str) -> dict[str, str]:
    if tier == "batch":
        return {"processing": "batch"}
    if provider == "anthropic" and tier == "fast":
        return {"speed": "fast"}
    return {"service_tier": tier}


@lru_cache(maxsize=_REMEMBERED)
def find_line(provider: str, dialect: str, upstream: str, model: str) -> Line | None:
    """The model as whoever is at ``upstream`` sells it.

    An address that the table does not know is taken for the provider that is named,
    and a name that it does not know for the vendor whose dialect is spoken.
    """
    seller = _seller(provider, dialect, upstream)
    if seller is None:
        return None
    try:
        found, info = _table().find_provider_model(model, None, seller, None)
    except LookupError:
        return None
    return Line(found.id, info.id, info)


@lru_cache(maxsize=_REMEMBERED)
def _seller(provider: str, dialect: str, upstream: str) -> str | None:
    known = _table().providers
    for each in known:
        if re.match(each.api_pattern, upstream):
            return each.id
    ids = {each.id for each in known}
    return next((name for name in (provider, dialect) if name in ids), None)


@cache
def _table() -> "DataSnapshot":
    from genai_prices.data import providers  # noqa: PLC0415 - see above
    from genai_prices.data_snapshot import DataSnapshot  # noqa: PLC0415 - as above

    return DataSnapshot(providers=providers, from_auto_update=False)


@cache
def table_version() -> str:
    """The version of the package that ships the table."""
    from genai_prices import __version__  # noqa: PLC0415 - see above

    return f"genai-prices {__version__}"
