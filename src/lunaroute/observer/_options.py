"""What the observer is told once, at its start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lunaroute.observer._exporter import Collector
from lunaroute.pii import Policy
from lunaroute.recording import Labels
from lunaroute.routing import Admission
from lunaroute.upkeep import Site

_NO_LABELS = Labels()


@dataclass(frozen=True, slots=True)
class PageOptions:
    """The web page's, wherever it is served."""

    refresh_seconds: int = 5
    can_export: bool = True
    can_delete: bool = False
    log_requests: bool = False
    sessions_dir: Path | None = None
    admission: Admission = field(default_factory=Admission)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "PageOptions":
        """From ``page`` in the observer's part of the plan."""
        return cls(
            refresh_seconds=plain["refresh_seconds"],
            can_export=plain["can_export"],
            can_delete=plain["can_delete"],
            log_requests=plain["log_requests"],
            sessions_dir=Path(plain["sessions_dir"]),
            admission=Admission.from_plain(plain["admission"]),
        )


@dataclass(frozen=True, slots=True)
class Pool:
    """A provider's connections as they are to be seen in the metrics."""

    dialect: str
    settings: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ObserverOptions:
    """Frozen; a writer that is switched off has no path."""

    log_level: str
    home: Path
    jsonl_directory: Path | None
    sqlite_path: Path | None
    socket_path: Path  # of the web application
    site: Site  # what is looked after
    log_format: str = "text"
    log_sql: bool = False
    log_requests: bool = False
    tracing: Collector | None = None
    writers: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    pools: Mapping[str, Pool] = field(default_factory=dict)  # by the provider's name
    durable: bool = True  # against a loss of power
    labels: Labels = _NO_LABELS  # whose work is recorded
    summary_sessions: int = 100  # so many of them have a block of their own at the end
    page: PageOptions = field(default_factory=PageOptions)
    redaction: Policy = field(default_factory=lambda: Policy({}))

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "ObserverOptions":
        """From the ``observer`` part of the plan (docs/architecture.md)."""
        return cls(
            log_level=plain["log_level"],
            log_format=plain["log_format"],
            log_sql=plain["log_sql"],
            log_requests=plain["log_requests"],
            writers=plain["writers"],
            tracing=Collector(**plain["tracing"]) if plain["tracing"] else None,
            home=Path(plain["home"]),
            jsonl_directory=_path(plain["jsonl_directory"]),
            sqlite_path=_path(plain["sqlite_path"]),
            socket_path=Path(plain["socket_path"]),
            site=Site.from_plain(plain["upkeep"]),
            pools={name: Pool(**pool) for name, pool in plain["pools"].items()},
            durable=plain["durable"],
            labels=Labels(plain["metadata_headers"], plain["metadata"]),
            summary_sessions=plain["summary_sessions"],
            page=PageOptions.from_plain(plain["page"]),
            redaction=Policy.from_plain(plain["redaction"]),
        )


def _path(value: str | None) -> Path | None:
    return Path(value) if value else None
