"""``lunaroute stop``: ends the server of this home, losing nothing."""

import os
import sys

import click

from lunaroute.cli._launch import running
from lunaroute.cli._stopping import NotStoppedError, end
from lunaroute.errors import ConfigError


@click.command(name="stop")
@click.option("--now", is_flag=True, help="Cut what is under way instead of waiting.")
def command(now: bool) -> None:
    """Stop the proxy; what is under way is finished and recorded.

    No new connections are taken. Streams may go on for as long as
    http_server.shutdown_timeout_secs says (30 s). The exit code is 0 when nothing runs
    any more.
    """
    try:
        found = running(os.environ)
        for server in found:
            end(server, os.environ, now=now)
            what = "; `lunaroute logs` has its summary" if server.log else ""
            click.echo(f"stopped: process {server.pid}, {server.url}{what}", err=True)
    except (ConfigError, NotStoppedError) as error:
        click.echo(f"lunaroute: {error}", err=True)
        sys.exit(1)
    if not found:
        click.echo("nothing to stop: no server of this home runs", err=True)
