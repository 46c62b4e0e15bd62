"""The recorder: raw exchanges in, ids of those that are safely on disk out."""

import logging
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from traceback import format_tb

from lunaroute.errors import StoreError
from lunaroute.link import ExchangeId, RawExchange
from lunaroute.pii import Redactor
from lunaroute.recording._keeper import FileKeeper, StoreKeeper
from lunaroute.recording._metadata import Labels
from lunaroute.recording._news import News, news_of
from lunaroute.recording._opening import open_record
from lunaroute.recording._record import Record, make_records
from lunaroute.recording._requests import Requests
from lunaroute.recording._so_far import Came, SoFar
from lunaroute.recording._socket_so_far import CameFrames, SocketSoFar, Told
from lunaroute.store import ExchangeRow, Store

_log = logging.getLogger(__name__)

# One commit holds at most this much of the wire: a made record is as large again, and
# a batch may be a hundred bodies of megabytes.
_SLICE_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class RecordedBatch:
    """``ids`` are on disk and may be forgotten; ``news`` were not there before.

    An exchange that was recorded before is among the ids and not among the news; the
    turns on a WebSocket are among the news and not among the ids.
    """

    ids: tuple[ExchangeId, ...]
    news: tuple[News, ...]

    @property
    def rows(self) -> tuple[ExchangeRow, ...]:
        """The rows of the news."""
        return tuple(each.row for each in self.news)


def local_day() -> date:
    """The date by which files are filed: where the user lives, not in UTC."""
    return datetime.now().astimezone().date()


class Recorder:
    """Writes exchanges as JSONL, into the store, or both, each exactly once.

    Synchronous and for one thread at a time. What is recorded survives a loss of
    power if it is ``durable``. Nothing that ``redactor`` replaces is written.
    ``labels`` say whose work is recorded. ``today`` and ``key`` are for tests and for
    whoever keeps the installation's key elsewhere.
    """

    __slots__ = (
        "_keeper",
        "_key",
        "_labels",
        "_redactor",
        "_requests",
        "_running",
        "_store",
        "_today",
    )

    def __init__(
        self,
        jsonl_directory: Path | None,
        store: Store | None,
        *,
        today: Callable[[], date] = local_day,
        key: bytes | None = None,
        durable: bool = True,
        redactor: Redactor | None = None,
        labels: Labels | None = None,
    ) -> None:
        self._redactor = redactor
        self._labels = labels or Labels()
        self._requests = Requests()
        self._store = store
        self._today = today
        self._key = key
        self._keeper: StoreKeeper | FileKeeper | None = None
        # Without a store an exchange is written when it has ended, not before.
        self._running: StoreKeeper | None = None
        if store is not None:
            self._running = StoreKeeper(store, jsonl_directory, durable=durable)
            self._keeper = self._running
        elif jsonl_directory is not None:
            self._keeper = FileKeeper(jsonl_directory, durable=durable)

    def record(self, batch: Sequence[RawExchange]) -> RecordedBatch:
        """Commits the batch, or as much of it as the disk takes.

        Raises StoreError or OSError when nothing of it could be committed. The rest,
        or all of it, may be given again at any time.
        """
        ids: list[ExchangeId] = []
        news: list[News] = []
        for part in _slices(_once(batch)):
            try:
                news += self._keep(part)
            except (StoreError, OSError) as error:
                if not ids:
                    raise
                _log.warning("recorded %d of %d: %s", len(ids), len(batch), error)
                break
            ids += [raw.id for raw in part]
        return RecordedBatch(tuple(ids), tuple(news))

    def begin(self, running: Sequence[RawExchange]) -> None:
        """Commits exchanges that are under way, as far as their requests: snapshots
        (:func:`snapshot`). Those that are there are passed over; when they have ended,
        ``record`` completes them.

        Raises StoreError or OSError if not all of it could be committed; it may be
        given again.
        """
        if self._running is None:
            return
        key = self._install_key()
        for part in _slices(_once(running)):
            records = [
                open_record(
                    raw, key, self._redactor, self._labels, self._requests.first
                )
                for raw in part
            ]
            self._settle()
            self._running.begin(records, self._today())

    def hear(self, answers: Iterable[tuple[SoFar, Came]]) -> None:
        """Commits what came of answers whose exchanges were begun. Raises as ``begin``
        does, and then their ``SoFar`` has to be made anew.
        """
        if self._running is None:
            return
        heard = []
        for so_far, came in answers:
            with _reading(so_far):
                so_far.take(came)
                heard.append(so_far.tell(self._redactor))
        self._settle()
        self._running.hear(heard)

    def follow(self, sockets: Iterable[tuple[SocketSoFar, CameFrames]]) -> list[News]:
        """Commits what came on WebSockets: turns that ended, which are news, and what
        is under way. Raises as ``hear`` does.
        """
        if self._running is None:
            return []
        key, today = self._install_key(), self._today()
        news: list[News] = []
        for so_far, came in sockets:
            told = Told()
            with _reading(so_far):
                so_far.take(came)
                told = so_far.tell(key, self._redactor, self._labels)
            self._settle()
            if told.begun:
                self._running.begin(list(told.begun), today)
            if told.ended:
                by_id = {str(record.id): record for record in told.ended}
                rows = self._running.keep(list(told.ended), today)
                news += [news_of(by_id[row.id], row) for row in rows]
            if told.heard:
                self._running.hear(told.heard)
        return news

    def abandon(
        self, living: Collection[str] | None, lost: Collection[str] = ()
    ) -> tuple[ExchangeRow, ...]:
        """Ends as interrupted what the record alone holds to be under way: the ids in
        ``lost``, of which the end found no room, and unless ``living`` is None those
        that are not in it and begin with none of its names that end with a hyphen
        (``<boot>-<worker>-``). Raises as ``begin`` does.
        """
        if self._running is None:
            return ()
        key = self._install_key()
        return tuple(self._running.abandon(living, lost, key, self._today()))

    def _keep(self, part: list[RawExchange]) -> list[News]:
        key = self._install_key()
        records: list[Record] = []
        for raw in part:
            records += make_records(
                raw, key, self._redactor, self._labels, self._requests.last
            )
        self._settle()
        if self._keeper is None:  # nothing is kept; others may want to know of it
            return [news_of(record, record.rows.exchange) for record in records]
        by_id = {str(record.id): record for record in records}
        rows = self._keeper.keep(records, self._today())
        return [news_of(by_id[row.id], row) for row in rows]

    def _settle(self) -> None:
        if self._redactor is not None:
            self._redactor.settle()

    def _install_key(self) -> bytes:
        if self._key is None:
            store = self._store
            self._key = (
                secrets.token_bytes(32) if store is None else store.install_key()
            )
        return self._key


@contextmanager
def _reading(so_far: SoFar | SocketSoFar) -> Iterator[None]:
    """What our own fault keeps from being read while it comes is left to its end."""
    try:
        yield
    except (StoreError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 - it must not stop the others
        # Its message may quote what was to be redacted. Where it was raised does not.
        where = "".join(format_tb(error.__traceback__))
        kind = type(error).__name__
        _log.error("exchange %s cannot be followed: %s\n%s", so_far.id, kind, where)
        so_far.give_up()


def _once(batch: Sequence[RawExchange]) -> list[RawExchange]:
    return list({str(raw.id): raw for raw in batch}.values())


def _slices(batch: list[RawExchange]) -> Iterator[list[RawExchange]]:
    part: list[RawExchange] = []
    held = 0
    for raw in batch:
        size = _held(raw)
        if part and held + size > _SLICE_BYTES:
            yield part
            part, held = [], 0
        part.append(raw)
        held += size
    if part:
        yield part


def _held(raw: RawExchange) -> int:
    bodies = (raw.request, raw.answer, raw.tunnel_up, raw.tunnel_down)
    return sum(len(data) for body in bodies for _, data in body.chunks)
