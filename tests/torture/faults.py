"""Trouble with the disk under load: what failed, what was said, how soon it went on."""

import contextlib
import errno
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.kit import Serve, until
from tests.provider import Provider
from tests.torture.audit import audit, ended_ids, rows_of, unrecorded
from tests.torture.load import is_ready, loaded, mark, readiness, teach

SOURCE = Path(__file__).with_name("disk.c")
HELD_SECONDS = 2.0


class NotHere(Exception):
    """This system does not let the fault happen."""


@dataclass(slots=True)
class Result:
    """Of one fault: seconds until it was said, and until recording went on behind it."""

    name: str
    requests: int = 0
    failed: int = 0
    said: float | None = None
    resumed: float | None = None
    warnings: int = 0
    unrecorded: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        on_time = self.resumed is not None and self.resumed <= 5.0
        return on_time and not (self.failed or self.unrecorded or self.notes)


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk of one home, which fails when it is told to."""

    home: Path
    switch: Path
    library: Path

    @classmethod
    def made(cls, place: Path) -> "Disk":
        """Raises NotHere where it cannot be built."""
        library = place / "disk.so"
        compiler = shutil.which("cc") or shutil.which("gcc")
        if not sys.platform.startswith("linux") or compiler is None:
            raise NotHere("needs Linux and a C compiler")
        command = [compiler, "-O1", "-shared", "-fPIC", "-o", str(library), str(SOURCE)]
        subprocess.run([*command, "-ldl"], check=True, capture_output=True)
        return cls((place / "home").resolve(), place / "fault", library)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(self.library),
            "TORTURE_FAULT_FILE": str(self.switch),
            "TORTURE_FAULT_HOME": str(self.home),
        }

    @contextlib.contextmanager
    def failing(self, number: int) -> Iterator[None]:
        self.switch.write_text(str(number))
        try:
            yield
        finally:
            self.switch.unlink()


Breaks = Callable[[Serve, Disk | None], contextlib.AbstractContextManager[object]]


def _with_errno(number: int) -> Breaks:
    def broken(_serve: Serve, disk: Disk | None):
        if disk is None:
            raise NotHere("needs Linux and a C compiler")
        return disk.failing(number)

    return broken


@contextlib.contextmanager
def _locked(serve: Serve, _disk: Disk | None) -> Iterator[None]:
    """Somebody else writes, for longer than anybody waits."""
    path = serve.home / "sessions.db"
    with contextlib.closing(sqlite3.connect(path, timeout=30)) as blocker:
        blocker.isolation_level = None
        blocker.execute("BEGIN IMMEDIATE")
        yield
        blocker.execute("ROLLBACK")


@contextlib.contextmanager
def _newer(serve: Serve, _disk: Disk | None) -> Iterator[None]:
    """A newer LunaRoute was here, and the observer is started again."""
    path = serve.home / "sessions.db"

    @contextlib.contextmanager
    def version(number: int) -> Iterator[int]:
        """Nobody writes while it is set, also not the observer that is stopped."""
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as db:
            db.isolation_level = None
            db.execute("BEGIN IMMEDIATE")
            before = db.execute("PRAGMA user_version").fetchone()[0]
            db.execute(f"PRAGMA user_version = {number}")
            yield int(before)
            db.execute("COMMIT")

    observer = serve.child("observer")
    with version(999) as before:
        os.kill(observer, signal.SIGSTOP)
    os.kill(observer, signal.SIGKILL)
    serve.child("observer", other_than=observer)
    try:
        yield
    finally:
        with version(before):
            pass


@contextlib.contextmanager
def _corrupt(serve: Serve, _disk: Disk | None) -> Iterator[None]:
    """All but the first page becomes nonsense, in use."""
    path = serve.home / "sessions.db"
    observer = serve.child("observer")
    os.kill(observer, signal.SIGSTOP)
    with path.open("r+b") as file:
        file.seek(0, os.SEEK_END)
        size = file.tell()
        file.seek(4096)
        file.write(b"\x5a" * (size - 4096))
    for suffix in ("-wal", "-shm"):
        beside = path.with_name(path.name + suffix)
        with contextlib.suppress(FileNotFoundError):
            beside.open("r+b").truncate(0)
    os.kill(observer, signal.SIGCONT)
    yield


FAULTS: dict[str, Breaks] = {
    "disk full (ENOSPC)": _with_errno(errno.ENOSPC),
    "read-only (EROFS)": _with_errno(errno.EROFS),
    "EIO": _with_errno(errno.EIO),
    "EIO at fsync": _with_errno(-errno.EIO),
    "locked": _locked,
    "newer database": _newer,
    "corrupt database": _corrupt,
}
# After which nothing is degraded for long: the file is moved aside at once.
_MOVED_ASIDE = "corrupt database"


def run_fault(place: Path, name: str, clients: int = 3) -> Result:
    """The fault with this name, at a home of its own below ``place``."""
    result = Result(name)
    provider = Provider()
    seen_at = teach(provider)
    try:
        disk = Disk.made(place)
    except NotHere:
        disk = None
    home = place / "home"
    environment = disk.environment if disk else {}
    try:
        with Serve(home, provider.url, environment=environment) as serve:
            mark(serve, "before")
            with loaded(serve.port, clients, seed=7) as load:
                until(lambda: _is_any_open(home), "an open row")
                acknowledged = ended_ids(home)
                with FAULTS[name](serve, disk):
                    began = time.monotonic()
                    if name != _MOVED_ASIDE:
                        until(lambda: not is_ready(serve.port), "degraded")
                        result.said = time.monotonic() - began
                        result.notes += _says_why(serve)
                        time.sleep(HELD_SECONDS)
                        acknowledged |= ended_ids(home)
                ended = time.monotonic()
                mark(serve, "after")
                until(lambda: is_ready(serve.port), "ready")
                result.resumed = time.monotonic() - ended
            code = serve.stop()
        if code:
            result.notes.append(f"exit code {code}: {serve.stderr[-300:]}")
    finally:
        provider.close()
    result.requests = len(load.asked)
    result.failed = sum(one.status != 200 for one in load.asked)
    said = ("WARNING lunaroute.observer: cannot record", "was damaged")
    result.warnings = sum(any(one in line for one in said) for line in serve.errors)
    if name == _MOVED_ASIDE:
        acknowledged = set()  # those of the damaged file are in it, and in the files
        load.asked[:] = [one for one in load.asked if _is_later(one, seen_at, began)]
    result.unrecorded = len(unrecorded(home, load.asked))
    found = audit(home, acknowledged)
    if name == _MOVED_ASIDE:  # their rows are in the damaged file
        found.notes = [note for note in found.notes if "lines and no row" not in note]
    result.notes += found.notes
    return result


def _is_later(one, seen_at, moment: float) -> bool:
    return seen_at.get(one.agent, 0.0) > moment


def _is_any_open(home: Path) -> bool:
    return any(row["outcome"] == "open" for row in rows_of(home))


def _says_why(serve: Serve) -> list[str]:
    """What is wrong with what ``/readyz`` says."""
    said = readiness(serve.port)
    if said.get("http") != 200 or said.get("status") != "degraded" or not said["why"]:
        return [f"/readyz says {said}"]
    return []
