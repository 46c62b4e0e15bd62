"""Where the record is, and how a command opens it."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from lunaroute.errors import LunarouteError, NothingRecorded
from lunaroute.store import Store, open_store

_Command = TypeVar("_Command", bound=Callable[..., Any])


def db_option(command: _Command) -> _Command:
    """The option by which every reading command can be sent to another file."""
    return click.option(
        "--db",
        metavar="PATH",
        help="The database to read.  [where this installation records]",
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


def switched_off(db: str | None) -> str | None:
    """The setting by which nothing is recorded at present; None where none says so.

    Of a file that was named nothing is known. Raises ConfigError.
    """
    if db:
        return None
    from lunaroute.config import resolve  # noqa: PLC0415 - as above

    recording = resolve({}, os.environ).settings.session_recording
    if not recording.enabled:
        return "session_recording.enabled"
    return None if recording.sqlite.enabled else "session_recording.sqlite.enabled"


def own_prices(db: str | None) -> list[dict[str, Any]]:
    """The prices of the configuration, which go before the table's; of a file that was
    named nobody knows them. Raises ConfigError.
    """
    if db:
        return []
    from lunaroute.config import resolve  # noqa: PLC0415 - as above

    overrides = resolve({}, os.environ).settings.pricing.overrides
    return [each.model_dump(exclude_none=True) for each in overrides]


def how_to_record(db: str | None) -> str:
    """What to do so that something is recorded."""
    setting = switched_off(db)
    if setting is not None:
        return f"recording is off: set {setting} to true and start `lunaroute serve`"
    return "start `lunaroute serve` and point your assistant at it"


@contextmanager
def reading(db: str | None) -> Iterator[Store]:
    """The store, open for reading; an error is one sentence and exit code 2."""
    try:
        with open_store(recorded_at(db), writer=False) as store:
            yield store
    except NothingRecorded as error:
        click.echo(f"lunaroute: {error}; {how_to_record(db)}", err=True)
        sys.exit(2)
    except (LunarouteError, RuntimeError) as error:
        # RuntimeError: a `~` of nobody's home.
        click.echo(f"lunaroute: {error}", err=True)
        sys.exit(2)
