"""Ends a server that runs, and waits until it is gone."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

from lunaroute.cli._launch import answers, running
from lunaroute.cli._service import orders
from lunaroute.errors import LunarouteError
from lunaroute.running import Server, is_alive

LOOK_SECONDS = 0.02
# What a supervisor may need beyond its streams' time: the last commits, its children.
MARGIN_SECONDS = 60.0
EXPLAIN_SECONDS = 1.0


class NotStoppedError(LunarouteError):
    """The reason, in words for a person."""


def signal_to(server: Server, number: int, environ: Mapping[str, str]) -> bool:
    """Sends a signal to that server and to nobody who got its number after it.

    False if it is gone. Raises NotStoppedError where it may not be signalled.
    """
    try:
        if not hasattr(os, "pidfd_open"):  # no Linux
            if is_alive(server, environ):
                os.kill(server.pid, number)
                return True
            return False
        descriptor = os.pidfd_open(server.pid)
        try:
            if not is_alive(server, environ):
                return False
            signal.pidfd_send_signal(descriptor, number)
        finally:
            os.close(descriptor)
    except ProcessLookupError:
        return False
    except PermissionError as error:
        raise NotStoppedError(
            f"process {server.pid} is another user's: {error.strerror}"
        ) from error
    return True


def end(server: Server, environ: Mapping[str, str], *, now: bool = False) -> None:
    """Returns when the server is gone: its streams have finished, unless ``now``, and
    what they brought is committed. Raises NotStoppedError.
    """
    said_before = _length(server.log)
    if server.manager:  # or it would be started again
        by_manager(server, "stop")
    elif not server.stopping:  # a second signal would cut what it finishes
        signal_to(server, signal.SIGTERM, environ)
    if now:
        _wait(lambda: not _is_open(server, environ), MARGIN_SECONDS, server)
        signal_to(server, signal.SIGTERM, environ)
    _wait(
        lambda: not is_alive(server, environ),
        server.drain_seconds + MARGIN_SECONDS,
        server,
    )
    for line in _complaints(server.log, said_before):
        click.echo(line, err=True)


def end_now(server: Server, environ: Mapping[str, str]) -> None:
    """Cuts what a server that stops has under way; returns when it is gone. Raises
    NotStoppedError.
    """
    signal_to(server, signal.SIGTERM, environ)
    _wait(lambda: not is_alive(server, environ), MARGIN_SECONDS, server)


def by_manager(server: Server, what: str) -> None:
    """Has the service manager that keeps a server "stop" or "restart" it. Raises
    NotStoppedError with the manager's words.
    """
    order = orders(server, what)
    try:
        done = subprocess.run(order, check=False, capture_output=True, text=True)
    except OSError as error:
        raise NotStoppedError(f"cannot run {order[0]}: {error.strerror}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise NotStoppedError(f"`{' '.join(order)}` failed: {said}")


def wait_until_closed(server: Server, environ: Mapping[str, str]) -> None:
    """Returns when no new connection reaches it, so that its port is free."""
    _wait(lambda: not _is_open(server, environ), MARGIN_SECONDS, server)


def _is_open(server: Server, environ: Mapping[str, str]) -> bool:
    found = [each for each in running(environ) if each.pid == server.pid]
    return any(not each.stopping for each in found) or answers(server, 1.0)


def _wait(done: Callable[[], bool], seconds: float, server: Server) -> None:
    began = time.monotonic()
    explained = False
    while not done():
        waited = time.monotonic() - began
        if waited > seconds:
            raise NotStoppedError(
                f"process {server.pid} has not ended after {waited:.0f} s; "
                f"`kill -9 {server.pid}` ends it, what was under way is recorded as "
                "interrupted"
            )
        if waited > EXPLAIN_SECONDS and not explained:
            explained = True
            click.echo(
                "finishing what is under way, for "
                f"{server.drain_seconds:g} s at most; --now ends it at once",
                err=True,
            )
        time.sleep(LOOK_SECONDS)


def _length(log: str) -> int:
    try:
        return Path(log).stat().st_size if log else 0
    except OSError:
        return 0


def _complaints(log: str, since: int) -> Iterator[str]:
    """What the server had to say about its end."""
    if not log:
        return
    try:
        with Path(log).open("rb") as said:
            said.seek(since)
            text = said.read().decode(errors="replace")
    except OSError:
        return
    for line in text.splitlines():
        if "lunaroute: " in line:
            yield line
