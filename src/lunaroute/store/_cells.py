"""Every place of the database that holds words of somebody's: read, and replaced.

What was there is overwritten (``secure_delete``), in the search index, too, once that
was merged (``Pruning.merge_index``).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import apsw

from lunaroute.store._connect import explained
from lunaroute.store._write import erasing, owe_room

# A page is read, redacted and replaced in one step: some 20 ms.
_PAGE = 40
_PAGE_LETTERS = 100_000

# By table: the columns that tell a row, and those that hold words.
_TABLES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "exchanges": (
        ("seq",),
        (
            *("session_id", "client_session_id", "agent", "parent_agent", "method"),
            *("path", "query", "client", "user_agent", "model_requested", "model_used"),
            *("stop_reason", "error_kind", "error_text", "vendor_usage", "problem"),
            *("request_headers", "answer_headers", "project", "metadata"),
            "service_tier",
        ),
    ),
    "texts": (("id",), ("text",)),
    "tool_calls": (
        ("exchange_id", "ordinal"),
        ("name", "arguments", "mcp_server", "mcp_tool"),
    ),
    "tool_files": (("exchange_id", "ordinal", "path"), ("path",)),
    "open_answers": (("exchange_id", "piece"), ("text",)),
}
# What names rows and files cannot be replaced without losing them.
_KEPT = {("exchanges", "session_id")}


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of one row. ``kind`` and ``role`` are those of a text."""

    table: str
    column: str
    key: tuple[int | str, ...]
    text: str
    kind: str = ""
    role: str = ""

    @property
    def is_kept(self) -> bool:
        """Whether it cannot be replaced."""
        return (self.table, self.column) in _KEPT


@dataclass(frozen=True, slots=True)
class NewCell:
    """``text`` for a cell, with its hash where it is a text of a conversation."""

    cell: Cell
    text: str
    hash: bytes = b""


class Cells:
    """Get one from ``Store.cells``."""

    __slots__ = ("_connection", "_path")

    def __init__(self, connection: apsw.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def pages(self) -> Iterator[list[Cell]]:
        """All cells that are not empty, some at a time."""
        for table, (key, columns) in _TABLES.items():
            more = ("kind", "role") if table == "texts" else ()
            after: tuple[int | str, ...] = ()
            while rows := self._rows(table, key, (*columns, *more), after):
                yield [
                    Cell(table, column, row[: len(key)], str(value), *map(str, about))
                    for row in rows
                    for about in [row[len(key) + len(columns) :]]
                    for column, value in zip(columns, row[len(key) :], strict=False)
                    if isinstance(value, str) and value
                ]
                after = rows[-1][: len(key)]

    def replace(self, cells: Sequence[NewCell]) -> None:
        """Puts the new texts there, all or none."""
        with self._writing():
            owe_room(self._connection)
            for new in cells:
                if new.cell.table == "texts":
                    self._replace_text(new)
                else:
                    self._replace(new)

    def offset(self, path: str) -> int | None:
        """How far the file at ``path`` is acknowledged; None if it is not known."""
        with explained(self._path):
            found = self._connection.execute(
                "SELECT offset FROM jsonl_files WHERE path = ?", (path,)
            ).get
        return found if isinstance(found, int) else None

    def replacing(self) -> Path | None:
        """The file in whose place another one has to come; None for none."""
        with explained(self._path):
            found = self._connection.execute(
                "SELECT value FROM meta WHERE key = 'replacing'"
            ).get
        return None if found is None else Path(str(found))

    def replaced(self) -> None:
        """It is in its place."""
        with self._writing():
            self._connection.execute("DELETE FROM meta WHERE key = 'replacing'")

    def relocate(
        self, name: str, path: str, size: int, at: Mapping[int, int], replacing: Path
    ) -> None:
        """A file ``DAY/NAME`` at ``path`` gets another ``size``: its line that began at
        ``key`` begins at ``at[key]`` then; the end of the last one is in it, too. Notes
        that it comes in the place of ``replacing``, the same file or its compressed
        form.
        """
        found = (
            "SELECT seq, jsonl_offset, jsonl_length FROM exchanges"
            " WHERE jsonl_file = ? AND jsonl_offset IS NOT NULL"
        )
        moved = "UPDATE exchanges SET jsonl_offset = ?, jsonl_length = ? WHERE seq = ?"
        with self._writing():
            run = self._connection.execute
            for seq, begin, length in list(run(found, (name,))):
                start, end = at.get(begin), at.get(begin + length)
                if start is not None and end is not None:
                    run(moved, (start, end - start, seq))
            run("UPDATE jsonl_files SET offset = ? WHERE path = ?", (size, path))
            run(
                "INSERT OR REPLACE INTO meta VALUES ('replacing', ?)", (str(replacing),)
            )

    def _replace(self, new: NewCell) -> None:
        table, column = new.cell.table, new.cell.column
        where = " AND ".join(f"{name} = ?" for name in _TABLES[table][0])
        self._connection.execute(
            # Two paths may have become one.
            f"UPDATE OR REPLACE {table} SET {column} = ? WHERE {where}",  # noqa: S608
            (new.text, *new.cell.key),
        )

    def _replace_text(self, new: NewCell) -> None:
        run = self._connection.execute
        (number,) = new.cell.key
        twin = run(
            "SELECT t.id FROM texts t JOIN texts o ON o.session_id = t.session_id"
            " WHERE o.id = ? AND t.hash = ? AND t.id <> o.id",
            (number, new.hash),
        ).get
        if twin is None:
            run(
                "UPDATE texts SET text = ?1, parts = identifier_parts(?1), hash = ?2"
                " WHERE id = ?3",
                (new.text, new.hash, number),
            )
            return
        # A session has a text once.
        run(
            "UPDATE tool_calls SET result_text_id = ? WHERE result_text_id = ?",
            (twin, number),
        )
        run("DELETE FROM texts WHERE id = ?", (number,))

    def _rows(
        self,
        table: str,
        key: tuple[str, ...],
        columns: tuple[str, ...],
        after: tuple[int | str, ...],
    ) -> list[tuple[int | str, ...]]:
        names = ", ".join(key)
        where = f"WHERE ({names}) > ({', '.join('?' * len(key))})" if after else ""
        statement = (
            f"SELECT {', '.join((*key, *columns))} FROM {table} {where}"  # noqa: S608
            f" ORDER BY {names} LIMIT {_PAGE}"
        )
        rows, letters = [], 0
        with explained(self._path):
            for row in self._connection.execute(statement, after):
                rows.append(row)
                letters += sum(len(value) for value in row if isinstance(value, str))
                if letters > _PAGE_LETTERS:
                    break
        return rows

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with explained(self._path), erasing(self._connection):
            yield
