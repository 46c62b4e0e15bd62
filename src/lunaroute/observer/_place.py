"""An open recorder, and whether its database is still where it was."""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from lunaroute.errors import DamagedStore, StoreError
from lunaroute.link import RawExchange
from lunaroute.observer._options import ObserverOptions
from lunaroute.observer._running import Due
from lunaroute.recording import News, RecordedBatch, Recorder, redactor_of, vault_of
from lunaroute.store import Store, move_aside, open_store

log = logging.getLogger("lunaroute.observer")


class Place:
    """Opened where the options say. Raises StoreError or OSError.

    ``moved_aside`` is called when a damaged database has made room for a new one,
    ``remember`` with all that was recorded.
    """

    def __init__(
        self,
        options: ObserverOptions,
        moved_aside: Callable[[], None] = lambda: None,
        remember: Callable[[Sequence[News]], None] = lambda _: None,
    ) -> None:
        self._path = options.sqlite_path
        self._moved_aside = moved_aside
        self._remember = remember
        self._store = None
        if self._path is not None:
            self._store = self._opened(self._path, options.durable)
        self._identity = _identity(self._path)
        self._vault = vault_of(options.redaction, options.home)
        self._recorder = Recorder(
            options.jsonl_directory,
            self._store,
            durable=options.durable,
            labels=options.labels,
            redactor=redactor_of(options.redaction, options.home, self._vault),
        )

    def record(self, batch: Sequence[RawExchange]) -> RecordedBatch:
        """See :meth:`Recorder.record`. A damaged database is moved aside: given to
        another place, the same batch stands in a new one. The same holds for the
        others.
        """
        with self._moving_aside():
            done = self._recorder.record(batch)
        self._remember(done.news)
        return done

    def note(self, due: Due) -> tuple[News, ...]:
        """Commits what is due of exchanges that are under way; returns what of it has
        ended, as turns on WebSockets do.
        """
        news: list[News] = []
        with self._moving_aside():
            if due.begun:
                self._recorder.begin(due.begun)
            if due.heard:
                self._recorder.hear(due.heard)
            if due.sockets:
                news = self._recorder.follow(due.sockets)
            if due.lost or due.living is not None:
                self._recorder.abandon(due.living, due.lost)
        self._remember(news)
        return tuple(news)

    @contextmanager
    def _moving_aside(self) -> Iterator[None]:
        try:
            yield
        except DamagedStore:
            self.close()
            if self._path is not None and _give_up(self._path):
                self._moved_aside()
            raise

    def _opened(self, path: Path, durable: bool) -> Store:
        try:
            return open_store(path, writer=True, durable=durable)
        except DamagedStore:
            if not _give_up(path):
                raise
            store = open_store(path, writer=True, durable=durable)
        self._moved_aside()
        return store

    def is_in_place(self) -> bool:
        """False once the file was moved, deleted or replaced: what is written to it
        now, nobody would find.
        """
        return _identity(self._path) == self._identity

    def close(self) -> None:
        self._vault.close()
        if self._store is not None:
            with suppress(StoreError):  # what cannot be closed is not used any more
                self._store.close()


def _give_up(path: Path) -> bool:
    """Makes room for a new file where a damaged one stands; False if it must stay."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    aside = move_aside(path, stamp)
    if aside is None:
        return False
    log.warning("%s was damaged: it is %s now, and recording goes on", path, aside.name)
    return True


def _identity(path: Path | None) -> tuple[int, int] | None:
    if path is None:
        return None
    try:
        status = os.stat(path)  # noqa: PTH116 - the pair below is what is wanted
    except OSError:
        return None
    return status.st_dev, status.st_ino
