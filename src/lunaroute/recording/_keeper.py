"""Puts records on disk exactly once: with the store as the judge, or the files alone.

A keeper either commits all records it was given or raises, and may then be given the
same records again.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from lunaroute.recording import _journal as journal
from lunaroute.recording._once import Once
from lunaroute.recording._record import Record
from lunaroute.store import Batch, ExchangeRow, JsonlFile, Prepared, Store

_log = logging.getLogger(__name__)

# A batch writes into files of one day. The second one is for a clock set back.
_DAYS_TO_SETTLE = 2


@dataclass(frozen=True, slots=True)
class _Kept:
    """Where an exchange's lines stand."""

    file: str
    offset: int
    length: int


class StoreKeeper:
    """The store's commit is the acknowledgement and holds each file's offset."""

    __slots__ = ("_directory", "_durable", "_is_settled", "_once", "_store")

    def __init__(
        self, store: Store, directory: Path | None, *, durable: bool = True
    ) -> None:
        self._durable = durable
        self._store = store
        # The store knows files by their whole path: a directory named anew is new.
        self._directory = None if directory is None else directory.resolve()
        self._is_settled = False
        self._once = Once()

    def keep(self, records: list[Record], today: date) -> list[ExchangeRow]:
        """Commits the records; returns the rows of those that were not there yet."""
        try:
            self._settle()
            files = self._announce(records, today.isoformat())
            with self._store.writing() as batch:
                known = batch.known(str(record.id) for record in records)
                fresh = [each for each in records if str(each.id) not in known]
                kept_in = self._append(batch, fresh, files)
                return [_add(batch, each, kept_in) for each in fresh]
        except BaseException:
            # What was appended for this batch stands behind the offsets now.
            self._is_settled = False
            self._once.forget()
            raise

    def _settle(self) -> None:
        if self._is_settled or self._directory is None:
            return
        # The lock keeps off another process between its append and its commit.
        with self._store.writing():
            for file in self._store.newest_files(_DAYS_TO_SETTLE):
                journal.cut_back(Path(file.path), file.offset)
        self._is_settled = True

    def _announce(self, records: list[Record], day: str) -> dict[str, JsonlFile]:
        """Commits, before a file's first byte, how much of it was there already."""
        if self._directory is None:
            return {}
        files = {}
        for stem in {record.stem for record in records}:
            path = journal.file_of(self._directory, day, stem)
            files[stem] = JsonlFile(str(path), day, journal.whole_size(path))
        self._store.announce(files.values())
        return files

    def _append(
        self, batch: Batch, fresh: list[Record], files: Mapping[str, JsonlFile]
    ) -> dict[str, _Kept]:
        """Where the lines of each exchange stand, by its id."""
        kept_in: dict[str, _Kept] = {}
        for stem, part in _by_stem(fresh if files else ()).items():
            file = files[stem]
            path = Path(file.path)
            self._once.resume(path, file.offset)
            lines = [_shortened(self._once, path, record) for record in part]
            offset = batch.offset(file.path) or 0
            try:
                end = journal.append(
                    path, b"".join(lines), offset, durable=self._durable
                )
            except journal.UnusableFileError as error:
                # For ever so: the store alone keeps these.
                _log.warning("no events written: %s", error)
                self._once.forget()
                continue
            self._once.reached(path, end)
            batch.set_offset(replace(file, offset=end))
            begin = end - sum(map(len, lines))
            for record, text in zip(part, lines, strict=True):
                name = f"{file.day}/{path.name}"
                kept_in[str(record.id)] = _Kept(name, begin, len(text))
                begin += len(text)
        return kept_in


class FileKeeper:
    """No store: a ``completed`` line on disk is the acknowledgement."""

    __slots__ = ("_before", "_directory", "_durable", "_once", "_settled")

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        self._durable = durable
        self._directory = directory
        self._settled: set[Path] = set()
        # The sizes to go back to when a batch fails halfway.
        self._before: dict[Path, int] = {}
        self._once = Once()

    def keep(self, records: list[Record], today: date) -> list[ExchangeRow]:
        """Appends the records; returns the rows of those that were not there yet."""
        self._undo()
        days = [today.isoformat(), (today - timedelta(days=1)).isoformat()]
        fresh = [each for each in records if not self._is_kept(each, days)]
        for stem, part in _by_stem(fresh).items():
            path = self._settled_file(days[0], stem)
            size = self._before[path] = journal.whole_size(path)
            self._once.resume(path, size)
            lines = b"".join(_shortened(self._once, path, record) for record in part)
            end = journal.append(path, lines, size, durable=self._durable)
            self._once.reached(path, end)
        self._before.clear()
        self._forget_all_but(days)
        return [each.rows.exchange for each in fresh]

    def _undo(self) -> None:
        if self._before:
            self._once.forget()
        for path, size in self._before.items():
            journal.cut_back(path, size)
        self._before.clear()

    def _is_kept(self, record: Record, days: list[str]) -> bool:
        return record.resent and any(
            journal.holds(self._settled_file(day, record.stem), str(record.id))
            for day in days
        )

    def _settled_file(self, day: str, stem: str) -> Path:
        path = journal.file_of(self._directory, day, stem)
        if path not in self._settled:
            journal.cut_back(path, journal.finished_size(path))
            self._settled.add(path)
        return path

    def _forget_all_but(self, days: list[str]) -> None:
        self._settled = {path for path in self._settled if path.parent.name in days}


def _by_stem(records: Iterable[Record]) -> dict[str, list[Record]]:
    parts: dict[str, list[Record]] = {}
    for record in records:
        parts.setdefault(record.stem, []).append(record)
    return parts


def _shortened(once: Once, path: Path, record: Record) -> bytes:
    return once.shorten(path, str(record.id), record.lines, record.sent)


def _add(batch: Batch, record: Record, kept_in: Mapping[str, _Kept]) -> ExchangeRow:
    row = record.rows.exchange
    if kept := kept_in.get(str(record.id)):
        row = replace(
            row,
            jsonl_file=kept.file,
            jsonl_offset=kept.offset,
            jsonl_length=kept.length,
        )
    rows: Prepared = replace(record.rows, exchange=row)
    problem = batch.add(rows)
    if problem is not None:
        _log.warning("exchange %s: %s", record.id, problem)
    return row
