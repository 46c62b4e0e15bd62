"""The clients that we know: how each is told where its provider is, and how it names
itself. What was measured of them stands in docs/clients.md.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lunaroute.cli._exports import variables
from lunaroute.errors import LunarouteError
from lunaroute.running import Server

Environment = dict[str, str]
Command = list[str]

# Where any of these is set, clients would ask that proxy for loopback, too.
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class NotServedError(LunarouteError):
    """The server does not serve what a client speaks."""


@dataclass(frozen=True, slots=True)
class Client:
    """A program that can be led to a server."""

    name: str  # for people
    agents: tuple[str, ...]  # how its User-Agent begins; empty: anything counts
    speaks: tuple[str, ...]  # the dialects, any of which it needs
    lead: Callable[[Sequence[str], Server, Environment], tuple[Command, Environment]]


def led(
    client: Client, command: Sequence[str], server: Server, environ: Mapping[str, str]
) -> tuple[Command, Environment]:
    """Command line and environment by which it uses this server.

    Raises NotServedError if that is of no use to it.
    """
    if client.speaks and not set(client.speaks) & set(server.dialects):
        raise NotServedError(
            f"{client.name} speaks to {' or '.join(client.speaks)}, and the server at "
            f"{server.url} serves {', '.join(server.dialects)} only; "
            "`lunaroute restart --dialect both` serves all"
        )
    environment = {**environ, **variables(server), **past_proxies(environ)}
    return client.lead(command, server, environment)


def known(program: str) -> Client:
    """The client of this program's name, else one that reads the usual variables."""
    name = Path(program).name
    return CLIENTS.get(name) or Client(name, (), (), _as_it_is)


def past_proxies(environ: Mapping[str, str]) -> Environment:
    """``NO_PROXY`` with loopback in it, if a proxy is set and it is not. In both
    spellings, since programs read one or the other.
    """
    names = {*PROXY_VARIABLES, *map(str.lower, PROXY_VARIABLES)}
    if not any(environ.get(name) for name in names):
        return {}
    set_now = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    present = [each.strip() for each in set_now.split(",") if each.strip()]
    missing = [each for each in _LOOPBACK if each not in present]
    if not missing or "*" in present:
        return {}
    value = ",".join((*present, *missing))
    return {"NO_PROXY": value, "no_proxy": value}


def _as_it_is(
    command: Sequence[str],
    _server: Server,
    environ: Environment,
) -> tuple[Command, Environment]:
    return list(command), environ


def _codex(
    command: Sequence[str], server: Server, environ: Environment
) -> tuple[Command, Environment]:
    """It ignores OPENAI_BASE_URL; an option goes before its configuration file."""
    option = ("-c", f'openai_base_url="{server.url}/v1"')
    return [command[0], *option, *command[1:]], environ


def _opencode(
    command: Sequence[str], server: Server, environ: Environment
) -> tuple[Command, Environment]:
    """Its Anthropic library wants the /v1, and its OpenAI library reads no variable:
    both are told in the configuration that it takes from the environment.
    """
    name = "OPENCODE_CONFIG_CONTENT"
    config = _parsed(environ.get(name, ""))
    providers = config.setdefault("provider", {})
    for vendor in server.dialects:
        entry = providers.setdefault(vendor, {})
        entry.setdefault("options", {})["baseURL"] = f"{server.url}/v1"
    return list(command), {**environ, name: json.dumps(config)}


def _parsed(text: str) -> dict[str, Any]:
    """What somebody else has put there already; not a map is left out."""
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


CLIENTS: Mapping[str, Client] = {
    "claude": Client("Claude Code", ("claude-cli",), ("anthropic",), _as_it_is),
    "codex": Client("Codex", ("codex",), ("openai",), _codex),
    "opencode": Client("OpenCode", ("opencode",), ("anthropic", "openai"), _opencode),
}
