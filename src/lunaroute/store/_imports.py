"""What was brought in from elsewhere: which files, which exchanges, whose sessions."""

import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass

import apsw

# `listener` of a row that no listener of ours heard begins so.
IMPORT = "import:"


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """A source as it was when it was read; ``rows`` is how many exchanges it gave."""

    path: str
    size: int
    mtime_ns: int
    kind: str
    rows: int


class Imports:
    """Get one from ``Store.imports``."""

    __slots__ = ("_connection",)

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def file(self, path: str) -> ImportedFile | None:
        """The file as it was imported last; None if it never was."""
        statement = (
            "SELECT path, size, mtime_ns, kind, rows FROM imported_files WHERE path = ?"
        )
        for row in self._connection.execute(statement, (path,)):
            return ImportedFile(*row)
        return None

    def session_of(self, exchange_id: str) -> tuple[str, bool] | None:
        """The session of a known exchange, and whether it was imported."""
        statement = "SELECT session_id, listener FROM exchanges WHERE id = ?"
        for session_id, listener in self._connection.execute(statement, (exchange_id,)):
            return str(session_id), str(listener or "").startswith(IMPORT)
        return None

    def was_heard(self, session_id: str) -> bool:
        """Whether the session has exchanges that the proxy itself recorded."""
        statement = (
            "SELECT 1 FROM exchanges WHERE session_id = ?"
            " AND ifnull(listener, '') NOT LIKE 'import:%' LIMIT 1"
        )
        return self._connection.execute(statement, (session_id,)).get is not None

    def has_session(self, session_id: str) -> bool:
        """Whether there is anything at all of the session."""
        statement = "SELECT 1 FROM exchanges WHERE session_id = ? LIMIT 1"
        return self._connection.execute(statement, (session_id,)).get is not None

    def note(self, file: ImportedFile) -> None:
        """Remembers that the file was read whole."""
        statement = "INSERT OR REPLACE INTO imported_files VALUES (?, ?, ?, ?, ?)"
        self._connection.execute(statement, astuple(file))

    def forget(self, exchange_ids: Iterable[str]) -> None:
        """Takes exchanges out, to be brought in again as their file now tells them."""
        self._connection.execute(
            "DELETE FROM exchanges WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(exchange_ids)),),
        )
