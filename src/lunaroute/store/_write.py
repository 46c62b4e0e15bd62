"""Writes batches: one transaction, a savepoint for each exchange.

A row that the database refuses is replaced by a minimal one with the reason; trouble
with the disk or the file ends the whole batch, which can be written again.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from operator import attrgetter

import apsw

from lunaroute.store import _open
from lunaroute.store._durations import durations_of
from lunaroute.store._rows import (
    Abandoned,
    ExchangeRow,
    Heard,
    JsonlFile,
    OpenRow,
    Prepared,
    TextRow,
    ToolResultRow,
)

_COLUMNS = [column.name for column in fields(ExchangeRow)]
# Not `astuple`, which copies every value deeply and takes ten times as long.
_VALUES = attrgetter(*_COLUMNS)
_INSERT_EXCHANGE = (
    f"INSERT INTO exchanges ({', '.join(_COLUMNS)})"  # noqa: S608 - our own names
    f" VALUES ({', '.join('?' * len(_COLUMNS))})"
)
# A history comes back with every turn: the parts are of those that are new alone.
_INSERT_TEXT = """
INSERT INTO texts (session_id, exchange_id, ordinal, kind, role, text, hash, parts)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, identifier_parts(?6)
WHERE NOT EXISTS (SELECT 1 FROM texts WHERE session_id = ?1 AND hash = ?7)
"""
# Of a long history many are asked for at once.
_MANY = 8
_ASKED_AT_ONCE = 64
_KNOWN_TEXTS = f"""
SELECT hash FROM texts
WHERE session_id = ? AND hash IN ({", ".join("?" * _ASKED_AT_ONCE)})
"""  # noqa: S608 - question marks alone
_INSERT_CALL = """
INSERT INTO tool_calls (exchange_id, ordinal, session_id, call_id, name, arguments,
  mcp_server, mcp_tool)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_FILE = """
INSERT OR IGNORE INTO tool_files (exchange_id, ordinal, session_id, path)
VALUES (?, ?, ?, ?)
"""
# History brings a result back with every turn; only the first one is news.
_FILL_RESULT = """
UPDATE tool_calls SET result_exchange_id = ?, result_bytes = ?, result_is_error = ?,
  client_us = ?,
  result_text_id = (SELECT id FROM texts WHERE session_id = ? AND hash = ?)
WHERE session_id = ? AND call_id = ? AND result_exchange_id IS NULL
"""
# The plus keeps SQLite from the index of results, which names those of all sessions.
_WAITING_CALLS = """
SELECT call_id FROM tool_calls
WHERE session_id = ? AND +result_exchange_id IS NULL
"""
_CALLS_OF_RESULT = """
SELECT rowid, name FROM tool_calls WHERE result_exchange_id = ? ORDER BY rowid
"""
_TIME_CALL = "UPDATE tool_calls SET client_us = ? WHERE rowid = ?"
# A body that is sent again after an answer is no retry.
_EARLIER_TRIES = """
SELECT count(*) FROM exchanges
WHERE session_id = ?1 AND request_hash = ?2 AND started_at < ?3
  AND outcome NOT IN ('answered', 'open') AND started_at > ifnull((
    SELECT max(started_at) FROM exchanges
    WHERE session_id = ?1 AND request_hash = ?2 AND started_at < ?3
      AND outcome = 'answered'), -1)
"""
_SET_OFFSET = """
INSERT INTO jsonl_files (path, day, offset) VALUES (?, ?, ?)
ON CONFLICT (path) DO UPDATE SET offset = excluded.offset
"""

# What a value can be wrong about. All other errors are the file's or the disk's.
_BAD_VALUE = (
    apsw.ConstraintError,
    apsw.MismatchError,
    apsw.RangeError,
    apsw.TooBigError,
    OverflowError,
    TypeError,
    ValueError,
)


@contextmanager
def transaction(connection: apsw.Connection) -> Iterator[None]:
    """Begins with the write lock in hand; commits, or takes everything back."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A full disk makes SQLite roll back by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def erasing(connection: apsw.Connection) -> Iterator[None]:
    """A transaction that overwrites what it takes out of the file."""
    connection.execute("PRAGMA secure_delete = ON")
    try:
        with transaction(connection):
            yield
    finally:
        connection.execute("PRAGMA secure_delete = FAST")


def owe_room(connection: apsw.Connection) -> None:
    """Notes, in the transaction that takes it out, that something has to be taken out
    of the search index and the log, too.
    """
    connection.execute("INSERT OR IGNORE INTO meta VALUES ('room_owed', '1')")


class Batch:
    """A transaction in progress; get one from ``Store.writing``."""

    __slots__ = ("_connection",)

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def known(self, ids: Iterable[str]) -> set[str]:
        """Those of ``ids`` that are recorded already, to their end."""
        statement = (
            "SELECT id FROM exchanges WHERE id IN (SELECT value FROM json_each(?))"
            " AND outcome <> 'open'"
        )
        found = self._connection.execute(statement, (json.dumps(list(ids)),))
        return {str(row[0]) for row in found}

    def opened(self, ids: Iterable[str]) -> dict[str, OpenRow]:
        """Those of ``ids`` that are recorded as under way."""
        return _open.opened(self._connection, ids)

    def abandoned(
        self, living: Collection[str] | None, lost: Collection[str]
    ) -> tuple[Abandoned, ...]:
        """What is under way by the record alone: the ids in ``lost`` and, unless
        ``living`` is None, those that are not in it and begin with none of its names
        that end with a hyphen.
        """
        return _open.abandoned(self._connection, living, lost)

    def hear(self, heard: Heard) -> None:
        """Adds what has come of an answer to its open row."""
        _open.hear(self._connection, heard)

    def finish(self, record: Prepared, *, keeps_request: bool = False) -> str | None:
        """The open row becomes this one; returns a problem as ``add`` does.

        With ``keeps_request`` what the row says of the request stays.
        """
        row = record.exchange
        try:
            with self._connection:
                counted = self._counted(row)
                _open.finish(self._connection, counted, keeps_request=keeps_request)
                self._insert_texts(record)
        except _BAD_VALUE as error:
            problem = _refused(error)
            with self._connection:
                outcome, why = row.outcome, _plain(problem)
                _open.finish_barely(self._connection, row.id, outcome, why)
            return problem
        return None

    def offset(self, path: str) -> int | None:
        """How far the JSONL file at ``path`` is acknowledged; None if unknown."""
        statement = "SELECT offset FROM jsonl_files WHERE path = ?"
        value = self._connection.execute(statement, (path,)).get
        assert value is None or isinstance(value, int)
        return value

    def add(self, record: Prepared) -> str | None:
        """Adds one exchange; returns why it stands there as a minimal row, if so."""
        try:
            with self._connection:
                self._insert(record)
        except _BAD_VALUE as error:
            problem = _refused(error)
            with self._connection:
                self._insert(Prepared(_minimal(record.exchange, problem)))
            return problem
        return None

    def set_offset(self, file: JsonlFile) -> None:
        """Acknowledges a JSONL file up to ``file.offset``."""
        self._connection.execute(_SET_OFFSET, (file.path, file.day, file.offset))

    def _insert(self, record: Prepared) -> None:
        row = self._counted(record.exchange)
        self._connection.execute(_INSERT_EXCHANGE, _VALUES(row))
        self._insert_texts(record)

    def _insert_texts(self, record: Prepared) -> None:
        """Texts and tools; those that stand there already are passed over."""
        run = self._connection.execute
        row = record.exchange
        for text in self._new_texts(row.session_id, record.texts):
            values = (text.ordinal, text.kind, text.role, text.text, text.hash)
            run(_INSERT_TEXT, (row.session_id, row.id, *values))
        for call in record.calls:
            asked = (call.call_id, call.name, call.arguments)
            mcp = (call.mcp_server, call.mcp_tool)
            place = (row.id, call.ordinal, row.session_id)
            run(_INSERT_CALL, (*place, *asked, *mcp))
            for path in call.files:
                run(_INSERT_FILE, (*place, path))
        for result in self._new_results(row.session_id, record.results):
            brought = (row.id, result.size, result.is_error, result.duration_us)
            text_row = (row.session_id, result.text_hash)
            run(_FILL_RESULT, (*brought, *text_row, row.session_id, result.call_id))

        self._time_tools(row.id, record.durations)

    def _new_texts(
        self, session_id: str, texts: Sequence[TextRow]
    ) -> Sequence[TextRow]:
        """Of many texts those that the session does not have; few are all given."""
        if len(texts) < _MANY:
            return texts
        known: set[bytes] = set()
        for at in range(0, len(texts), _ASKED_AT_ONCE):
            asked = [text.hash for text in texts[at : at + _ASKED_AT_ONCE]]
            asked += asked[-1:] * (_ASKED_AT_ONCE - len(asked))
            found = self._connection.execute(_KNOWN_TEXTS, (session_id, *asked))
            known.update(bytes(row[0]) for row in found)
        return [text for text in texts if text.hash not in known]

    def _new_results(
        self, session_id: str, results: Sequence[ToolResultRow]
    ) -> Sequence[ToolResultRow]:
        """Of many results those that a call waits for; few are all given."""
        if len(results) < _MANY:
            return results
        found = self._connection.execute(_WAITING_CALLS, (session_id,))
        waiting = {row[0] for row in found}
        return [result for result in results if result.call_id in waiting]

    def _time_tools(self, id_: str, told: Sequence[tuple[str, int]]) -> None:
        """The client's own times, for the calls whose results this exchange brought."""
        if not told:
            return
        found = self._connection.execute(_CALLS_OF_RESULT, (id_,)).fetchall()
        times = durations_of([str(name) for _, name in found], told)
        for time, (rowid, _) in zip(times, found, strict=True):
            if time is not None:
                self._connection.execute(_TIME_CALL, (time, rowid))

    def _counted(self, row: ExchangeRow) -> ExchangeRow:
        if row.request_hash is None:
            return row
        sent = (row.session_id, row.request_hash, row.started_at)
        earlier = self._connection.execute(_EARLIER_TRIES, sent).get
        assert isinstance(earlier, int)
        return replace(row, retry=earlier) if earlier != row.retry else row


def _refused(error: Exception) -> str:
    return f"not recorded in full: {type(error).__name__}: {error}"


def _minimal(row: ExchangeRow, problem: str) -> ExchangeRow:
    """The facts without which a row says nothing, all of a kind that cannot fail."""
    return ExchangeRow(
        id=row.id,
        session_id=_plain(row.session_id),
        started_at=row.started_at,
        outcome=row.outcome,
        endpoint=row.endpoint,
        dialect=row.dialect,
        problem=_plain(problem),
    )


def _plain(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
