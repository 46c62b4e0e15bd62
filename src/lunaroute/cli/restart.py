"""``lunaroute restart``: a new server in the place of the one that runs."""

import os
import signal
import sys
import time
from collections.abc import Mapping
from typing import Any

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
    signal_to,
    wait_until_closed,
)
from lunaroute.config import resolve
from lunaroute.errors import ConfigError
from lunaroute.running import Server, is_alive


@click.command(name="restart")
@start_options
@click.option("--now", is_flag=True, help="Cut what is under way instead of waiting.")
def command(now: bool, **flags: object) -> None:
    """Put a new server in the place of the one that runs.

    It gets the options of the old one and those given here (all of `lunaroute serve`),
    the variables of this shell, the same port, and runs in the background. If the
    configuration is wrong, nothing is stopped. The old server lets go of its port and
    finishes its streams while the new one takes connections; for about half a second
    a new connection is refused. SIGHUP (`kill -HUP PID`) reads a changed file without
    that.
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
    """The new server. Raises ConfigError while the old one still serves, else
    NotStoppedError or NotStartedError.
    """
    if old is not None and old.manager:
        return by_its_manager(old, given)
    flags = new_flags(old, given)
    resolve(flags, os.environ)
    if old is None:
        return start(flags, os.environ)
    if now:
        end(old, os.environ, now=True)
    else:
        signal_to(old, signal.SIGTERM, os.environ)
        wait_until_closed(old, os.environ)
    return start(flags, os.environ, old.directory)


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
