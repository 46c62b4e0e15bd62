"""The store: one SQLite file, one writer, any number of readers."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import apsw

from lunaroute.errors import StoreError
from lunaroute.store import _news, _read, _search, _sessions, _stats
from lunaroute.store._cells import Cells
from lunaroute.store._connect import (
    connect_memory,
    connect_reader,
    connect_writer,
    explained,
)
from lunaroute.store._costs import Costs
from lunaroute.store._imports import Imports
from lunaroute.store._pruning import Pruning
from lunaroute.store._query import Query, parse_query
from lunaroute.store._rebuilding import Rebuilding
from lunaroute.store._rows import (
    ExchangeRow,
    Hit,
    JsonlFile,
    SessionRow,
    StoredCall,
    StoredText,
)
from lunaroute.store._search import Sort
from lunaroute.store._sessions import (
    Place,
    SessionFilter,
    SessionPage,
    SessionSort,
    StoredTurn,
)
from lunaroute.store._short_id import short_id, split_short_id
from lunaroute.store._stats import (
    StatsBy,
    StatsFilter,
    StoredSums,
    StoredTimes,
    StoredToolTime,
)
from lunaroute.store._write import Batch, transaction

# Of ids that a beginning may mean, so many are named.
_CANDIDATES = 5


def open_store(path: Path, *, writer: bool, durable: bool = True) -> "Store":
    """Opens the store at ``path``; a writer makes it where there is none.

    What a ``durable`` writer commits survives a loss of power.
    """
    connection = connect_writer(path, durable) if writer else connect_reader(path)
    return Store(connection, path)


def memory_store() -> "Store":
    """An empty one for writing, which ends with the process."""
    return Store(connect_memory(), Path(":memory:"))


class Store:
    """An open store. Any thread may use it, one at a time."""

    __slots__ = ("_connection", "path")

    def __init__(self, connection: apsw.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file; a second time does nothing."""
        with explained(self.path):
            self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[Batch]:
        """One transaction: committed when the block ends, undone when it raises."""
        with explained(self.path), transaction(self._connection):
            yield Batch(self._connection)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """What is read in this block is all of one moment."""
        with explained(self.path):
            self._connection.execute("BEGIN")
        try:
            yield
        finally:
            with explained(self.path):
                self._connection.execute("ROLLBACK")

    def forget_oldest(self, kept: int) -> int:
        """Deletes all but so many exchanges, the newest; returns how many it were."""
        with explained(self.path), transaction(self._connection):
            return _stats.forget_oldest(self._connection, kept)

    @property
    def imports(self) -> Imports:
        """What was imported; its writing methods belong inside ``writing``."""
        return Imports(self._connection)

    @property
    def pruning(self) -> Pruning:
        """What takes rows out and gives the room back, in steps."""
        return Pruning(self._connection, self.path)

    @property
    def rebuilding(self) -> Rebuilding:
        """What is there of exchanges that are made again; for use in ``writing``."""
        return Rebuilding(self._connection)

    @property
    def costs(self) -> Costs:
        """The costs of what is recorded; its writing method belongs in ``writing``."""
        return Costs(self._connection)

    @property
    def cells(self) -> Cells:
        """Every place that holds words; its writing methods are transactions."""
        return Cells(self._connection, self.path)

    def install_key(self) -> bytes:
        """The secret that keys this store's hashes."""
        with explained(self.path):
            return _read.install_key(self._connection)

    def newest_files(self, days: int) -> tuple[JsonlFile, ...]:
        """The JSONL files of the last ``days`` days that have any."""
        with explained(self.path):
            return _read.newest_files(self._connection, days)

    def announce(self, files: Iterable[JsonlFile]) -> None:
        """Notes files that are about to be appended to, where they are not known."""
        with self.writing() as batch:
            for file in files:
                if batch.offset(file.path) is None:
                    batch.set_offset(file)

    def search(
        self, query: Query | str, limit: int, sort: Sort = Sort.BEST
    ) -> tuple[Hit, ...]:
        """The texts that ``query`` asks for; a StoreError where it was refused."""
        if isinstance(query, str):
            query = parse_query(query)
        if query.refusal is not None:
            raise StoreError(query.refusal)
        with explained(self.path):
            return _search.search(self._connection, query, limit, sort)

    def has_texts(self) -> bool:
        """Whether there is anything to search."""
        with explained(self.path):
            return _search.has_texts(self._connection)

    def list_sessions(self, limit: int) -> tuple[SessionRow, ...]:
        """The sessions that were active last, newest first."""
        with explained(self.path):
            return _read.list_sessions(self._connection, limit)

    def get_session(self, session_id: str) -> SessionRow:
        """The session of this id, or of the only id that begins so."""
        # An argument of the command line may hold what no database can.
        wanted = session_id.encode("utf-8", "replace").decode("utf-8")
        with explained(self.path):
            found = _read.one_session(self._connection, wanted)
            if found is not None:
                return found
            ids = _read.session_ids(self._connection, wanted, limit=_CANDIDATES + 1)
            if len(ids) == 1 and wanted:
                found = _read.one_session(self._connection, ids[0])
        if found is not None:
            return found
        if len(ids) > 1 and wanted:
            raise ambiguous("session", wanted, ids)
        raise StoreError(f"there is no session {wanted!r} in {self.path}")

    def exchanges(self, session_id: str) -> tuple[ExchangeRow, ...]:
        """All exchanges of a session in the order they began."""
        with explained(self.path):
            return _read.exchanges(self._connection, session_id)

    def get_exchange(self, exchange_id: str) -> ExchangeRow:
        """The exchange of this id, of its short form, or of the only id that begins so.

        The StoreError for a beginning of several names them.
        """
        wanted = exchange_id.encode("utf-8", "replace").decode("utf-8")
        with explained(self.path):
            found = _read.one_exchange(self._connection, wanted)
            if found is not None:
                return found
            begin, end = split_short_id(wanted)
            ids = wanted and _read.exchange_ids(
                self._connection, begin, end, limit=_CANDIDATES + 1
            )
            if len(ids) == 1:
                found = _read.one_exchange(self._connection, ids[0])
        if found is not None:
            return found
        if ids:
            # Where the short forms are the same only whole ones tell them apart.
            shown = list(ids) if end else [short_id(each) for each in ids]
            raise ambiguous("request", wanted, shown)
        raise StoreError(f"there is no request {wanted!r} in {self.path}")

    def exchange_of(self, session_id: str, exchange_id: str) -> ExchangeRow | None:
        """The exchange of exactly this id, if it is of exactly this session."""
        wanted = exchange_id.encode("utf-8", "replace").decode("utf-8")
        with explained(self.path):
            found = _read.one_exchange(self._connection, wanted)
        return found if found is not None and found.session_id == session_id else None

    def newest(self) -> int:
        """The number of the exchange that was added last; 0 where there is none."""
        with explained(self.path):
            return _news.newest(self._connection)

    def begun_after(
        self, number: int, limit: int
    ) -> tuple[tuple[int, ExchangeRow], ...]:
        """The exchanges with higher numbers and these, imported ones left out."""
        with explained(self.path):
            return _news.begun_after(self._connection, number, limit)

    def over(self, ids: Collection[str]) -> tuple[ExchangeRow | str, ...]:
        """Those of ``ids`` that are not under way any more; ids of those gone."""
        with explained(self.path):
            return _news.over(self._connection, ids)

    def pieces(self, exchange_id: str, first: int) -> tuple[tuple[int, str, str], ...]:
        """Number, kind and text of what has come of an answer, from piece ``first``."""
        with explained(self.path):
            return _news.pieces(self._connection, exchange_id, first)

    def brought(
        self, exchange_id: str
    ) -> tuple[tuple[StoredText, ...], tuple[StoredCall, ...]]:
        """The texts and calls of one exchange; of calls not what came back."""
        with explained(self.path):
            return _news.brought(self._connection, exchange_id)

    def jsonl_paths(self, name: str) -> tuple[Path, ...]:
        """Where the JSONL file ``name`` of an exchange's row was written."""
        with explained(self.path):
            return tuple(map(Path, _read.jsonl_paths(self._connection, name)))

    def texts(self, session_id: str) -> tuple[StoredText, ...]:
        """All texts of a session, each once."""
        with explained(self.path):
            return _read.texts(self._connection, session_id)

    def tool_calls(self, session_id: str) -> tuple[StoredCall, ...]:
        """All tool calls of a session with what came back for them."""
        with explained(self.path):
            return _read.tool_calls(self._connection, session_id)

    def session_page(
        self,
        wanted: SessionFilter,
        sort: SessionSort = SessionSort.NEWEST,
        limit: int = 50,
        after: Place | None = None,
    ) -> SessionPage:
        """A page of the sessions that are wanted; a StoreError where the text search
        was refused.
        """
        if wanted.text is not None and wanted.text.refusal is not None:
            raise StoreError(wanted.text.refusal)
        with explained(self.path):
            return _sessions.session_page(self._connection, wanted, sort, limit, after)

    def session_values(self, session_id: str) -> dict[str, Any] | None:
        """The view's whole row of exactly this session, with ``metadata``."""
        with explained(self.path):
            rows = _sessions.session_rows(self._connection, [session_id])
        return rows[0] if rows else None

    def turns(self, session_id: str) -> tuple[StoredTurn, ...]:
        """A session's exchanges in numbers, in the order they began."""
        with explained(self.path):
            return _sessions.turns(self._connection, session_id)

    def sums(
        self, wanted: StatsFilter, by: StatsBy | None = None
    ) -> tuple[StoredSums, ...]:
        """The sums of the exchanges that are wanted: one row for each key of ``by``;
        without it, and of tools, a single row, of nothing as well.
        """
        with explained(self.path):
            return _stats.sums(self._connection, wanted, by)

    def times(
        self, wanted: StatsFilter, by: StatsBy | None = None
    ) -> tuple[StoredTimes, ...]:
        """The times of those that went out and have ended, with their keys."""
        with explained(self.path):
            return _stats.times(self._connection, wanted, by)

    def tool_times(
        self, wanted: StatsFilter, by: StatsBy | None = None
    ) -> tuple[StoredToolTime, ...]:
        """The tool calls that they asked for, with their keys."""
        with explained(self.path):
            return _stats.tool_times(self._connection, wanted, by)


def ambiguous(what: str, wanted: str, ids: Sequence[str]) -> StoreError:
    """The error that a beginning means several of ``ids``, of which it names some."""
    named = ", ".join(map(repr, ids[:_CANDIDATES]))
    more = ", ..." if len(ids) > _CANDIDATES else ""
    return StoreError(f"more than one {what} begins with {wanted!r}: {named}{more}")
