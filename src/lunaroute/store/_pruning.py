"""Takes rows out and gives their room back to the disk, in steps of bounded length.

Each step is a transaction of its own, so that a recorder never waits for long.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import apsw

from lunaroute.store._connect import BUSY_TIMEOUT_MS, explained
from lunaroute.store._write import erasing, owe_room

# Pages of 4 kB: some 20 ms each on a slow machine.
_MERGED_PAGES = 250
_VACUUMED_PAGES = 500

# Readers are short; one that is not keeps its log, and nobody waits for it.
_LOG_TIMEOUT_MS = 50

_INCREMENTAL = 2

_FEW = """
DELETE FROM exchanges
WHERE seq IN (SELECT seq FROM exchanges WHERE {} {} LIMIT ?)
"""
_LAST = chr(0x10FFFF)
_SESSION = "SELECT session_id FROM exchanges WHERE session_id = ? LIMIT 1"
_SESSIONS = """
SELECT DISTINCT session_id FROM exchanges
WHERE session_id > ? AND session_id < ? LIMIT ?
"""
_SESSION_OF_AGENT = "SELECT session_id FROM exchanges WHERE agent = ? LIMIT 1"
_SESSION_NUMBERS = """
SELECT ifnull(max(seq), 0), count(*), ifnull(sum(outcome = 'open'), 0),
  count(DISTINCT agent)
FROM exchanges WHERE session_id = ?
"""
_SESSION_FILES = """
SELECT DISTINCT jsonl_file FROM exchanges
WHERE session_id = ? AND jsonl_file IS NOT NULL ORDER BY jsonl_file
"""
_LOOSE = "jsonl_file IS NULL AND ifnull(imported_at, started_at)"
_ENDED = "outcome <> 'open'"
_FILES = "SELECT day, path FROM jsonl_files ORDER BY day, path"
_COUNTS = """
SELECT jsonl_file, count(*) FROM exchanges
WHERE jsonl_file IS NOT NULL GROUP BY jsonl_file
"""
_OPEN_FILES = """
SELECT jsonl_file FROM exchanges WHERE outcome = 'open' AND jsonl_file IS NOT NULL
"""
_LOOSE_COUNTS = """
SELECT date(ifnull(imported_at, started_at) / 1000000, 'unixepoch', 'localtime') AS day,
  count(*)
FROM exchanges WHERE jsonl_file IS NULL GROUP BY day
"""
_NEWEST = """
SELECT max(
  ifnull((SELECT started_at FROM exchanges
    WHERE imported_at IS NULL ORDER BY started_at DESC LIMIT 1), 0),
  ifnull((SELECT max(imported_at) FROM exchanges WHERE jsonl_file IS NULL), 0))
"""


@dataclass(frozen=True, slots=True)
class SessionNumbers:
    """``last`` is the newest row, ``files`` are named ``DAY/NAME``."""

    last: int
    exchanges: int
    opened: int
    agents: int
    files: tuple[str, ...]


class Pruning:
    """Get one from ``Store.pruning``. What it deletes is overwritten, too."""

    __slots__ = ("_connection", "_path")

    def __init__(self, connection: apsw.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def files(self) -> tuple[tuple[str, str], ...]:
        """Day and path of every JSONL file that was written and not deleted."""
        return tuple((str(day), str(path)) for day, path in self._rows(_FILES))

    def counts(self) -> dict[str, int]:
        """How many exchanges stand in each file, by ``DAY/NAME``."""
        return {str(name): int(str(count)) for name, count in self._rows(_COUNTS)}

    def open_files(self) -> frozenset[str]:
        """The files in which an exchange stands that is still under way."""
        return frozenset(str(row[0]) for row in self._rows(_OPEN_FILES))

    def loose_counts(self) -> dict[str, int]:
        """How many exchanges that stand in no file are of each local day."""
        return {str(day): int(str(count)) for day, count in self._rows(_LOOSE_COUNTS)}

    def newest(self) -> int | None:
        """When the newest exchange began or was imported, in microseconds."""
        return int(str(self._rows(_NEWEST)[0][0])) or None

    def used_bytes(self) -> int:
        """The size of the database, free pages and log not counted."""
        pages = self._pragma("page_count") - self._pragma("freelist_count")
        return pages * self._pragma("page_size")

    def can_shrink(self) -> bool:
        """Whether free pages can be given back; else they are only used again."""
        return self._pragma("auto_vacuum") == _INCREMENTAL

    def delete_of_file(self, name: str, most: int) -> int:
        """Deletes some of the exchanges that stand in a file; returns how many.

        None that is under way.
        """
        return self._delete(f"jsonl_file = ? AND {_ENDED}", (name,), most)

    def delete_loose(self, day: str, most: int) -> int:
        """The same of those of a local day that stand in no file."""
        local = "CAST(strftime('%s', ?, 'utc') AS INTEGER) * 1000000"
        until = "CAST(strftime('%s', ?, '+1 day', 'utc') AS INTEGER) * 1000000"
        return self._delete(
            f"{_LOOSE} >= {local} AND {_LOOSE} < {until} AND {_ENDED}",
            (day, day),
            most,
            order="ORDER BY ifnull(imported_at, started_at)",
        )

    def sessions(self, begin: str, most: int) -> tuple[str, ...]:
        """The session of exactly this id, else those whose ids begin so."""
        found = self._rows(_SESSION, (begin,)) or self._rows(
            _SESSIONS, (begin, f"{begin}{_LAST}", most)
        )
        return tuple(str(row[0]) for row in found)

    def session_of_agent(self, agent: str) -> str | None:
        """The session below which a subagent of this id hangs."""
        found = self._rows(_SESSION_OF_AGENT, (agent,))
        return str(found[0][0]) if found else None

    def session_numbers(self, session_id: str) -> SessionNumbers:
        """How much there is of a session; nothing of one that there is not."""
        (row,) = self._rows(_SESSION_NUMBERS, (session_id,))
        last, exchanges, opened, agents = (int(str(value)) for value in row)
        names = self._rows(_SESSION_FILES, (session_id,))
        files = tuple(str(name) for (name,) in names)
        return SessionNumbers(last, exchanges, opened, agents, files)

    def delete_open(self, session_id: str) -> int:
        """Deletes a session's rows of exchanges under way, which are recorded anew when
        they have ended.
        """
        where = "session_id = ? AND outcome = 'open'"
        return self._delete(where, (session_id,), -1)

    def delete_of_session(self, session_id: str, last: int, most: int) -> int:
        """Deletes some of a session's exchanges, oldest first, up to row ``last``."""
        return self._delete(
            "session_id = ? AND seq <= ?",
            (session_id, last),
            most,
            order="ORDER BY seq",
        )

    def forget_file(self, name: str) -> None:
        """A file ``DAY/NAME`` that is gone has no offset any more."""
        with self._writing():
            self._connection.execute(
                "DELETE FROM jsonl_files"
                " WHERE day = ?1 AND substr(path, -length(?2)) = ?2",
                (name.partition("/")[0], f"/{name}"),
            )

    def owes_room(self) -> bool:
        """Whether something was taken out and not yet all of its traces, though its
        process may have died.
        """
        return bool(self._rows("SELECT 1 FROM meta WHERE key = 'room_owed'"))

    def gave_room(self) -> None:
        """All traces are gone."""
        with self._writing():
            self._connection.execute("DELETE FROM meta WHERE key = 'room_owed'")

    def owe_tokens(self, tokens: Iterable[str]) -> None:
        """Notes tokens that may be of nothing any more once what is deleted now is."""
        known = sorted({*self.owed_tokens(), *tokens})
        with self._writing():
            self._connection.execute(
                "INSERT OR REPLACE INTO meta VALUES ('tokens_owed', ?)",
                (json.dumps(known),),
            )

    def owed_tokens(self) -> frozenset[str]:
        """Those that were noted and not looked for yet."""
        found = self._rows("SELECT value FROM meta WHERE key = 'tokens_owed'")
        return frozenset(json.loads(str(found[0][0])) if found else ())

    def gave_tokens(self) -> None:
        """All of them were looked for."""
        with self._writing():
            self._connection.execute("DELETE FROM meta WHERE key = 'tokens_owed'")

    def merge_index(self, *, begin: bool = False) -> bool:
        """Rewrites a part of the search index without what was deleted; False when
        all of it is. ``begin`` the first time.
        """
        with self._writing():
            before = self._connection.total_changes()
            pages = -_MERGED_PAGES if begin else _MERGED_PAGES
            self._connection.execute(
                "INSERT INTO texts_index (texts_index, rank) VALUES ('merge', ?)",
                (pages,),
            )
            # SQLite's manual, FTS5 6.8: less than two changes mean that none was left.
            return self._connection.total_changes() - before >= 2

    def vacuum(self) -> bool:
        """Gives some free pages back; False when there are none, or it cannot."""
        if not self.can_shrink() or not self._pragma("freelist_count"):
            return False
        with self._writing():
            # Each row that is asked for is a page.
            for _ in self._connection.execute(
                f"PRAGMA incremental_vacuum({_VACUUMED_PAGES})"
            ):
                pass
        return self._pragma("freelist_count") > 0

    def empty_log(self) -> bool:
        """Writes the log into the database and cuts it; False while it is read."""
        with explained(self._path):
            self._connection.set_busy_timeout(_LOG_TIMEOUT_MS)
            try:
                row = next(
                    iter(self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"))
                )
            except apsw.BusyError:
                return False
            finally:
                self._connection.set_busy_timeout(BUSY_TIMEOUT_MS)
        return bool(row[0] == 0)

    def _delete(
        self, where: str, given: tuple[str | int, ...], most: int, order: str = ""
    ) -> int:
        with self._writing():
            self._connection.execute(_FEW.format(where, order), (*given, most))
            deleted = self._connection.changes()
            if deleted:
                owe_room(self._connection)
            return deleted

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with explained(self._path), erasing(self._connection):
            yield

    def _rows(
        self, statement: str, given: tuple[str | int, ...] = ()
    ) -> list[tuple[object, ...]]:
        with explained(self._path):
            return list(self._connection.execute(statement, given))

    def _pragma(self, name: str) -> int:
        with explained(self._path):
            value = self._connection.execute(f"PRAGMA {name}").get
        assert isinstance(value, int)
        return value
