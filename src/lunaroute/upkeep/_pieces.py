"""What is there to be kept or to go: each session's file of a day with its rows."""

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import zstandard

from lunaroute.recording import read_lines
from lunaroute.store import Store

# Nothing else below the directory is ours to delete.
_NAME = re.compile(r"(session_[A-Za-z0-9_-]{1,80}\.jsonl)(?:\.zst)?")
# Ours have their schema in this place.
_THEIRS = re.compile(rb'\{"type":\s*"[a-z_]+",\s*"session_id":')

# So many rows that stand in no file go together.
_PART = 100


@dataclass(frozen=True, slots=True)
class Piece:
    """A file of one day, or some of a day's rows that stand in no file (no ``name``, a
    ``part`` of them).

    ``paths`` are those that are there: plain, compressed, or both when a clock was set
    back. ``size`` is what they take, ``exchanges`` how many rows belong to them.
    """

    day: date
    name: str = ""
    paths: tuple[Path, ...] = ()
    size: int = 0
    modified: float = 0.0
    exchanges: int = 0
    is_open: bool = False  # an exchange in it is still under way
    part: int = 0

    @property
    def plain(self) -> Path | None:
        """The file, if it stands there uncompressed."""
        return next((path for path in self.paths if path.suffix != ".zst"), None)


def find_pieces(
    directory: Path, store: Store | None, *, also_earlier: bool = False
) -> list[Piece]:
    """All of them, oldest first; what cannot be read is not there.

    Files that an earlier release left there are none of them, unless ``also_earlier``
    asks for them.
    """
    counts = store.pruning.counts() if store else {}
    files = store.pruning.files() if store else ()
    noted = (f"{day}/{Path(path).name}" for day, path in files)
    known = frozenset((*counts, *noted))
    found: dict[str, set[Path]] = {name: set() for name in known}
    for day, path in _all_paths(directory, store):
        found.setdefault(f"{day}/{path.name.removesuffix('.zst')}", set()).add(path)
    found = {
        name: paths
        for name, paths in found.items()
        if also_earlier or name in known or not all(map(_is_earlier, paths))
    }
    opened = store.pruning.open_files() if store else frozenset[str]()
    pieces = [
        _piece(name, paths, counts.get(name, 0), is_open=name in opened)
        for name, paths in found.items()
    ]
    pieces += _loose(store.pruning.loose_counts() if store else {})
    return sorted(
        (piece for piece in pieces if piece is not None),
        key=lambda each: (each.day, each.modified, each.name, each.part),
    )


def _loose(counts: dict[str, int]) -> list[Piece | None]:
    """Not a whole day at once: all that was imported together is of one."""
    pieces: list[Piece | None] = []
    for text, count in counts.items():
        day = read_day(text)
        if day is not None:
            pieces += [
                Piece(day, exchanges=min(_PART, count - begin), part=number)
                for number, begin in enumerate(range(0, count, _PART))
            ]
    return pieces


def read_day(text: str) -> date | None:
    """The date that a directory is named after; None if it is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None


def _all_paths(directory: Path, store: Store | None) -> Iterator[tuple[str, Path]]:
    directory = directory.resolve()
    yield from _listed(directory)
    for day, text in store.pruning.files() if store else ():
        path = Path(text)
        # A directory that was configured before holds ours as well.
        if path.parent.parent != directory and path.parent.name == day:
            yield from (
                (day, each)
                for each in (path, path.with_name(f"{path.name}.zst"))
                if _NAME.fullmatch(each.name) and _is_plain(each)
            )


def _listed(directory: Path) -> Iterator[tuple[str, Path]]:
    for below in _entries(directory):
        if read_day(below.name) is None or below.is_symlink():
            continue
        for path in _entries(below):
            if _NAME.fullmatch(path.name) and _is_plain(path):
                yield below.name, path


def _entries(directory: Path) -> list[Path]:
    try:
        return sorted(directory.iterdir())
    except OSError:
        return []


def _is_earlier(path: Path) -> bool:
    """Whether it begins as the events of earlier releases do. Their files have the same
    names as ours, and nobody was told that they would go.
    """
    try:
        return _THEIRS.match(next(read_lines(path), b"")) is not None
    except (OSError, zstandard.ZstdError):
        return False


def _is_plain(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _piece(
    name: str, paths: set[Path], exchanges: int, *, is_open: bool
) -> Piece | None:
    day = read_day(name.partition("/")[0])
    if day is None:
        return None
    size, modified = 0, 0.0
    for path in paths:
        try:
            status = path.lstat()
        except OSError:
            continue
        size += status.st_size
        modified = max(modified, status.st_mtime)
    return Piece(day, name, tuple(sorted(paths)), size, modified, exchanges, is_open)
