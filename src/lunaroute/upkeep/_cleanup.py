"""Retention: what is too old or too much goes, what is old is compressed."""

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import zstandard

from lunaroute.store import Store
from lunaroute.upkeep import _clock as clock
from lunaroute.upkeep._compression import compress, compressed_path
from lunaroute.upkeep._forgetting import forget_tokens, note_tokens
from lunaroute.upkeep._pieces import Piece, find_pieces
from lunaroute.upkeep._plan import (
    Plan,
    excess_pieces,
    expired_pieces,
    make_plan,
    pieces_to_compress,
    total_bytes,
)
from lunaroute.upkeep._removal import give_back, remove_piece
from lunaroute.upkeep._site import Site, opened

# How much of a database is whose is an estimate: of more than this share of the limit
# only half goes before it is measured again.
_SURE = 0.05


@dataclass(frozen=True, slots=True)
class Item:
    """``what`` is ``age``, ``size`` or ``compress``; without a ``name`` it is the rows
    of a day that stand in no file.
    """

    what: str
    day: str
    name: str
    bytes: int
    exchanges: int


@dataclass(slots=True)
class Cleaned:
    """What was done, or would be; ``stopped`` says why nothing was."""

    dry_run: bool
    items: list[Item] = field(default_factory=list)
    bytes_before: int = 0
    bytes_after: int | None = None
    max_bytes: int | None = None
    warnings: list[str] = field(default_factory=list)
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class _State:
    pieces: list[Piece]
    database: int
    newest: date | None

    @property
    def total(self) -> int:
        return total_bytes(self.pieces, self.database)


def clean_up(
    site: Site,
    *,
    dry_run: bool = False,
    trust_clock: bool = False,
    now: Callable[[], clock.Moment] = clock.now,
) -> Generator[str, None, Cleaned]:
    """Does a bounded piece of work between two yields, which say what is being done.

    Raises StoreError. A file that cannot be deleted or compressed is named and stays.
    """
    moment = now()
    today = _local(moment.wall)
    done = Cleaned(dry_run, max_bytes=site.limits.max_bytes)
    with opened(site, writer=not dry_run) as store:
        yield "looking at what is there"
        state = _look(site, store)
        done.bytes_before = done.bytes_after = state.total
        done.stopped = _doubt(
            site, state, moment, trust=trust_clock, dry_run=dry_run
        ) or ("" if state.newest else "nothing has been recorded yet")
        if done.stopped or state.newest is None:
            return done
        if dry_run:
            plan = make_plan(
                state.pieces, state.database, site.limits, state.newest, today
            )
            done.items += _planned(plan)
            done.bytes_after = None
            return done
        work = _Work(site, store, done)
        yield from work.remove(
            "age", expired_pieces(state.pieces, site.limits, state.newest)
        )
        yield from work.compress(
            pieces_to_compress(
                _look(site, store).pieces, site.limits, state.newest, today
            )
        )
        yield from work.shrink(min(state.newest, today))
        if store is not None:
            yield from _forgotten(site, store, done)
            if store.pruning.owes_room():  # somebody was stopped in the middle
                for _ in give_back(store):
                    yield "giving the room back"
            store.pruning.empty_log()
        done.bytes_after = _look(site, store).total
    return done


def _forgotten(site: Site, store: Store, done: Cleaned) -> Iterator[str]:
    try:
        for _ in forget_tokens(site, store):
            yield "looking for tokens"
    except (OSError, zstandard.ZstdError) as error:
        done.warnings.append(
            f"{site.home / 'vault.db'} keeps more than it has to: {error}"
        )


class _Work:
    """One run: what it does it notes in ``done``."""

    def __init__(self, site: Site, store: Store | None, done: Cleaned) -> None:
        self._site = site
        self._store = store
        self._done = done
        self._stuck: set[str] = set()

    def remove(self, what: str, pieces: Iterable[Piece]) -> Generator[str, None, None]:
        removed = 0
        for piece in pieces:
            words = f"deleting {piece.name or piece.day.isoformat()}"
            yield words
            try:
                for _ in note_tokens(self._site, self._store, piece.paths):
                    yield words
                for _ in remove_piece(piece, self._store):
                    yield words
            except OSError as error:
                self._complain(piece, error)
                continue
            _note(self._done.items, _item(what, piece))
            removed += 1
        if removed and self._store is not None:
            for _ in give_back(self._store):
                yield "giving the room back"
            if not self._store.pruning.can_shrink():
                self._done.warnings.append(
                    f"{self._site.database} was made without incremental vacuum: its"
                    " free pages are used again, but the file does not shrink"
                )

    def compress(self, pieces: Iterable[Piece]) -> Generator[str, None, None]:
        for piece in pieces:
            plain = piece.plain
            if plain is None:
                continue
            try:
                for _ in compress(plain):
                    yield f"compressing {piece.name}"
                size = compressed_path(plain).stat().st_size
            except OSError as error:
                self._complain(piece, error)
                continue
            saved = max(0, piece.size - size)
            self._done.items.append(
                Item("compress", piece.day.isoformat(), piece.name, saved, 0)
            )

    def shrink(self, protected: date) -> Generator[str, None, None]:
        """Until the size is below its limit, or nothing is left that may go."""
        limit = self._site.limits.max_bytes
        while limit is not None:
            state = _look(self._site, self._store)
            left = [each for each in state.pieces if each.name not in self._stuck]
            excess = excess_pieces(left, state.database, self._site.limits, protected)
            if not excess:
                if state.total > limit:
                    self._done.warnings.append(
                        f"{state.total} bytes are kept, more than the limit of {limit}:"
                        " the rest is of the last day, or could not be deleted"
                    )
                return
            if state.total - limit > limit * _SURE:
                excess = excess[: (len(excess) + 1) // 2]
            yield from self.remove("size", excess)

    def _complain(self, piece: Piece, error: OSError) -> None:
        self._stuck.add(piece.name)
        reason = f"{error.strerror}: {error.filename}" if error.strerror else str(error)
        self._done.warnings.append(f"{piece.name}: {reason}")


def _look(site: Site, store: Store | None) -> _State:
    pieces = find_pieces(site.directory, store)
    database = store.pruning.used_bytes() if store else 0
    days = [piece.day for piece in pieces if piece.paths]
    newest = store.pruning.newest() if store else None
    if newest is not None:
        days.append(_local(newest / 1_000_000))
    return _State(pieces, database, max(days, default=None))


def _doubt(
    site: Site, state: _State, moment: clock.Moment, *, trust: bool, dry_run: bool
) -> str:
    """Why the clock cannot be believed; empty if it can."""
    path = site.home / "clock.json"
    watch = clock.judge(clock.Watch() if trust else clock.recall(path), moment)
    if not dry_run:
        try:
            clock.remember(path, watch)
        except OSError as error:
            return f"{path}: {error.strerror or error}"
    newest = None
    if state.newest is not None:
        begun = datetime.combine(state.newest, datetime.min.time()).astimezone()
        newest = begun.timestamp()
    return watch.jumped or clock.from_the_future(newest, moment)


def _local(seconds: float) -> date:
    try:
        return datetime.fromtimestamp(seconds).astimezone().date()
    except (ValueError, OverflowError, OSError):
        return date.max


def _planned(plan: Plan) -> list[Item]:
    items: list[Item] = []
    for what, pieces in (
        ("age", plan.expired),
        ("size", plan.excess),
        ("compress", plan.compress),
    ):
        for piece in pieces:
            _note(items, _item(what, piece))
    return items


def _note(items: list[Item], item: Item) -> None:
    """Adds it; the rows of a day that stand in no file are one, in however many parts
    they went.
    """
    if items and not item.name:
        last = items[-1]
        if (last.what, last.day, last.name) == (item.what, item.day, ""):
            exchanges = last.exchanges + item.exchanges
            items[-1] = replace(last, exchanges=exchanges)
            return
    items.append(item)


def _item(what: str, piece: Piece) -> Item:
    return Item(what, piece.day.isoformat(), piece.name, piece.size, piece.exchanges)
