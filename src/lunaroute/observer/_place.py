"""An open recorder, and whether its database is still where it was."""

import os
from collections.abc import Sequence
from pathlib import Path

from lunaroute.link import RawExchange
from lunaroute.observer._options import ObserverOptions
from lunaroute.recording import RecordedBatch, Recorder
from lunaroute.store import open_store


class Place:
    """Opened where the options say. Raises StoreError or OSError."""

    def __init__(self, options: ObserverOptions) -> None:
        self._path = options.sqlite_path
        self._store = None
        if self._path is not None:
            self._store = open_store(self._path, writer=True)
        self._identity = _identity(self._path)
        self._recorder = Recorder(options.jsonl_directory, self._store)

    def record(self, batch: Sequence[RawExchange]) -> RecordedBatch:
        """See :meth:`Recorder.record`."""
        return self._recorder.record(batch)

    def is_in_place(self) -> bool:
        """False once the file was moved, deleted or replaced: what is written to it
        now, nobody would find.
        """
        return _identity(self._path) == self._identity

    def close(self) -> None:
        if self._store is not None:
            self._store.close()


def _identity(path: Path | None) -> tuple[int, int] | None:
    if path is None:
        return None
    try:
        status = os.stat(path)  # noqa: PTH116 - the pair below is what is wanted
    except OSError:
        return None
    return status.st_dev, status.st_ino
