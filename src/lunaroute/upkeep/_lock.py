"""One writer: the lock that a running recorder holds, and how to reach who holds it."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from lunaroute.errors import StoreError
from lunaroute.store import make_private_directory

# Its content is a few paths and numbers.
_LONGEST = 65_536


class RecorderRuns(StoreError):
    """Another process writes at present."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a running recorder takes tasks, and the word that it asks for."""

    socket: str
    token: str


def lock_path(home: Path) -> Path:
    """Whoever writes the record of this home holds it."""
    return home / "recorder.lock"


@contextmanager
def sole_writer(home: Path) -> Iterator[None]:
    """Holds the home's lock; RecorderRuns while somebody else has it."""
    path = lock_path(home)
    try:
        make_private_directory(home)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RecorderRuns(
                f"a recorder holds {path}: stop `lunaroute serve` first"
            ) from None
        os.ftruncate(descriptor, 0)  # who held it before is gone
        yield
    finally:
        os.close(descriptor)


def leave_contact(descriptor: int, contact: Contact) -> None:
    """Writes into the lock's file, which the caller holds."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(asdict(contact)).encode(), 0)


def find_contact(home: Path) -> Contact | None:
    """Whom the lock's file names; None where it names nobody."""
    try:
        with lock_path(home).open("rb") as file:
            told = json.loads(file.read(_LONGEST))
        return Contact(str(told["socket"]), str(told["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
