"""Looks for what should not be in the record, and takes it out where it is asked to.

The database is changed row by row, its old pages and the words in its index are
overwritten.
"""

import os
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import zstandard

from lunaroute.pii import Redactor
from lunaroute.recording import text_hash
from lunaroute.store import Cell, NewCell, Store
from lunaroute.upkeep._pieces import Piece, find_pieces
from lunaroute.upkeep._removal import give_back
from lunaroute.upkeep._rewriting import look_through, write_anew, write_piece_anew
from lunaroute.upkeep._site import Site, opened

# A line of a session's file begins so.
_EVENT = b'{"type":"'

_DATABASE = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class Place:
    """Where findings of one kind are: a line of a file, or a column of a table.

    ``where`` tells the row: of an exchange, a text, a call.
    """

    file: str
    kind: str
    count: int
    line: int | None = None
    column: str | None = None
    where: str | None = None


@dataclass(slots=True)
class Scan:
    """What was found. ``left`` of it is there still, ``warnings`` say why."""

    places: list[Place] = field(default_factory=list)
    fixed: bool = False
    left: int = 0
    warnings: list[str] = field(default_factory=list)

    def tell(self, path: Path, line: int, kinds: Counter[str]) -> None:
        """Notes the findings in a line of a file."""
        for kind, count in kinds.items():
            self.places.append(Place(str(path), kind, count, line=line))

    @property
    def kinds(self) -> dict[str, int]:
        """How many findings there were of each kind."""
        counts: Counter[str] = Counter()
        for place in self.places:
            counts[place.kind] += place.count
        return dict(counts)


@dataclass(frozen=True, slots=True)
class Means:
    """``redactor`` says what is looked for and, with ``fix``, is obeyed."""

    redactor: Redactor
    fix: bool = False


def scan_record(site: Site, means: Means) -> Generator[str, None, Scan]:
    """All that is recorded; with ``fix`` by the one writer, whose recorder may write
    between two steps.

    Does a bounded piece of work between two yields, and says what it does.
    """
    done = Scan(fixed=means.fix)
    with opened(site, writer=means.fix) as store:
        for piece in find_pieces(site.directory, store):
            if piece.paths:
                steps = _piece(piece, store, means, done)
                yield from _attempted(done, piece.name, steps)
        if store is not None:
            yield from _store(store, means, done)
    for path in sorted(site.database.parent.glob(f"{site.database.name}.damaged-*")):
        done.warnings.append(f"{path} was moved aside and is not looked into")
    return done


def scan_files(paths: Iterable[Path], means: Means) -> Generator[str, None, Scan]:
    """Files that are named, whatever they are, and those below directories."""
    done = Scan(fixed=means.fix)
    for path in _files(paths):
        words = f"looking through {path}"
        yield from _attempted(done, str(path), _file(path, means, done), words)
    return done


def _attempted(
    done: Scan, name: str, steps: Iterator[None], words: str = ""
) -> Iterator[str]:
    words = words or f"looking through {name}"
    yield words
    try:
        for _ in steps:
            yield words
    except (OSError, ValueError, KeyError, zstandard.ZstdError) as error:
        # What an error says of a line's content stays unsaid.
        told = error.strerror if isinstance(error, OSError) else type(error).__name__
        done.warnings.append(f"{name}: cannot be looked through: {told or error}")


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (each for each in sorted(path.rglob("*")) if each.is_file())
        else:
            yield path


def _file(path: Path, means: Means, done: Scan) -> Iterator[None]:
    with path.open("rb") as file:
        head = file.read(len(_DATABASE))
    if head.startswith(_DATABASE):
        done.warnings.append(f"{path}: only the record's own database is looked into")
    elif path.suffix != ".zst" and not head.startswith(_EVENT):
        _plain(path, means, done)
    elif means.fix:
        yield from write_anew(path, means.redactor, done.tell)
    else:
        yield from look_through([path], means.redactor, done.tell)


def _plain(path: Path, means: Means, done: Scan) -> None:
    text = path.read_bytes()
    redacted = means.redactor.body(text)
    # Where each stood before anything was replaced.
    moved = 0
    lines: Counter[tuple[int, str]] = Counter()
    for mark in redacted.marks:
        lines[text.count(b"\n", 0, mark.start - moved) + 1, mark.kind] += 1
        moved += mark.end - mark.start - mark.was
    for (line, kind), count in lines.items():
        done.places.append(Place(str(path), kind, count, line=line))
    if lines and means.fix:
        means.redactor.settle()
        _put(path, redacted.data)


def _piece(
    piece: Piece, store: Store | None, means: Means, done: Scan
) -> Iterator[None]:
    if not means.fix:
        yield from look_through(piece.paths, means.redactor, done.tell)
        return
    is_old = piece.day < datetime.now().astimezone().date() and not piece.is_open
    if len(piece.paths) == 1 or is_old:
        yield from write_piece_anew(piece, store, means.redactor, done.tell)
        return
    found = len(done.places)
    yield from look_through(piece.paths, means.redactor, done.tell)
    if found < len(done.places):
        done.left += sum(place.count for place in done.places[found:])
        done.warnings.append(
            f"{piece.name}: is there twice, plain and compressed, and still written"
            " to; run this again tomorrow"
        )


def _put(path: Path, data: bytes) -> None:
    """The whole file at once or not at all, with the mode and times that it had."""
    status = path.stat(follow_symlinks=False)
    new = path.with_name(f"{path.name}.redacted.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(new, flags, 0o600), "wb") as file:
            os.fchmod(file.fileno(), status.st_mode & 0o777)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.utime(new, ns=(status.st_atime_ns, status.st_mtime_ns))
        new.replace(path)
    except BaseException:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise


def _store(store: Store, means: Means, done: Scan) -> Generator[str, None, None]:
    cells, key = store.cells, store.install_key()
    changed = 0
    for page in cells.pages():
        yield f"looking through {store.path.name}: {page[0].table if page else ''}"
        new = [
            found
            for cell in page
            if (found := _cell(cell, store, means, done, key)) is not None
        ]
        if new and means.fix:
            means.redactor.settle()
            cells.replace(new)
            changed += len(new)
    # Or somebody was stopped after it had changed the last one.
    if not changed and not (means.fix and store.pruning.owes_room()):
        return
    steps = give_back(store)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            if not end.value:
                done.warnings.append(
                    f"{store.path}-wal is being read and still holds traces of what was"
                    " redacted; `lunaroute cleanup` empties it later"
                )
            return
        yield "taking words out of the index"


def _cell(
    cell: Cell, store: Store, means: Means, done: Scan, key: bytes
) -> NewCell | None:
    counts: Counter[str] = Counter()
    text = means.redactor.text(cell.text, counts)
    if not counts:
        return None
    column = f"{cell.table}.{cell.column}"
    where = "/".join(map(str, cell.key[:2]))
    for kind, count in counts.items():
        done.places.append(
            Place(str(store.path), kind, count, column=column, where=where)
        )
    if cell.is_kept:
        if means.fix:
            done.left += sum(counts.values())
            done.warnings.append(
                f"{column} {where}: names rows and files and stays; delete the session"
            )
        return None
    is_text = cell.table == "texts"
    new = text_hash(cell.kind, cell.role, text, key) if is_text else b""
    return NewCell(cell, text, new)
