"""The places that are recorded into, and whose they are."""

import fcntl
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lunaroute.errors import ConfigError

SQLITE_MAGIC = b"SQLite format 3\x00"


def prepare_places(options: Mapping[str, Any]) -> None:
    """Makes the directories that are recorded into. Raises ConfigError in words."""
    if not options["recording"]:
        return
    places = {Path(options["home"])}
    if options["sessions_dir"]:
        places.add(Path(options["sessions_dir"]))
    if options["sqlite_path"]:
        places.add(Path(options["sqlite_path"]).parent)
    if options["sqlite_path"]:
        _check_database(Path(options["sqlite_path"]))
    for place in sorted(places):
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=place):
                pass
        except OSError as error:
            raise ConfigError(
                f"cannot record into {place}: {error.strerror}; "
                "LUNAROUTE_HOME chooses another place, --no-recording records nothing"
            ) from error


def _check_database(path: Path) -> None:
    """A file that cannot be our database is said at the start, not at the first
    record.
    """
    if not path.exists():
        return
    try:
        with path.open("rb") as file:
            magic = file.read(len(SQLITE_MAGIC))
    except OSError as error:
        raise ConfigError(f"cannot record into {path}: {error.strerror}") from error
    if magic and magic != SQLITE_MAGIC:
        raise ConfigError(
            f"cannot record into {path}: it is not a SQLite database; "
            "move it aside, or set session_recording.sqlite.path"
        )


def claim(options: Mapping[str, Any], address: str) -> int | None:
    """Holds the home's lock for the life of this process; None when not recording.

    One home has one recorder. Raises ConfigError that names who has it.
    """
    if not options["recording"]:
        return None
    path = Path(options["home"]) / "serve.lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigError(f"cannot open {path}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(descriptor, 200, 0).decode(errors="replace").strip()
        os.close(descriptor)
        raise ConfigError(
            f"another LunaRoute records into {options['home']} already ({holder}); "
            "stop it, choose another LUNAROUTE_HOME, or use --no-recording"
        ) from error
    sign(descriptor, address)
    return descriptor


def sign(descriptor: int, address: str) -> None:
    """Into the home's lock: who has it now."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"process {os.getpid()}, {address}\n".encode(), 0)
