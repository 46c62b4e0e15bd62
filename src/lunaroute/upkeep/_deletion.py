"""A session taken out of the record: its files, its rows, its words in the index."""

import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import zstandard

from lunaroute.errors import StoreError
from lunaroute.recording import name_session
from lunaroute.store import Store, ambiguous
from lunaroute.upkeep._forgetting import forget_tokens, note_tokens
from lunaroute.upkeep._pieces import find_pieces
from lunaroute.upkeep._removal import give_back, remove_file
from lunaroute.upkeep._site import Site, opened

_ROWS = 20
# Ids that were made here already name their files.
_REPLACED = re.compile(r"h_[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Doomed:
    """How much there is of a session. Its subagents are in it; ``opened`` counts what
    is under way.
    """

    session_id: str
    exchanges: int
    agents: int
    opened: int
    bytes: int
    files: list[str]


@dataclass(slots=True)
class Deleted:
    """What was deleted, or would be."""

    dry_run: bool
    sessions: list[Doomed] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Found:
    doomed: Doomed
    last: int
    paths: tuple[Path, ...]


def delete_sessions(
    site: Site, wanted: Sequence[str], *, dry_run: bool
) -> Generator[str, None, Deleted]:
    """Does a bounded piece of work between two yields.

    Each is an id or, with a database, the beginning of only one. Raises StoreError
    before anything is deleted if there is one that is not there.
    """
    done = Deleted(dry_run)
    with opened(site, writer=not dry_run) as store:
        yield "looking for the sessions"
        found = _find(site, store, wanted)
        done.sessions = [each.doomed for each in found]
        if dry_run:
            return done
        for each in found:
            name = each.doomed.session_id
            words = f"deleting {name}"
            yield words
            for _ in note_tokens(site, store, each.paths, name):
                yield words
            yield from _delete(each, store, done, words)
        for _ in _forget(site, store, done):
            yield "looking for its tokens"
        if store is not None:
            is_empty = yield from _give_back(store)
            if not is_empty:
                done.warnings.append(
                    f"{site.database}-wal is being read and still holds traces of what"
                    " was deleted; `lunaroute cleanup` empties it later"
                )
    done.warnings += _copies(site)
    return done


def _forget(site: Site, store: Store | None, done: Deleted) -> Iterator[None]:
    try:
        yield from forget_tokens(site, store)
    except (OSError, StoreError, zstandard.ZstdError) as error:
        done.warnings.append(
            f"{site.home / 'vault.db'} keeps what its tokens stand for, until"
            f" `lunaroute cleanup` can look for them: {error}"
        )


def _give_back(store: Store) -> Generator[str, None, bool]:
    steps = give_back(store)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return bool(end.value)
        yield "taking its words out of the index"


def _find(site: Site, store: Store | None, wanted: Sequence[str]) -> list[_Found]:
    # Whoever deletes a session means all that is there of it.
    pieces = find_pieces(site.directory, store, also_earlier=True)
    found: dict[str, _Found] = {}
    for given in wanted:
        # An argument of the command line may hold what no database can.
        name = given.encode("utf-8", "replace").decode()
        session_id = _session_id(site, store, name)
        numbers = store.pruning.session_numbers(session_id) if store else None
        own = numbers.files if numbers else ()
        stem = f"{_stem(session_id)}.jsonl"
        mine = [
            piece
            for piece in pieces
            if piece.paths and (piece.name in own or piece.name.endswith(f"/{stem}"))
        ]
        if not mine and (numbers is None or not numbers.exchanges):
            raise _missing(site, store, name)
        doomed = Doomed(
            session_id=session_id,
            exchanges=numbers.exchanges if numbers else 0,
            agents=numbers.agents if numbers else 0,
            opened=numbers.opened if numbers else 0,
            bytes=sum(piece.size for piece in mine),
            files=[piece.name for piece in mine],
        )
        paths = tuple(path for piece in mine for path in piece.paths)
        found[session_id] = _Found(doomed, numbers.last if numbers else 0, paths)
    return list(found.values())


def _session_id(site: Site, store: Store | None, name: str) -> str:
    ids = store.pruning.sessions(name, 6) if store and name else ()
    if len(ids) > 1:
        raise ambiguous("session", name, ids)
    if not name:
        raise _missing(site, store, name)
    return ids[0] if ids else name


def _missing(site: Site, store: Store | None, name: str) -> StoreError:
    above = store.pruning.session_of_agent(name) if store else None
    if above is not None:
        return StoreError(
            f"{name!r} is a subagent of the session {above}, and goes with it:"
            f" lunaroute sessions delete {above}"
        )
    where = site.database if store else site.directory
    return StoreError(f"there is no session {name!r} in {where}")


def _stem(session_id: str) -> str:
    if _REPLACED.fullmatch(session_id):
        return f"session_{session_id}"
    return name_session(session_id, "").stem


def _delete(
    each: _Found, store: Store | None, done: Deleted, words: str
) -> Generator[str, None, None]:
    """What is under way loses its row with the file: it is then recorded anew, whole,
    when it has ended. Between these two no recorder comes.
    """
    session_id = each.doomed.session_id
    opened_now = store.pruning.delete_open(session_id) if store else 0
    try:
        for path in each.paths:
            remove_file(path)
    except OSError as error:
        done.warnings.append(f"{error.filename or each.paths}: {error.strerror}")
        return
    if store is None:
        return
    pruning, left = store.pruning, each.doomed.exchanges - opened_now
    for name in each.doomed.files:
        pruning.forget_file(name)
    while left > 0:
        deleted = pruning.delete_of_session(session_id, each.last, min(left, _ROWS))
        if not deleted:
            break
        left -= deleted
        yield words


def _copies(site: Site) -> list[str]:
    """Files that hold what they held, whatever is deleted here."""
    aside = sorted(site.database.parent.glob(f"{site.database.name}.damaged-*"))
    return [
        f"{path} was moved aside and is not looked into: delete it if it may hold them"
        for path in aside
        if not path.name.endswith(("-wal", "-shm"))
    ]
