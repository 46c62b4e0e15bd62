"""Takes pieces of the record away, files and rows alike, and gives the room back."""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path

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
    pruning, name = store.pruning, piece.name or piece.day.isoformat()
    delete = pruning.delete_of_file if piece.name else pruning.delete_loose
    yield from in_steps(lambda most: delete(name, most))
    for path in {
        path.with_name(path.name.removesuffix(".zst")) for path in piece.paths
    }:
        pruning.forget_file(str(path))


def remove_file(path: Path) -> None:
    """Deletes the file, what an interrupted compression left beside it, and the
    directory of its day when nothing else is in it.
    """
    plain = path.with_name(path.name.removesuffix(".zst"))
    unfinished_path(plain).unlink(missing_ok=True)
    path.unlink(missing_ok=True)
    try:
        path.parent.rmdir()
    except OSError:  # not empty
        return


def in_steps(delete: Callable[[int], int]) -> Iterator[None]:
    """Deletes a few rows between two yields until there are none."""
    while delete(_ROWS):
        yield


def give_back(store: Store) -> Generator[None, None, bool]:
    """Takes what was deleted out of the search index and shrinks the file.

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
            return True
        yield
    return False
