"""What the record takes on disk."""

import os
import shutil
from pathlib import Path


def record_sizes(database: Path | None, sessions: Path | None) -> dict[str, int]:
    """Bytes of the database with its log, and of the files of sessions; only of what
    is switched on. What is not there, or goes while it is looked at, takes nothing.
    """
    sizes: dict[str, int] = {}
    if database is not None:
        beside = (f"{database.name}{suffix}" for suffix in ("", "-wal", "-shm"))
        sizes["database"] = sum(_size(database.with_name(name)) for name in beside)
    if sessions is not None:
        sizes["sessions"] = sum(
            _size(Path(directory, name))
            for directory, _, names in os.walk(sessions)
            for name in names
        )
    return sizes


def free_bytes(directory: Path) -> int:
    """What may still be written where ``directory`` is; 0 if it is nowhere."""
    try:
        return shutil.disk_usage(directory).free
    except OSError:
        return 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
