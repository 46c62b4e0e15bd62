"""What is looked after: where it is, and how long it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    """None is no limit. Days are whole local days, before that of the newest record."""

    max_age_days: int | None = None
    max_bytes: int | None = None
    compress_after_days: int | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """The places are where they are even while nothing is written into them."""

    home: Path
    directory: Path
    database: Path
    limits: Limits
    interval_minutes: int = 60

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Site":
        """From the ``upkeep`` part of the observer's plan."""
        return cls(
            home=Path(plain["home"]),
            directory=Path(plain["directory"]),
            database=Path(plain["database"]),
            limits=Limits(**plain["limits"]),
            interval_minutes=plain["interval_minutes"],
        )
