"""Takes pieces of the record away, files and rows alike, and gives the room back."""

import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from lunaroute.recording import replacement, unfinished_replacement
from lunaroute.store import Store
from lunaroute.upkeep._compression import unfinished_path
from lunaroute.upkeep._pieces import Piece

# Each takes its texts out of the index: some 5 ms on a slow machine.
_ROWS = 20

# Each waits 50 ms for whoever reads.
_TRIES = 20


def remove_piece(piece: Piece, store: Store | None) -> Iterator[None]:
    """The file first: what is left after a crash is found again and goes the next time.

    Raises OSError, and the rows stay with the file; or StoreError.
    """
    for path in piece.paths:
        remove_file(path)
    if store is None:
        return
    pruning = store.pruning
    if piece.name:
        yield from _in_steps(lambda most: pruning.delete_of_file(piece.name, most))
        pruning.forget_file(piece.name)
    else:
        day = piece.day.isoformat()
        yield from _in_steps(
            lambda most: pruning.delete_loose(day, most), piece.exchanges
        )


def remove_file(path: Path) -> None:
    """Deletes the file, what an interrupted compression or redaction left beside it,
    and the directory of its day when nothing else is in it.
    """
    plain = path.with_name(path.name.removesuffix(".zst"))
    unfinished_path(plain).unlink(missing_ok=True)
    unfinished_replacement(path).unlink(missing_ok=True)
    replacement(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)
    try:
        path.parent.rmdir()
    except OSError:  # not empty
        return


def _in_steps(delete: Callable[[int], int], left: int = sys.maxsize) -> Iterator[None]:
    """Deletes a few rows between two yields until so many, or all, are gone."""
    while left > 0 and (deleted := delete(min(left, _ROWS))):
        left -= deleted
        yield


def give_back(store: Store) -> Generator[None, None, bool]:
    """Takes what was deleted out of the search index and shrinks the file. What is not
    done to its end is owed, and done by whoever looks after the record next.

    False if the log could not be emptied: something has been reading for long.
    """
    pruning, begin = store.pruning, True
    while pruning.merge_index(begin=begin):
        begin = False
        yield
    while pruning.vacuum():
        yield
    for _ in range(_TRIES):
        if pruning.empty_log():
            if pruning.owes_room():
                pruning.gave_room()
                pruning.empty_log()
            return True
        yield
    return False
