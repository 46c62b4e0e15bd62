"""One writer: the lock that a running recorder holds."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lunaroute.errors import StoreError
from lunaroute.store import make_private_directory


@contextmanager
def sole_writer(home: Path) -> Iterator[None]:
    """Holds the home's lock; a StoreError while a recorder has it."""
    path = home / "recorder.lock"
    try:
        make_private_directory(home)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(
                f"a recorder holds {path}: stop `lunaroute serve` first"
            ) from None
        yield
    finally:
        os.close(descriptor)
