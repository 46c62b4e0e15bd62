"""Where other records are, and what kind of record a file is, told by its content."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path

from lunaroute.dialects import JsonObject, get_object
from lunaroute.importing._lines import Lines
from lunaroute.store import APPLICATION_ID

_SQLITE = b"SQLite format 3\0"
_HEAD = 72
_NAMES = (".jsonl", ".jsonl.zst", ".db", ".sqlite", ".sqlite3")

# Transcripts may begin with lines of other kinds: summaries, snapshots, queues.
_LOOKED_AT = 200
_EVENTS = frozenset(
    {
        "started",
        "stream_started",
        "request_recorded",
        "response_recorded",
        "tool_call_recorded",
        "stats_updated",
        "stats_snapshot",
        "completed",
    }
)


class Kind(StrEnum):
    """Whose record it is."""

    LUNAROUTE = "lunaroute"  # our own JSONL
    EVENTS = "events"  # JSONL of the releases before
    DATABASE = "database"  # SQLite of the releases before
    CLAUDE_CODE = "claude-code"
    CODEX = "codex"


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read; ``kind`` is None where its content is of no known kind."""

    path: Path
    kind: Kind | None
    size: int
    mtime_ns: int


def find_sources(paths: Iterable[Path]) -> Iterator[Source | str]:
    """The files of ``paths``, older ones first; a sentence for what cannot be read.

    A file that was named is looked at whatever it is called, of a directory only what
    is called as a record is.
    """
    for path in paths:
        if path.is_dir():
            inside = (each for each in path.rglob("*") if each.name.endswith(_NAMES))
            for each in sorted(filter(Path.is_file, inside), key=_age):
                found = _look(each)
                # A directory may hold other programs' files, too.
                if isinstance(found, str) or found.kind is not None:
                    yield found
        else:
            yield _look(path)


def _age(path: Path) -> tuple[bool, int, str]:
    # A database tells less of the same sessions than their JSONL files do.
    try:
        modified = path.stat().st_mtime_ns
    except OSError:
        modified = 0
    return not path.name.endswith((".jsonl", ".zst")), modified, str(path)


def _look(path: Path) -> Source | str:
    try:
        status = path.stat()
        kind = _kind(path)
    except OSError as error:
        return f"{path}: {error.strerror or error}"
    return Source(path, kind, status.st_size, status.st_mtime_ns)


def _kind(path: Path) -> Kind | None:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(_SQLITE):
        # The last four bytes name the program; ours is no source.
        return None if head[-4:] == APPLICATION_ID.to_bytes(4, "big") else Kind.DATABASE
    for _, line in islice(Lines(path), _LOOKED_AT):
        if (kind := _kind_of_line(line)) is not None:
            return kind
    return None


def _kind_of_line(line: JsonObject) -> Kind | None:
    kind = line.get("type")
    if kind in _EVENTS and "session_id" in line and "request_id" in line:
        return Kind.LUNAROUTE if "exchange_id" in line else Kind.EVENTS
    if kind == "session_meta" and get_object(line, "payload"):
        return Kind.CODEX
    if kind in ("user", "assistant") and get_object(line, "message"):
        return Kind.CLAUDE_CODE if "sessionId" in line else None
    return None
