"""The database made again from the JSONL files, a few exchanges at a time.

What stands in no file stays as it is, and so does what is under way.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import zstandard

from lunaroute.importing import Importer, Source, find_sources
from lunaroute.recording import Rebuilder, Rebuilt, finish_replacement, read_lines
from lunaroute.store import JsonlFile, Known, Store, open_store
from lunaroute.upkeep._pieces import Piece, find_pieces
from lunaroute.upkeep._removal import give_back
from lunaroute.upkeep._site import Site, redacting

# One step: some 50 ms on a slow machine.
_STEP_EXCHANGES = 20
_STEP_BYTES = 1024 * 1024

# Complaints beyond these are not told one by one.
_MOST_WARNINGS = 100


@dataclass(slots=True)
class Reindexed:
    """``rebuilt`` were there and are made again, ``added`` were missing, ``kept`` stay
    as they were: because only what is missing was asked for, or because their events
    are of an earlier release and tell less than the row.
    """

    files: int = 0
    rebuilt: int = 0
    added: int = 0
    kept: int = 0
    bad_lines: int = 0
    warnings: list[str] = field(default_factory=list)


def reindex(site: Site, *, missing: bool = False) -> Generator[str, None, Reindexed]:
    """Does a bounded piece of work between two yields. Raises StoreError.

    A cost that was worked out again since stays; with ``missing`` only exchanges that
    are not there are added.
    """
    done = Reindexed()
    with open_store(site.database, writer=True) as store:
        finish_replacement(store)
        yield "looking at what is there"
        pieces = [each for each in find_pieces(site.directory, store) if each.paths]
        for number, piece in enumerate(pieces, start=1):
            words = f"reading file {number} of {len(pieces)}: {piece.name}"
            work = _File(piece, site, store, done, missing=missing)
            try:
                for _ in work.steps():
                    yield words
            except (OSError, zstandard.ZstdError) as error:
                _warn(done, f"{piece.name}: {error}")
            done.files += 1
        if done.rebuilt:
            for _ in give_back(store):
                yield "giving the room back"
    return done


class _File:
    """One file's exchanges."""

    def __init__(
        self, piece: Piece, site: Site, store: Store, done: Reindexed, *, missing: bool
    ) -> None:
        self._piece = piece
        self._site = site
        self._store = store
        self._done = done
        self._missing = missing
        self._rebuilder = Rebuilder(piece.name, store.install_key())
        self._waiting: list[Rebuilt] = []
        self._tells_less = False

    def steps(self) -> Iterator[None]:
        read = 0
        for path in self._in_order():
            before = self._rebuilder.offset
            for line in self._lines(path):
                self._waiting += self._rebuilder.feed(line)
                read += len(line)
                if len(self._waiting) >= _STEP_EXCHANGES or read >= _STEP_BYTES:
                    self._write()
                    read = 0
                    yield
            self._write()
            self._note(path, self._rebuilder.offset - before)
            yield
        self._done.bad_lines += len(self._rebuilder.bad_lines)
        if self._tells_less:
            self._bring_in()
            yield

    def _in_order(self) -> list[Path]:
        """The compressed one was there first."""
        return sorted(self._piece.paths, key=lambda path: path.suffix != ".zst")

    def _lines(self, path: Path) -> Iterator[bytes]:
        """As far as the recorder has acknowledged them, or to the last whole one."""
        with self._store.writing() as batch:
            left = batch.offset(str(path))
        for line in read_lines(path):
            if left is not None:
                left -= len(line)
            if not line.endswith(b"\n") or (left is not None and left < 0):
                return
            yield line

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        with self._store.writing() as batch:
            rebuilding = self._store.rebuilding
            known = rebuilding.known(each.rows.exchange.id for each in waiting)
            for each in waiting:
                row = each.rows.exchange
                before = known.get(row.id)
                if before is None and not each.is_whole:
                    self._tells_less = True
                    continue
                if before is None:
                    self._done.added += 1
                elif self._stays(each, before):
                    self._done.kept += 1
                    continue
                else:
                    rebuilding.take_out(row.id)
                    row = replace(row, **_costs(before, row.price_version))
                    self._done.rebuilt += 1
                problem = batch.add(replace(each.rows, exchange=row))
                if problem is not None:
                    _warn(self._done, f"exchange {row.id}: {problem}")

    def _stays(self, each: Rebuilt, before: Known) -> bool:
        if before.is_open or not each.is_whole:
            return True
        return self._missing and not before.is_imported

    def _note(self, path: Path, size: int) -> None:
        """How far the file counts, where the store did not know of it."""
        plain = path.with_name(path.name.removesuffix(".zst"))
        day = self._piece.day.isoformat()
        self._store.announce([JsonlFile(str(plain), day, size)])

    def _bring_in(self) -> None:
        """What events of an earlier release tell, as an import brings it in."""
        sources = [
            each for each in find_sources(self._piece.paths) if isinstance(each, Source)
        ]
        with redacting(self._site) as redactor:
            importer = Importer(self._store, redactor=redactor)
            report = importer.run(sources, lambda: None)
        self._done.added += report.exchanges
        for message in report.messages:
            _warn(self._done, message)


def _costs(before: Known, version: str | None) -> dict[str, Any]:
    """Those of the row that is there, if another table of prices gave them."""
    known = before.costs["price_version"]
    return {} if known is None or known == version else before.costs


def _warn(done: Reindexed, words: str) -> None:
    if len(done.warnings) < _MOST_WARNINGS:
        done.warnings.append(words)
