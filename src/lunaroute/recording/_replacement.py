"""A session's file that takes another's place, and the database's offsets with it.

The offsets are committed with a note of what has to be renamed. Whoever finds that note
renames it: so both happen, or neither, whenever the process dies.
"""

import os
from pathlib import Path

from lunaroute.store import Store


def unfinished_replacement(path: Path) -> Path:
    """Where the new file is written."""
    return path.with_name(f"{path.name}.redacted.tmp")


def replacement(path: Path) -> Path:
    """Where it stands when it is whole."""
    return path.with_name(f"{path.name}.redacted")


def finish_replacement(store: Store) -> None:
    """Renames what was committed and not renamed. Raises StoreError or OSError."""
    path = store.cells.replacing()
    if path is None:
        return
    try:
        replacement(path).replace(path)
        sync_directory(path.parent)
    except FileNotFoundError:
        pass  # it was renamed, or deleted
    store.cells.replaced()


def sync_directory(path: Path) -> None:
    """Has the names in a directory on disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
