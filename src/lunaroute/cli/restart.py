"""``lunaroute restart``: a new server in the place of the one that runs."""

import os
import select
import signal
import socket
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import click

from lunaroute.cli._launch import (
    LOOK_SECONDS,
    START_SECONDS,
    NotStartedError,
    running,
    sole_start,
    start,
)
from lunaroute.cli._serving import given_flags, start_options
from lunaroute.cli._stopping import (
    NotStoppedError,
    by_manager,
    end,
    end_now,
    signal_to,
    wait_until_closed,
)
from lunaroute.config import resolve
from lunaroute.errors import ConfigError
from lunaroute.running import Server, is_alive

# A server answers at once; one that is stopped or hangs never does.
HANDOVER_SECONDS = 5.0


@click.command(name="restart")
@start_options
@click.option("--now", is_flag=True, help="Cut what is under way instead of waiting.")
def command(now: bool, **flags: object) -> None:
    """Put a new server in the place of the one that runs.

    It gets the options of the old one and those given here (all of `lunaroute serve`),
    the variables of this shell, and runs in the background. It takes over the listening
    sockets, so that no connection is refused; the old server finishes its streams
    beside it. If the configuration is wrong or the new server does not start, nothing
    has changed.
    """
    given = given_flags(flags)
    try:
        with sole_start(os.environ):
            old = [each for each in running(os.environ) if not each.stopping]
            new = replaced(old[0] if old else None, given, now=now)
    except ConfigError as error:
        click.echo(f"lunaroute: nothing was changed: {error}", err=True)
        sys.exit(2)
    except NotStoppedError as error:
        click.echo(f"lunaroute: {error}", err=True)
        sys.exit(1)
    except NotStartedError as error:
        click.echo(f"lunaroute: not started: {error}", err=True)
        sys.exit(1)
    click.echo(f"serves on {new.url} (process {new.pid})", err=True)
    if old and is_alive(old[0], os.environ):
        click.echo(
            f"process {old[0].pid} finishes what is under way, for "
            f"{old[0].drain_seconds:g} s at most",
            err=True,
        )


def replaced(old: Server | None, given: Mapping[str, Any], *, now: bool) -> Server:
    """The new server. Raises ConfigError and NotStartedError while the old one still
    serves; where that cannot hand over NotStoppedError, or NotStartedError after it.
    """
    if old is not None and old.manager:
        return by_its_manager(old, given)
    flags = new_flags(old, given)
    settings = resolve(flags, os.environ).settings
    if old is None:
        return start(flags, os.environ)
    places = [(settings.host, settings.port)]
    if settings.ui.enabled:
        # A page for everybody is announced by the address that is ours.
        shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
        places.append((shown.get(settings.ui.host, settings.ui.host), settings.ui.port))
    reason = in_the_way(old, places)
    line = None if reason else asked(old)
    if line is not None:
        with line:
            new = start(flags, os.environ, old.directory, line)
        if now:
            end_now(old, os.environ)
        return new
    click.echo(
        f"process {old.pid} {reason or 'does not hand over its sockets'}: "
        "connections are refused for a moment",
        err=True,
    )
    if now:
        end(old, os.environ, now=True)
    else:
        signal_to(old, signal.SIGTERM, os.environ)
        wait_until_closed(old, os.environ)
    return start(flags, os.environ, old.directory)


def in_the_way(old: Server, places: Iterable[tuple[str, int]]) -> str:
    """Why a server has to close its sockets before another one can listen: one of the
    ports stays the same, its address does not. Empty if none has to.
    """
    had = [*old.addresses, urlsplit(old.page).netloc]
    ports = {each.rpartition(":")[2] for each in had}
    for host, port in places:
        address = "127.0.0.1" if host == "localhost" else host
        wanted = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        if str(port) in ports and wanted not in had:
            return f"listens at port {port} of another address"
    return ""


def asked(old: Server) -> socket.socket | None:
    """A connection to the old server, which has sent its sockets there for the new one
    to receive; None if it does not answer, or is of a version that has no door.
    """
    if not old.door:
        return None
    line = socket.socket(socket.AF_UNIX)
    with suppress(OSError):
        line.settimeout(HANDOVER_SECONDS)
        line.connect(old.door)
        line.sendall(b'{"op": "hand_over", "fds": 0}\n')
        if select.select([line], [], [], HANDOVER_SECONDS)[0]:
            return line
    line.close()
    return None


def by_its_manager(old: Server, given: Mapping[str, Any]) -> Server:
    """Who keeps a server starts the new one, too."""
    if given:
        raise ConfigError(
            f"{old.manager} keeps this server; `lunaroute service install` takes its "
            "options, or put them into the configuration"
        )
    resolve(old.flags or {}, os.environ)
    by_manager(old, "restart")
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        for server in running(os.environ):
            if server.pid != old.pid and not server.stopping:
                return server
        time.sleep(LOOK_SECONDS)
    raise NotStartedError(
        f"{old.manager} has not started it; `lunaroute logs` may tell"
    )


def new_flags(old: Server | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """The old server's options, and over them those given. One that had taken any
    free port keeps it: clients know it by now.
    """
    if old is None:
        return dict(given)
    flags = {**(old.flags or {}), **given}
    if flags.get("port") == 0 and "port" not in given:
        flags["port"] = int(old.url.rpartition(":")[2])
    return flags
