"""The options of a server, and the command that runs one with them."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

DIALECTS = ("both", "anthropic", "openai")
LOG_FORMATS = ("text", "json")
LEVELS = ("trace", "debug", "info", "warn", "error")
_Command = TypeVar("_Command", bound=Callable[..., Any])
_Declared = tuple[tuple[tuple[str, ...], dict[str, Any]], ...]
_FILE = click.Path(path_type=Path, dir_okay=False)

# Names and what click is told of each. The range of a number stands in its help.
_FIRST: _Declared = (
    (("--host",), {"metavar": "ADDRESS", "help": "Where to listen.  [127.0.0.1]"}),
    (
        ("--port",),
        {
            "metavar": "PORT",
            "type": click.IntRange(0, 65535),
            "help": "Where to listen; 0: any.  [8081]",
        },
    ),
    (
        ("-c", "--config"),
        {"type": _FILE, "help": "Configuration.  [<home>/config.yaml if there]"},
    ),
)
_MORE: _Declared = (
    (
        ("-b", "--bootstrap"),
        {"type": _FILE, "help": "File that names the configuration file."},
    ),
    (
        ("-d", "--dialect"),
        {
            "metavar": "NAME",
            "type": click.Choice(DIALECTS, case_sensitive=False),
            "help": "API to serve: anthropic, openai or both.  [both]",
        },
    ),
    (
        ("--workers",),
        {
            "metavar": "N",
            "type": click.IntRange(1, 64),
            "help": "Gateway processes at one socket.  [1]",
        },
    ),
    (
        ("--allow-remote",),
        {"is_flag": True, "help": "Let other machines in without a token."},
    ),
    (("--no-recording",), {"is_flag": True, "help": "Forward only, write nothing."}),
    (("--no-ui",), {"is_flag": True, "help": "Do not serve the web page."}),
    (
        ("--log-level",),
        {
            "metavar": "LEVEL",
            "type": click.Choice(LEVELS, case_sensitive=False),
            "help": "trace, debug, info, warn or error.  [info]",
        },
    ),
    (
        ("--log-format",),
        {
            "metavar": "FORMAT",
            "type": click.Choice(LOG_FORMATS, case_sensitive=False),
            "help": "text, or json: one object a line.  [text]",
        },
    ),
)


def serve_options(command: _Command) -> _Command:
    """The options of ``serve`` that the settings know."""
    return _with(command, hidden=False)


def start_options(command: _Command) -> _Command:
    """The same for the other commands that start a server; their help shows the first
    three, so that it fits a screen, and names `serve` for the rest.
    """
    return _with(command, hidden=True)


def _with(command: _Command, *, hidden: bool) -> _Command:
    for names, told in reversed(_MORE):
        command = click.option(*names, hidden=hidden, **told)(command)
    for names, told in reversed(_FIRST):
        command = click.option(*names, **told)(command)
    return command


def given_flags(flags: Mapping[str, object]) -> dict[str, Any]:
    """What was really given, as plain JSON; paths are absolute: whoever starts a server
    later may stand elsewhere.
    """
    return {
        name: _absolute(value) if isinstance(value, Path) else value
        for name, value in flags.items()
        if value is not None and value is not False
    }


def _absolute(path: Path) -> str:
    """A leading ~ is left to whoever reads the configuration."""
    return str(path if path.parts[:1] and path.parts[0][0] == "~" else path.absolute())


def supervisor_command(
    flags: Mapping[str, Any], launch: Mapping[str, str]
) -> list[str]:
    """The command line of a server. The words at its end are how people find it
    (``pkill -f "lunaroute-server serve"``); ``launch`` is for the supervisor alone.
    """
    return [
        *(sys.executable, "-P", "-m", "lunaroute.supervisor"),
        *(json.dumps(flags), json.dumps(launch)),
        *("lunaroute-server", "serve", *as_words(flags)),
    ]


def as_words(flags: Mapping[str, Any]) -> list[str]:
    """Given flags as they are written."""
    words = []
    for name, value in flags.items():
        words.append(f"--{name.replace('_', '-')}")
        if value is not True:
            words.append(str(value))
    return words


def become_supervisor(flags: Mapping[str, Any], launch: Mapping[str, str]) -> None:
    """Replaces this process by the supervisor's: no library of ours stays loaded."""
    sys.stdout.flush()
    command = supervisor_command(flags, launch)
    os.execv(command[0], command)  # noqa: S606 - our own interpreter, a list, no shell
