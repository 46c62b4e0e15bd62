"""Prices of one's own, which go before those of the table.

They are set once, as the process starts: with the table they are its prices.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

# What each part is called in the table. Who gives the wider one means the others, too,
# unless they are given.
_NAMES = {
    "input": ("input_mtok",),
    "audio_input": ("input_audio_mtok",),
    "cache_read": ("cache_read_mtok",),
    "cache_write": ("cache_write_mtok", "cache_write_5m_mtok", "cache_write_1h_mtok"),
    "cache_write_1h": ("cache_write_1h_mtok",),
    "output": ("output_mtok", "output_reasoning_mtok"),
    "thinking": ("output_reasoning_mtok",),
    "audio_output": ("output_audio_mtok",),
}
PARTS = tuple(_NAMES)


@dataclass(frozen=True, slots=True)
class Override:
    """``model`` may hold ``*``; without a ``provider`` it is anybody's. ``prices`` are
    US dollars for a million tokens, by the table's own names.
    """

    model: str
    provider: str | None
    prices: Mapping[str, Decimal]

    def fits(self, provider: str, model: str) -> bool:
        """Whether it is meant."""
        if self.provider is not None and self.provider != provider:
            return False
        return fnmatchcase(model.lower(), self.model.lower())


_in_use: tuple[Override, ...] = ()


def use_overrides(given: Iterable[Mapping[str, Any]]) -> None:
    """Sets them, in the order in which they are tried: maps of ``model``, perhaps
    ``provider``, and dollars by part (:data:`PARTS`).
    """
    global _in_use  # noqa: PLW0603 - see above
    _in_use = tuple(_read(each) for each in given)


def find_override(provider: str, model: str) -> Override | None:
    """The first that is meant."""
    return next((each for each in _in_use if each.fits(provider, model)), None)


def _read(given: Mapping[str, Any]) -> Override:
    prices: dict[str, Decimal] = {}
    for part, names in _NAMES.items():
        if (usd := given.get(part)) is not None:
            prices |= dict.fromkeys(names, Decimal(str(usd)))
    provider = given.get("provider")
    return Override(
        str(given["model"]), None if provider is None else str(provider), prices
    )
