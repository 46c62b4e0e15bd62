"""``lunaroute logs``: what the server in the background says."""

import os
import sys
from pathlib import Path

import click

from lunaroute.cli._launch import LOG_NAME, running
from lunaroute.cli._tail import follow, last_lines
from lunaroute.cli._text import neutral
from lunaroute.errors import ConfigError, LunarouteError
from lunaroute.home import home_directory
from lunaroute.running import places


class NoLogError(LunarouteError):
    """There is none; the message says why, and where to look."""


@click.command(name="logs")
@click.option("-f", "--follow", "following", is_flag=True, help="Go on until Ctrl-C.")
@click.option(
    "-n",
    "--lines",
    "count",
    type=click.IntRange(0, 1_000_000),
    default=50,
    show_default=True,
    help="How many of the last lines.",
)
def command(following: bool, count: int) -> None:
    """Show what the server in the background has said.

    The file is <home>/serve.log; at 10 MB it becomes serve.log.1, and so on up to .4.
    A server that was started by `lunaroute serve` says it on its own terminal.
    """
    try:
        path = log_path()
        text, end = last_lines(path, count)
        click.echo(neutral(text.decode(errors="replace")), nl=False)
        if following:
            for more in follow(path, end):
                if more:
                    click.echo(neutral(more), nl=False)
    except KeyboardInterrupt:  # how one stops to follow
        click.echo()
    except (ConfigError, NoLogError) as error:
        click.echo(f"lunaroute: {error}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        # Whoever read has enough; the interpreter's own flush must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        click.echo(f"lunaroute: {error.filename}: {error.strerror}", err=True)
        sys.exit(1)


def log_path() -> Path:
    """The log of the server that runs, else of the last one in the background."""
    servers = running(os.environ)
    for server in servers:
        if server.log:
            return Path(server.log)
    if servers:
        raise NoLogError(
            f"process {servers[0].pid} says everything on its own terminal; "
            "`lunaroute env` and `serve --log-file FILE` write a log"
        )
    home = home_directory(os.environ)
    for place in (home, places(home, os.environ)[1]):
        if (place / LOG_NAME).exists():
            return place / LOG_NAME
    raise NoLogError(
        f"there is no log yet in {home}: no server of this home was started in the "
        "background"
    )
