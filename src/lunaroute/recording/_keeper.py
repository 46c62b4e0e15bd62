"""Puts records on disk exactly once: with the store as the judge, or the files alone.

A keeper either commits all records it was given or raises, and may then be given the
same records again.
"""

import logging
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from lunaroute.recording import _journal as journal
from lunaroute.recording._abandoned import interrupted
from lunaroute.recording._once import Once
from lunaroute.recording._record import Record
from lunaroute.recording._replacement import finish_replacement
from lunaroute.store import (
    Batch,
    ExchangeRow,
    Heard,
    JsonlFile,
    OpenRow,
    Prepared,
    Store,
)

_log = logging.getLogger(__name__)

# A batch writes into files of one day. The second one is for a clock set back.
_DAYS_TO_SETTLE = 2


@dataclass(frozen=True, slots=True)
class _Kept:
    """Where an exchange's lines stand: from its first to its last, between which
    others may have come.
    """

    file: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class _Lines:
    """What is to be appended for one record; ``begun`` is where its earlier lines are,
    in the same file.
    """

    record: Record
    lines: bytes
    sent: bytes
    begun: OpenRow | None = None


class StoreKeeper:
    """The store's commit is the acknowledgement and holds each file's offset."""

    __slots__ = (
        "_directory",
        "_durable",
        "_is_new",
        "_is_settled",
        "_made_at",
        "_older",
        "_once",
        "_store",
    )

    def __init__(
        self, store: Store, directory: Path | None, *, durable: bool = True
    ) -> None:
        self._durable = durable
        self._store = store
        # The store knows files by their whole path: a directory named anew is new.
        self._directory = None if directory is None else directory.resolve()
        self._is_settled = False
        self._once = Once()
        # Of a new store: which files were there before it, when they were first seen.
        self._made_at = time.time_ns() // 1_000
        self._is_new = not store.has_texts()
        self._older: dict[str, bool] = {}

    def keep(self, records: list[Record], today: date) -> list[ExchangeRow]:
        """Commits the records; returns the rows of those that were not there yet."""
        with self._batch(records, today) as (batch, files):
            ids = [str(record.id) for record in records]
            known, opened = batch.known(ids), batch.opened(ids)
            fresh = [each for each in records if str(each.id) not in known]
            return self._write(batch, fresh, opened, files)

    def begin(self, records: list[Record], today: date) -> None:
        """Commits records of exchanges under way, less those that are there."""
        with self._batch(records, today) as (batch, files):
            ids = [str(record.id) for record in records]
            known = batch.known(ids) | batch.opened(ids).keys()
            fresh = [each for each in records if str(each.id) not in known]
            self._write(batch, fresh, {}, files)

    def hear(self, heard: Iterable[Heard]) -> None:
        """Commits what has come of answers since the last time."""
        with self._store.writing() as batch:
            for each in heard:
                batch.hear(each)

    def abandon(
        self,
        living: Collection[str] | None,
        lost: Collection[str],
        key: bytes,
        today: date,
    ) -> list[ExchangeRow]:
        """Ends what is under way by the record alone (see ``Batch.abandoned``) with
        all that had come; returns the rows.
        """
        with self._store.writing() as batch:
            found = batch.abandoned(living, lost)
        records = [
            interrupted(each, key, is_lost=each.exchange.id in lost) for each in found
        ]
        return self.keep(records, today) if records else []

    @contextmanager
    def _batch(
        self, records: list[Record], today: date
    ) -> Iterator[tuple[Batch, Mapping[str, JsonlFile]]]:
        """A transaction, and the file of each record's stem."""
        try:
            self._settle()
            files = self._announce(records, today.isoformat())
            with self._store.writing() as batch:
                yield batch, files
        except BaseException:
            # What was appended for this batch stands behind the offsets now.
            self._is_settled = False
            self._once.forget()
            raise

    def _settle(self) -> None:
        if self._is_settled or self._directory is None:
            return
        finish_replacement(self._store)
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
            file = files[stem] = JsonlFile(str(path), day, journal.whole_size(path))
            if self._is_new:
                self._older.setdefault(file.path, file.offset > 0)
        self._store.announce(files.values())
        return files

    def _write(
        self,
        batch: Batch,
        records: list[Record],
        opened: Mapping[str, OpenRow],
        files: Mapping[str, JsonlFile],
    ) -> list[ExchangeRow]:
        """Lines and rows of ``records``, of which some were ``opened``."""
        parts: dict[str, tuple[JsonlFile, list[_Lines]]] = {}
        for record in records if files else ():
            begun = opened.get(str(record.id))
            file, lines = self._place(batch, record, begun, files[record.stem])
            parts.setdefault(file.path, (file, []))[1].append(lines)
        kept_in: dict[str, _Kept] = {}
        for file, part in parts.values():
            kept_in |= self._append(batch, file, part)
        return [
            _add(batch, each, opened.get(str(each.id)), kept_in.get(str(each.id)))
            for each in records
        ]

    def _place(
        self, batch: Batch, record: Record, begun: OpenRow | None, file: JsonlFile
    ) -> tuple[JsonlFile, _Lines]:
        """The file in which an exchange began takes the rest of its lines, also after
        midnight; all of them go to today's where that one is not what it was.
        """
        whole = _Lines(record, record.lines, record.sent)
        if begun is None:
            begun = self._begun_in(file, record)
        if begun is None or begun.jsonl_file is None or self._directory is None:
            return file, whole
        path = self._directory / begun.jsonl_file
        offset = batch.offset(str(path))
        if offset is None or journal.whole_size(path) < offset:
            return file, whole
        day = path.parent.name
        if day not in (file.day, _day_before(file.day)):
            return file, whole
        rest = _of_session(record, begun.session_id)
        return JsonlFile(str(path), day, offset), _Lines(record, rest, b"", begun)

    def _begun_in(self, file: JsonlFile, record: Record) -> OpenRow | None:
        """What stands in the file of an exchange whose open row another store had,
        which was damaged or taken away.
        """
        row, path = record.rows.exchange, Path(file.path)
        if row.started_at > self._made_at or not self._older.get(file.path):
            return None
        try:
            at = journal.begins_at(path, str(record.id))
        except journal.UnusableFileError:
            return None
        if at is None:
            return None
        return OpenRow(row.session_id, f"{file.day}/{path.name}", at, None)

    def _append(
        self, batch: Batch, file: JsonlFile, part: list[_Lines]
    ) -> dict[str, _Kept]:
        """Where the lines of each exchange stand, by its id."""
        path = Path(file.path)
        self._once.resume(path, file.offset)
        lines = [
            self._once.shorten(path, str(each.record.id), each.lines, each.sent)
            for each in part
        ]
        offset = batch.offset(file.path) or 0
        try:
            end = journal.append(path, b"".join(lines), offset, durable=self._durable)
        except journal.UnusableFileError as error:
            # For ever so: the store alone keeps these.
            _log.warning("no events written: %s", error)
            self._once.forget()
            return {}
        self._once.reached(path, end)
        batch.set_offset(replace(file, offset=end))
        name = f"{file.day}/{path.name}"
        begin = end - sum(map(len, lines))
        kept_in = {}
        for each, text in zip(part, lines, strict=True):
            first = begin
            begin += len(text)
            if each.begun is not None and each.begun.jsonl_offset is not None:
                first = each.begun.jsonl_offset
            kept_in[str(each.record.id)] = _Kept(name, first, begin - first)
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


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def _of_session(record: Record, session_id: str) -> bytes:
    """The lines from the answer on, as of the session in which they began: where the
    request was shed meanwhile they may know none.
    """
    rest = record.lines[record.opening :]
    ours = record.rows.exchange.session_id
    if ours == session_id:
        return rest
    head = f'"exchange_id":"{record.id}","session_id":'
    old, new = f'{head}"{ours}",', f'{head}"{session_id}",'
    return rest.replace(old.encode(), new.encode())


def _add(
    batch: Batch, record: Record, begun: OpenRow | None, kept: _Kept | None
) -> ExchangeRow:
    row = record.rows.exchange
    if begun is not None:
        row = replace(
            row,
            session_id=begun.session_id,
            jsonl_file=begun.jsonl_file,
            jsonl_offset=begun.jsonl_offset,
            jsonl_length=begun.jsonl_length,
        )
    if kept is not None:
        row = replace(
            row,
            jsonl_file=kept.file,
            jsonl_offset=kept.offset,
            jsonl_length=kept.length,
        )
    rows: Prepared = replace(record.rows, exchange=row)
    if begun is None:
        problem = batch.add(rows)
    else:
        problem = batch.finish(rows, keeps_request=bool(row.shed_bytes))
    if problem is not None:
        _log.warning("exchange %s: %s", record.id, problem)
    return row
