"""The vault forgets what the tokens of deleted sessions stood for.

A token is the same wherever its value stood: what another session has still is kept.
"""

import logging
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import zstandard

from lunaroute.recording import read_lines
from lunaroute.store import Store, Vault, parse_query
from lunaroute.upkeep._pieces import find_pieces
from lunaroute.upkeep._site import Site

_TOKEN = re.compile(rb"\[[A-Z0-9_]+:[0-9a-f]{8,64}\]")
_STEP_SECONDS = 0.02

_log = logging.getLogger(__name__)


def note_tokens(
    site: Site, store: Store | None, paths: Iterable[Path], session_id: str = ""
) -> Iterator[None]:
    """Notes the tokens in files that will be deleted, and in a session's texts.

    Without a database there is nowhere to note them, and they stay in the vault.
    """
    if store is None or not _vault_path(site).exists():
        return
    found: set[str] = set()
    for text in store.texts(session_id) if session_id else ():
        found.update(_tokens_in(text.text.encode("utf-8", "replace")))
    try:
        for line in _paused(paths):
            if line is None:
                yield
            else:
                found.update(_tokens_in(line))
    except (OSError, zstandard.ZstdError) as error:
        # It is deleted all the same; what its tokens stand for stays in the vault.
        _log.info("the tokens of a file cannot be read: %s", error)
    if found:
        store.pruning.owe_tokens(found)


def forget_tokens(site: Site, store: Store | None) -> Iterator[None]:
    """Has those forgotten that were noted and that nothing which is recorded has.

    What was killed in the middle is done by whoever comes next. Raises OSError,
    StoreError or ZstdError.
    """
    if store is None or not (left := set(store.pruning.owed_tokens())):
        return
    for token in tuple(left):
        if _stands(token, store):
            left.discard(token)
        yield
    pieces = find_pieces(site.directory, store)
    for line in _paused(path for piece in pieces for path in piece.paths):
        if line is None:
            yield
        else:
            left.difference_update(_tokens_in(line))
        if not left:
            break
    # What was recorded between two steps.
    left = {token for token in left if not _stands(token, store)}
    if left:
        with closing(Vault(_vault_path(site))) as vault:
            vault.forget(left)
    store.pruning.gave_tokens()


def _stands(token: str, store: Store) -> bool:
    """Whether a text has it."""
    return bool(store.search(parse_query(f'"{token}"'), 1))


def _paused(paths: Iterable[Path]) -> Iterator[bytes | None]:
    """The lines of files; None now and then, for a pause. Raises OSError, ZstdError."""
    began = time.monotonic()
    for path in paths:
        for line in read_lines(path):
            yield line
            if time.monotonic() - began > _STEP_SECONDS:
                yield None
                began = time.monotonic()


def _tokens_in(text: bytes) -> Iterator[str]:
    return (found.decode() for found in _TOKEN.findall(text))


def _vault_path(site: Site) -> Path:
    return site.home / "vault.db"
