"""Who has a port that we want: asked only after it was refused."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_LISTENS = "0A"  # TCP_LISTEN in /proc/net/tcp
_LSOF_SECONDS = 5.0


def who_listens(port: int) -> str:
    """ "process 12 (nginx)", as far as this user may know it; else empty."""
    pid = _by_proc(port) if (_PROC / "net" / "tcp").exists() else _by_lsof(port)
    if pid is None:
        return ""
    words = _words(pid)
    if any("lunaroute" in word for word in words[1:]):
        return f"process {pid}, another LunaRoute"
    name = Path(words[0]).name if words and words[0] else ""
    return f"process {pid} ({name})" if name else f"process {pid}"


def _by_proc(port: int) -> int | None:
    sockets = {f"socket:[{inode}]" for inode in _inodes(port)}
    if not sockets:
        return None
    pids = sorted(int(each.name) for each in _PROC.iterdir() if each.name.isdigit())
    return next((pid for pid in pids if sockets & set(_links(pid))), None)


def _inodes(port: int) -> Iterator[str]:
    """Of the sockets that listen there; proc(5) has the columns."""
    for name in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (_PROC / "net" / name).read_text().splitlines()[1:]:
                columns = line.split()
                local = int(columns[1].rpartition(":")[2], 16)
                if local == port and columns[3] == _LISTENS:
                    yield columns[9]


def _links(pid: int) -> Iterator[str]:
    with suppress(OSError):  # another user's, or gone
        for each in (_PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):
                yield str(each.readlink())


def _words(pid: int) -> list[str]:
    """Its command line."""
    with suppress(OSError):
        text = (_PROC / str(pid) / "cmdline").read_text(errors="replace")
        return text.rstrip("\0").split("\0")
    done = _output("ps", "-o", "command=", "-p", str(pid))
    return done.split()


def _by_lsof(port: int) -> int | None:
    """macOS and others: lsof(8) is part of the system there."""
    said = _output("lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fp")
    pids = [line[1:] for line in said.splitlines() if line.startswith("p")]
    return int(pids[0]) if pids and pids[0].isdigit() else None


def _output(program: str, *arguments: str) -> str:
    path = shutil.which(program) or f"/usr/sbin/{program}"
    try:
        return subprocess.run(
            [path, *arguments],
            capture_output=True,
            text=True,
            timeout=_LSOF_SECONDS,
            check=False,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
