"""Where the record is, and how a command opens it."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from lunaroute.errors import LunarouteError
from lunaroute.store import Store, open_store

_Command = TypeVar("_Command", bound=Callable[..., Any])


def db_option(command: _Command) -> _Command:
    """The option by which every reading command can be sent to another file."""
    return click.option(
        "--db",
        metavar="PATH",
        help="The database to read; otherwise where this installation records.",
    )(command)


def recorded_at(db: str | None) -> Path:
    """The database: as named, else where the settings say that `serve` records.

    What is there can be read when recording is switched off, too. Raises ConfigError
    when the settings are wrong.
    """
    if db:
        return Path(db).expanduser()
    # Imported here: a named file needs no settings, and they cost 0.1 s.
    from lunaroute.config import resolve  # noqa: PLC0415

    settings = resolve({}, os.environ).settings
    return Path(settings.session_recording.sqlite.path)


@contextmanager
def reading(db: str | None) -> Iterator[Store]:
    """The store, open for reading; an error is one sentence and exit code 2."""
    try:
        with open_store(recorded_at(db), writer=False) as store:
            yield store
    except (LunarouteError, RuntimeError) as error:
        # RuntimeError: a `~` of nobody's home.
        click.echo(f"lunaroute: {error}", err=True)
        sys.exit(2)
