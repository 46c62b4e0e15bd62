"""What the supervisor says to the person at the terminal."""

import os
import select
import socket
import stat
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from lunaroute._version import __version__
from lunaroute.logs import json_line, masked

# Who started us and does not read what we say must not keep us from ending.
_PATIENCE_SECONDS = 2.0


class _Form:
    """How this process speaks; the configuration says so once it is read."""

    json = False


def speak(form: str) -> None:
    """From now on as ``text`` or as ``json``, one object a line."""
    _Form.json = form == "json"


def say(text: str) -> None:
    """To the person at the terminal, if there still is one."""
    with suppress(OSError):  # a terminal that was closed ends no proxy
        print(_formed(text, "info", text), flush=True)


def say_patiently(text: str) -> None:
    """A long text, as far as it is read within two seconds."""
    rest = f"{_formed(text, 'info', text)}\n".encode(sys.stdout.encoding, "replace")
    end = time.monotonic() + _PATIENCE_SECONDS
    with suppress(OSError, ValueError):  # a standard output that is closed, or none
        sys.stdout.flush()
        descriptor = sys.stdout.fileno()
        ready = select.poll()
        ready.register(descriptor, select.POLLOUT)
        while rest and ready.poll(max(0, 1000 * (end - time.monotonic()))):
            # A pipe that is ready takes so much without blocking (pipe(7)).
            rest = rest[os.write(descriptor, rest[: select.PIPE_BUF]) :]


def complain(text: str) -> None:
    """To standard error, with our name."""
    with suppress(OSError):
        spoken = f"{_clock()}lunaroute: {text}"
        print(_formed(text, "warn", spoken), file=sys.stderr, flush=True)


def _formed(text: str, level: str, spoken: str) -> str:
    """What is said to people in ``spoken`` words, as the form has it."""
    return json_line(level, "lunaroute.supervisor", text) if _Form.json else spoken


def _clock() -> str:
    """The time, where a file is written to: terminals and journals have their own."""
    if not stat.S_ISREG(os.fstat(2).st_mode):
        return ""
    return time.strftime("%Y-%m-%d %H:%M:%S ")


def banner(
    options: Mapping[str, Any],
    listeners: Sequence[socket.socket],
    page: Sequence[socket.socket] = (),
) -> str:
    """The start lines: where, for whom, with whose credentials, recorded where."""
    url = address_of(listeners)
    served = options["dialects"]
    lines = [f"LunaRoute {__version__} serves on {url}", ""]
    lines += (
        f"  {provider['name']:<10} {masked(provider['base_url'])}{_through(provider)}  "
        f"({_whose(provider)})"
        for provider in options["providers"]
        if provider["name"] in served
    )
    lines += (
        f"  {'recording':<10} {_where(options)}",
        *_redaction(options),
        f"  {'page':<10} {_page(options, page)}",
    )
    reached = exposed(listeners)
    if reached:
        lines += ("", f"  {_who(options['remote'])} {reached} can use this proxy.")
    lines.append("")
    if "anthropic" in served:
        lines.append(f"  export ANTHROPIC_BASE_URL={url}")
    if "openai" in served:
        lines.append(f"  export OPENAI_BASE_URL={url}/v1")
    return "\n".join(lines)


def _who(remote: str) -> str:
    if remote == "token":
        return "Whoever shows the token (x-lunaroute-token, or /t/TOKEN/...) at"
    return "Everybody who can reach"


def exposed(listeners: Sequence[socket.socket]) -> str:
    """The first address that is not this machine's own, empty if there is none."""
    for listener in listeners:
        host, port = listener.getsockname()[:2]
        if not (host == "::1" or host.startswith("127.")):
            return f"{host} port {port}"
    return ""


def address_of(listeners: Sequence[socket.socket]) -> str:
    """A base URL that reaches us from this machine."""
    host, port = listeners[0].getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _through(provider: Mapping[str, Any]) -> str:
    return f" through {provider['through']}" if provider["through"] else ""


def _whose(provider: Mapping[str, Any]) -> str:
    where = provider["credentials_from"]
    whose = {
        "client": "your client's own credentials pass through",
        "file": f"the key in {where} replaces the client's",
        "env": f"the key in {where} is used only where the client sends none",
    }[provider["credentials"]]
    if provider["codex_login"] and provider["credentials"] != "file":
        whose += "; Codex' login where it sends none"
    return whose


def _where(options: Mapping[str, Any]) -> str:
    """What is recorded into, and what is missed without the files."""
    if not options["recording"]:
        return "off"
    places = []
    if options["sessions_dir"]:
        places.append(f"{options['sessions_dir']} (JSONL)")
    if options["sqlite_path"]:
        places.append(f"{options['sqlite_path']} (SQLite)")
    if not options["sessions_dir"]:
        places.append("no bodies, no reindex: JSONL is off")
    return ", ".join(places)


def _redaction(options: Mapping[str, Any]) -> list[str]:
    """One line, where anything is recorded."""
    if not options["recording"]:
        return []
    return [f"  {'redaction':<10} {options['redaction']}"]


def _page(options: Mapping[str, Any], page: Sequence[socket.socket]) -> str:
    """Where the web page is, or why there is none."""
    if page:
        return address_of(page)
    if not options["ui_enabled"]:
        return "off"
    return "off (its port is taken)" if options["recording"] else "off (no recording)"
