"""Brings sources into the store: a few files a transaction, nothing twice."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import orjson

from lunaroute.importing._claude_code import read_claude_code
from lunaroute.importing._codex import read_codex
from lunaroute.importing._database import read_database
from lunaroute.importing._events import read_earlier_events, read_own_events
from lunaroute.importing._lines import Lines
from lunaroute.importing._source import Kind, Source
from lunaroute.importing._turn import Turn, prepare_turn, redacted_turn
from lunaroute.pii import Redactor
from lunaroute.store import Batch, ImportedFile, Imports, Store

_READERS: dict[Kind, Callable[[Lines], Iterator[Turn]]] = {
    Kind.CLAUDE_CODE: read_claude_code,
    Kind.CODEX: read_codex,
    Kind.DATABASE: lambda lines: read_database(lines.path),
    Kind.LUNAROUTE: read_own_events,
    Kind.EVENTS: read_earlier_events,
}
# So many of one file are committed at once.
_TURNS = 50
# Ids of our own exchanges tell by themselves what the proxy recorded already.
_TOLD_BY_ID = (Kind.LUNAROUTE,)


@dataclass(slots=True)
class Report:
    """What became of the files; ``exchanges`` are those that are new."""

    imported: int = 0
    skipped: int = 0
    failed: int = 0
    exchanges: int = 0
    known: int = 0
    bad_lines: int = 0
    recorded_sessions: set[str] = field(default_factory=set)
    messages: list[str] = field(default_factory=list)

    def fail(self, message: str) -> None:
        self.failed += 1
        self.messages.append(message)


@dataclass(slots=True)
class _Counts:
    new: int = 0
    known: int = 0
    told: int = 0
    seen: set[str] = field(default_factory=set)


class Importer:
    """``store`` is None where there is none yet, which a dry run leaves so.

    With ``skip_existing`` a session of which anything is in the store already is passed
    over; otherwise of a file that grew the exchanges that are new are added. Nothing
    that ``redactor`` replaces is written.
    """

    def __init__(
        self,
        store: Store | None,
        *,
        dry_run: bool = False,
        skip_existing: bool = False,
        continue_on_error: bool = True,
        batch_size: int = 10,
        redactor: Redactor | None = None,
    ) -> None:
        self._redactor = redactor
        self.report = Report()
        self._store = store
        self._dry_run = dry_run
        self._skip_existing = skip_existing
        self._continue_on_error = continue_on_error
        self._batch_size = batch_size
        self._key = store.install_key() if store else b""
        self._batch: Batch | None = None
        self._existing: dict[str, bool] = {}

    def run(self, sources: Sequence[Source], advance: Callable[[], None]) -> Report:
        """Reads the sources in order; ``advance`` is called after each."""
        for _ in self.steps(sources, advance):
            pass
        return self.report

    def steps(
        self, sources: Iterable[Source], advance: Callable[[], None]
    ) -> Iterator[None]:
        """The same, bit by bit: between two yields no transaction is open."""
        files = 0
        with ExitStack() as writing:
            for source in sources:
                if self.report.failed and not self._continue_on_error:
                    return
                if self._batch is None:
                    self._begin(writing)
                for _ in self._take(source):
                    self._commit(writing)
                    yield
                    self._begin(writing)
                advance()
                files += 1
                if files % self._batch_size == 0:
                    self._commit(writing)
                    yield
            self._commit(writing)

    def _begin(self, writing: ExitStack) -> None:
        if self._store is not None and not self._dry_run:
            self._batch = writing.enter_context(self._store.writing())

    def _commit(self, writing: ExitStack) -> None:
        writing.close()
        self._batch = None

    @property
    def _imports(self) -> Imports | None:
        return self._store.imports if self._store else None

    def _take(self, source: Source) -> Iterator[None]:
        """Yields now and then, so that a long file is no long transaction."""
        path = str(source.path.absolute())
        if source.kind not in _READERS:
            self.report.fail(
                f"{source.path}: of no known kind; known are JSONL records,"
                " earlier SQLite files, transcripts of Claude Code and Codex"
            )
            return
        before = self._imports.file(path) if self._imports else None
        mark = (source.size, source.mtime_ns)
        if before is not None and (before.size, before.mtime_ns) == mark:
            self.report.skipped += 1
            return
        counts, lines = _Counts(), Lines(source.path)
        try:
            for turn in _READERS[source.kind](lines):
                self._add(turn, source.kind, counts, is_grown=before is not None)
                if not counts.told % _TURNS:
                    yield
        except (OSError, ValueError, orjson.JSONEncodeError) as error:
            self.report.fail(f"{source.path}: {error}")
            return
        finally:
            self._sum_up(counts, lines)
        if not counts.told and lines.bad:
            self.report.failed += 1
            return
        if counts.new:
            self.report.imported += 1
        else:
            self.report.skipped += 1
        if self._imports and not self._dry_run:
            rows = counts.new + (before.rows if before else 0)
            self._imports.note(ImportedFile(path, *mark, source.kind.value, rows))

    def _sum_up(self, counts: _Counts, lines: Lines) -> None:
        self.report.exchanges += counts.new
        self.report.known += counts.known
        self.report.bad_lines += len(lines.bad)
        self.report.messages += lines.bad

    def _add(self, turn: Turn, kind: Kind, counts: _Counts, *, is_grown: bool) -> None:
        counts.told += 1
        turn = redacted_turn(turn, self._redactor)
        if turn.id in counts.seen or self._is_passed_over(turn, kind):
            counts.known += 1
            return
        counts.seen.add(turn.id)
        known = self._imports.session_of(turn.id) if self._imports else None
        # The last answer of a transcript may have been half told when it was read.
        is_retold = is_grown and known == (turn.session_id, True)
        if known is not None and not is_retold:
            counts.known += 1
            return
        counts.new += known is None
        counts.known += known is not None
        if self._batch and self._imports:
            if is_retold:
                self._imports.forget([turn.id])
            self._write(self._batch, turn, kind)

    def _write(self, batch: Batch, turn: Turn, kind: Kind) -> None:
        if self._redactor is not None:
            self._redactor.settle()
        problem = batch.add(prepare_turn(turn, kind.value, self._key))
        if problem is not None:
            self.report.messages.append(f"session {turn.session_id}: {problem}")

    def _is_passed_over(self, turn: Turn, kind: Kind) -> bool:
        if self._imports is None or (kind in _TOLD_BY_ID and not self._skip_existing):
            return False
        session = turn.session_id
        if session not in self._existing:
            # Asked before anything of it is written in this run.
            heard = self._imports.was_heard(session)
            exists = self._skip_existing and self._imports.has_session(session)
            self._existing[session] = heard or exists
            if heard:
                self.report.recorded_sessions.add(session)
        return self._existing[session]
