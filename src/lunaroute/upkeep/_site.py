"""What is looked after: where it is, and how long it is kept."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lunaroute.errors import NothingRecorded
from lunaroute.pii import Policy, Redactor
from lunaroute.recording import finish_replacement, redactor_of, vault_of
from lunaroute.store import Store, open_store


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
    prices: tuple[Mapping[str, Any], ...] = ()  # as `pricing.use_overrides` takes them
    redaction: Policy = field(default_factory=lambda: Policy({}))

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Site":
        """From the ``upkeep`` part of the observer's plan."""
        return cls(
            home=Path(plain["home"]),
            directory=Path(plain["directory"]),
            database=Path(plain["database"]),
            limits=Limits(**plain["limits"]),
            interval_minutes=plain["interval_minutes"],
            prices=tuple(plain["prices"]),
            redaction=Policy.from_plain(plain["redaction"]),
        )


def opened(site: Site, *, writer: bool) -> closing[Store] | nullcontext[None]:
    """The store, to be closed; None where there is none: who looks after the record
    does not make one.
    """
    try:
        if not site.database.exists():
            return nullcontext()
        store = open_store(site.database, writer=writer)
    except NothingRecorded:
        return nullcontext()
    if writer:
        try:
            finish_replacement(store)
        except BaseException:
            store.close()
            raise
    return closing(store)


@contextmanager
def redacting(site: Site) -> Iterator[Redactor | None]:
    """What hides what is not to be recorded; None where nothing is hidden."""
    with closing(vault_of(site.redaction, site.home)) as vault:
        yield redactor_of(site.redaction, site.home, vault)
