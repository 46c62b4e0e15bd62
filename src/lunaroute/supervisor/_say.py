"""What the supervisor says to the person at the terminal."""

import socket
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from lunaroute._version import __version__


def say(text: str) -> None:
    """To the person at the terminal."""
    print(text, flush=True)


def complain(text: str) -> None:
    """To standard error, with our name."""
    print(f"lunaroute: {text}", file=sys.stderr, flush=True)


def banner(options: Mapping[str, Any], listeners: Sequence[socket.socket]) -> str:
    """The start lines: where, for whom, with whose credentials, recorded where."""
    url = address_of(listeners)
    lines = [f"LunaRoute {__version__} serves on {url}", ""]
    lines += (
        f"  {provider['name']:<10} {provider['base_url']}  ({_whose(provider)})"
        for provider in options["providers"]
    )
    lines += (
        f"  {'recording':<10} {_where(options)}",
        f"  {'page':<10} {_page(options)}",
        "",
        f"  export ANTHROPIC_BASE_URL={url}",
        f"  export OPENAI_BASE_URL={url}/v1",
    )
    return "\n".join(lines)


def address_of(listeners: Sequence[socket.socket]) -> str:
    """A base URL that reaches us from this machine."""
    host, port = listeners[0].getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _whose(provider: Mapping[str, Any]) -> str:
    where = provider["credentials_from"]
    return {
        "client": "your client's own credentials pass through",
        "file": f"the key in {where} replaces the client's",
        "env": f"the key in {where} is used only where the client sends none",
    }[provider["credentials"]]


def _where(options: Mapping[str, Any]) -> str:
    if not options["recording"]:
        return "off"
    places = []
    if options["sessions_dir"]:
        places.append(f"{options['sessions_dir']} (JSONL)")
    if options["sqlite_path"]:
        places.append(f"{options['sqlite_path']} (SQLite)")
    return ", ".join(places)


def _page(options: Mapping[str, Any]) -> str:
    if not options["ui_enabled"]:
        return "off"
    where = f"http://{options['ui_host']}:{options['ui_port']}"
    return f"{where} will show the sessions; not built yet, use `lunaroute sessions`"
