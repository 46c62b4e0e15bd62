"""Which servers run: each tells of itself in a file that it holds locked.

The lock is the truth. The kernel lets go of it with the process, however that ends,
so a file that was left behind is never believed, whatever process has that number now.
Standard library only, and little of it: commands that have to be quick ask here.
"""

import fcntl
import json
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

# By this name launchd knows the service.
SERVICE_LABEL = "dev.lunaroute"

_PREFIX = "serve-"
_SUFFIX = ".json"
_MAX_BYTES = 64 * 1024
# A server may tell something new while it is read; it does not do so all the time.
_READS = 5


@dataclass(frozen=True, slots=True)
class Server:
    """What a server tells of itself. Holds no secret."""

    pid: int
    home: str
    started_at: float  # seconds since the epoch
    version: str
    url: str  # reaches it from this machine
    addresses: tuple[str, ...] = ()  # "host:port", all it listens on
    dialects: tuple[str, ...] = ()
    exposed: bool = False  # it listens for other machines
    remote: str = ""  # what those need: "token", "allowed", "" where they may not
    token_file: str = ""  # where its token lies, if we made it
    page: str = ""  # the URL of the web page, if there is one
    recording: bool = False
    sessions_dir: str = ""
    sqlite_path: str = ""
    config: str = ""
    directory: str = ""  # the one it was started in
    flags: Mapping[str, Any] | None = None  # the options it was started with
    log: str = ""  # where it writes what it says; "" for its terminal
    manager: str = ""  # who keeps it: "systemd --user UNIT", "launchd LABEL", or ""
    drain_seconds: float = 30.0
    door: str = ""  # the Unix socket where another server takes its place
    stopping: bool = False  # it takes no new connections and finishes what is open


def places(home: Path, environ: Mapping[str, str]) -> tuple[Path, Path]:
    """Where such files may lie: below the home, and where that cannot be written."""
    runtime = environ.get("XDG_RUNTIME_DIR") or environ.get("TMPDIR") or "/tmp"  # noqa: S108 - checked for its owner
    return home / "run", Path(runtime) / f"lunaroute-{os.getuid()}"


class Announcement:
    """A server's own file, from the first ``tell`` to ``withdraw``."""

    def __init__(self, home: Path, environ: Mapping[str, str]) -> None:
        self._home = home
        self._places = places(home, environ)
        self._path: Path | None = None
        self._held: int | None = None

    def tell(self, server: Server) -> None:
        """Tells this from now on. Raises OSError where no place can be written."""
        text = json.dumps(asdict(server)).encode()
        if self._path is not None:
            self._write(self._path, text)
            return
        below, elsewhere = self._places
        try:
            if not self._home.is_dir():  # a home that nothing is recorded into
                raise FileNotFoundError
            below.mkdir(mode=0o700, exist_ok=True)
            self._write(below / _name(server.pid), text)
        except OSError:
            elsewhere.mkdir(mode=0o700, exist_ok=True)
            if not _is_ours(elsewhere):
                raise PermissionError(f"{elsewhere} is not ours alone") from None
            self._write(elsewhere / _name(server.pid), text)

    def withdraw(self) -> None:
        """Leaves nothing behind."""
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
                self._path.parent.rmdir()  # fails while anything else is in it
            self._path = None
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def _write(self, path: Path, text: bytes) -> None:
        """Whole and locked before anybody can see it."""
        _clear(path.parent)
        new = path.with_name(f".{path.name}")
        descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            os.write(descriptor, text)
            new.replace(path)
        except BaseException:
            os.close(descriptor)
            raise
        if self._held is not None:
            os.close(self._held)
        self._path, self._held = path, descriptor


def find_servers(home: Path, environ: Mapping[str, str]) -> list[Server]:
    """The servers of this home that live, the earliest first.

    Somebody else's directory in a temporary place is not read: it could send a client,
    and the client's key, anywhere.
    """
    found = []
    for number, place in enumerate(places(home, environ)):
        if number and not _is_ours(place):
            continue
        for path in _files(place):
            server = _read(path)
            if server is not None and (number == 0 or server.home == str(home)):
                found.append(server)
    return sorted(found, key=lambda each: (each.stopping, each.started_at, each.pid))


def is_alive(server: Server, environ: Mapping[str, str]) -> bool:
    """False once that process has ended, whoever has its number now."""
    return any(
        each.pid == server.pid and each.started_at == server.started_at
        for each in find_servers(Path(server.home), environ)
    )


def _name(pid: int) -> str:
    return f"{_PREFIX}{pid}{_SUFFIX}"


def _files(place: Path) -> list[Path]:
    try:
        return sorted(place.glob(f"{_PREFIX}*{_SUFFIX}"))
    except OSError:  # a directory that may not be read has nothing of ours
        return []


def _is_ours(place: Path) -> bool:
    try:
        status = place.lstat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(status.st_mode)
        and status.st_uid == os.getuid()
        and not status.st_mode & 0o077
    )


def _clear(place: Path) -> None:
    """Removes what killed servers left."""
    for path in _files(place):
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                if _is_free(descriptor):
                    path.unlink(missing_ok=True)
            finally:
                os.close(descriptor)


def _is_free(descriptor: int) -> bool:
    """True if nobody holds the file. Closing the descriptor lets go of it again."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(path: Path) -> Server | None:
    """What a living server tells; None for one that is dead."""
    for _ in range(_READS):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            if not _is_free(descriptor):
                return _parse(os.pread(descriptor, _MAX_BYTES, 0))
            read, present = os.fstat(descriptor), path.stat()
        except OSError:
            return None
        finally:
            os.close(descriptor)
        if (read.st_dev, read.st_ino) == (present.st_dev, present.st_ino):
            return None
        # It has told something new meanwhile: this was the file before that.
    return None


def _parse(text: bytes) -> Server | None:
    """Of another version's file what we know is taken."""
    try:
        plain = json.loads(text)
        known = {each.name for each in fields(Server)}
        values = {name: value for name, value in plain.items() if name in known}
        for name in ("addresses", "dialects"):
            values[name] = tuple(values.get(name, ()))
        return Server(**values)
    except (ValueError, TypeError, AttributeError):
        return None
