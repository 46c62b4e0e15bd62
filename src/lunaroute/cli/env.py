"""``lunaroute env``: a server in the background, and the variables that lead to it."""

import os
import socket
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from lunaroute.cli._exports import SHELLS, assignment, variables
from lunaroute.cli._launch import Found, NotStartedError, ensure
from lunaroute.cli._serving import as_words, given_flags, start_options
from lunaroute.errors import ConfigError
from lunaroute.running import Server


@click.command(name="env")
@start_options
@click.option(
    "--shell",
    type=click.Choice(tuple(SHELLS)),
    default="bash",
    help="Whose words to print.  [bash]",
)
def command(shell: str, **flags: object) -> None:
    """Start the proxy in the background, print the variables for clients.

    \b
    bash, zsh:   eval $(lunaroute env)
    fish:        lunaroute env --shell fish | source
    PowerShell:  lunaroute env --shell powershell | Out-String | Invoke-Expression

    A server that runs already is used. Everything but the variables goes to standard
    error; if there is no server, nothing is printed and the exit code is 1. All
    options of `lunaroute serve` are taken.
    """
    given = given_flags(flags)
    try:
        found = ensure(given, os.environ)
    except (NotStartedError, ConfigError) as error:
        click.echo(f"lunaroute: not started: {error}", err=True)
        sys.exit(1)
    for name, value in variables(found.server).items():
        click.echo(assignment(shell, name, value))
    for line in remarks(found, given):
        click.echo(f"# {line}" if line else "#", err=True)


def remarks(found: Found, given: Mapping[str, Any]) -> Iterator[str]:
    """What a person should know of the server besides its address."""
    server = found.server
    if found.is_new:
        yield f"LunaRoute server started on {server.url} (process {server.pid})"
    else:
        yield f"LunaRoute already runs on {server.url} (process {server.pid})"
        without = _without_effect(server, given)
        if without:
            yield (
                f"it was started without {' '.join(as_words(without))}: "
                "`lunaroute restart` takes such options"
            )
    if server.page:
        yield f"Web UI available at {server.page}"
    if server.exposed:
        yield from _for_other_machines(server)
    if "openai" in server.dialects:
        yield (
            "Codex ignores OPENAI_BASE_URL: `lunaroute run codex`, or put "
            f'openai_base_url = "{server.url}/v1" into ~/.codex/config.toml'
        )
    yield "`lunaroute status`, `lunaroute logs -f`, `lunaroute stop`"


def _without_effect(server: Server, given: Mapping[str, Any]) -> dict[str, Any]:
    """Of the options given those that a running server was not started with."""
    flags = server.flags or {}
    others = {name: value for name, value in given.items() if flags.get(name) != value}
    if any(each.endswith(f":{given.get('port')}") for each in server.addresses):
        others.pop("port", None)
    return others


def _for_other_machines(server: Server) -> Iterator[str]:
    port = urlsplit(server.url).port
    base = f"http://{socket.gethostname()}:{port}"
    if server.remote == "allowed":
        yield f"other machines use {base}, and need no token"
        return
    if not server.token_file:
        yield f"other machines use {base}/t/TOKEN, with the token that you have set"
        return
    try:
        token = Path(server.token_file).read_text().strip()
    except OSError as error:
        yield f"the token of other machines cannot be read: {error}"
        return
    yield "other machines show a token (it stays the same, and lies in"
    yield f"{server.token_file}), in the base URL or as x-lunaroute-token:"
    yield f"  ANTHROPIC_BASE_URL={base}/t/{token}"
    yield f"  OPENAI_BASE_URL={base}/t/{token}/v1"
