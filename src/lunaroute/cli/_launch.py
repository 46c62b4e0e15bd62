"""Starts a server in the background and waits until it forwards.

One start at a time: whoever comes second waits for the first and takes its server. What
is asked of a server that runs needs no more than the standard library.
"""

import fcntl
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lunaroute.cli._serving import supervisor_command
from lunaroute.errors import LunarouteError
from lunaroute.home import expand, home_directory
from lunaroute.running import Server, find_servers, places

# A slow machine's start, and one that has much to do besides.
START_SECONDS = 60.0
ANSWER_SECONDS = 10.0
LOOK_SECONDS = 0.01
LOG_NAME = "serve.log"
PATH_VARIABLES = ("LUNAROUTE_HOME", "LUNAROUTE_CONFIG", "LUNAROUTE_BOOTSTRAP")
# So much of what a failed server said is shown when it gave no reason of its own.
SHOWN_LINES = 12
_REASON = re.compile(r"^[-0-9: ]*lunaroute: (?!warning: )(.*)$")


class NotStartedError(LunarouteError):
    """The reason, in words for a person."""


@dataclass(frozen=True, slots=True)
class Found:
    """A server that answers, and whether it was started for this."""

    server: Server
    is_new: bool


def running(environ: Mapping[str, str]) -> list[Server]:
    """The servers of this home, those that stop last. Raises ConfigError."""
    return find_servers(home_directory(environ), environ)


def serving(environ: Mapping[str, str], flags: Mapping[str, Any]) -> Server | None:
    """The server that such flags mean: the one at that port, else the first."""
    living = [each for each in running(environ) if not each.stopping]
    port = str(flags.get("port") or "")
    at_port = [
        each
        for each in living
        if any(address.rpartition(":")[2] == port for address in each.addresses)
    ]
    if at_port or not flags.get("no_recording") or not port:
        return next(iter(at_port or living), None)
    return None  # those that record nothing may be many, at other ports


def ensure(flags: Mapping[str, Any], environ: Mapping[str, str]) -> Found:
    """The server that runs, else a new one with these flags; it forwards.

    Raises NotStartedError, and ConfigError for a home that can be nobody's.
    """
    server = serving(environ, flags)
    if server is not None:
        return Found(answering(server), is_new=False)
    with sole_start(environ):
        server = serving(environ, flags)
        if server is not None:
            return Found(answering(server), is_new=False)
        wait_for_ports(environ)
        return Found(start(flags, environ), is_new=True)


def wait_for_ports(environ: Mapping[str, str]) -> None:
    """Until the servers that stop take no connection any more: a moment at most."""
    deadline = time.monotonic() + ANSWER_SECONDS
    for server in running(environ):
        while answers(server, 1.0) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)


def answering(server: Server) -> Server:
    """The server, once its gateway has answered. Raises NotStartedError."""
    if not answers(server, ANSWER_SECONDS):
        raise NotStartedError(
            f"process {server.pid} serves this home at {server.url} and does not "
            "answer; `lunaroute restart` starts it anew"
        )
    return server


def answers(server: Server, seconds: float) -> bool:
    """True if a gateway answers there. No HTTP library: they cost 0.03 s."""
    place = urlsplit(server.url)
    address = (str(place.hostname), int(place.port or 80))
    asked = (
        f"GET /healthz HTTP/1.1\r\nHost: {place.netloc}\r\nConnection: close\r\n\r\n"
    )
    with suppress(OSError), socket.create_connection(address, seconds) as sock:
        sock.sendall(asked.encode())
        return sock.recv(64).startswith(b"HTTP/1.1 200 ")
    return False


@contextmanager
def sole_start(environ: Mapping[str, str]) -> Iterator[None]:
    """One start at a time in one home; others wait here.

    The lock is the directory's own, so that nothing is left behind. Where there can be
    none the home's other lock decides, and the second start fails.
    """
    home = home_directory(environ)
    with suppress(OSError):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(home, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield
        return
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def start(
    flags: Mapping[str, Any],
    environ: Mapping[str, str],
    directory: str | None = None,
    succeeds: socket.socket | None = None,
) -> Server:
    """A new server in a session of its own: no terminal's end reaches it. Returns when
    its gateway is ready; the recorder may still be starting. With ``succeeds``, a
    connection to a server that was asked for its place, it takes that.

    Raises NotStartedError with the server's own reason, and ConfigError.
    """
    home = home_directory(environ)
    variables, launch = with_absolute_paths(environ), {}
    if flags.get("host") or environ.get("LUNAROUTE_HOST"):
        # Imported here: the usual server listens on loopback and needs none.
        from lunaroute.cli._token import TOKEN_VARIABLE, token_for  # noqa: PLC0415

        token = token_for(flags, environ)
        if token is not None:
            variables[TOKEN_VARIABLE] = token.text
            launch["token_file"] = str(token.path)
    log = _log_place(home, environ)
    launch["log"] = str(log)
    inherited = []
    if succeeds is not None:
        inherited.append(succeeds.fileno())
        launch["succeeds"] = str(succeeds.fileno())
    with _appending(log) as out:
        said_before = out.tell()
        child = subprocess.Popen(
            supervisor_command(flags, launch),
            env=variables,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            pass_fds=inherited,
        )
    deadline = time.monotonic() + START_SECONDS
    while child.poll() is None and time.monotonic() < deadline:
        for server in find_servers(home, environ):
            if server.pid == child.pid:
                # It goes on without us: nobody waits for it.
                child.returncode = 0
                return server
        time.sleep(LOOK_SECONDS)
    if child.poll() is None:
        child.terminate()
        raise NotStartedError(
            f"it was not ready within {START_SECONDS:g} s and was ended; see {log}"
        )
    raise NotStartedError(_reason(log, said_before))


def with_absolute_paths(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables, for a process that may stand in another directory."""
    return {
        **environ,
        **{
            name: str(expand(environ[name], environ))
            for name in PATH_VARIABLES
            if environ.get(name)
        },
    }


def _log_place(home: Path, environ: Mapping[str, str]) -> Path:
    """Below the home, else where a home that cannot be written has its files."""
    if os.access(home, os.W_OK):
        return home / LOG_NAME
    elsewhere = places(home, environ)[1]
    try:
        elsewhere.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise NotStartedError(
            f"neither {home} nor {elsewhere} can be written: {error.strerror}; "
            "LUNAROUTE_HOME chooses another place"
        ) from error
    return elsewhere / LOG_NAME


@contextmanager
def _appending(log: Path) -> Iterator[Any]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    try:
        descriptor = os.open(log, flags, 0o600)
    except OSError as error:
        raise NotStartedError(f"cannot write {log}: {error.strerror}") from error
    with os.fdopen(descriptor, "ab") as out:
        out.seek(0, os.SEEK_END)
        yield out


def _reason(log: Path, since: int) -> str:
    """Why a server has ended: its own words, else the last lines of its log."""
    with log.open("rb") as said:
        said.seek(since)
        lines = said.read().decode(errors="replace").splitlines()
    for number, line in enumerate(lines):
        found = _REASON.match(line)
        if found:  # a configuration's mistakes take a line each
            return "\n".join((found[1], *lines[number + 1 :][:SHOWN_LINES]))
    last = "\n".join(lines[-SHOWN_LINES:])
    return f"it ended at once; the last of {log}:\n{last}"
