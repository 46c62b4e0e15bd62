"""The variables that lead a client to a server, in the words of a shell."""

import re
from collections.abc import Callable, Mapping

from lunaroute.running import Server

_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+-]+")


def variables(server: Server) -> dict[str, str]:
    """What clients read, for the dialects that are served."""
    found = {}
    if "anthropic" in server.dialects:
        found["ANTHROPIC_BASE_URL"] = server.url
    if "openai" in server.dialects:
        found["OPENAI_BASE_URL"] = f"{server.url}/v1"
    return found


def _posix(name: str, value: str) -> str:
    return f"export {name}={_quoted(value)}"


def _fish(name: str, value: str) -> str:
    # Fish joins the lines of a command substitution by spaces.
    return f"set -gx {name} {_quoted(value)};"


def _powershell(name: str, value: str) -> str:
    quoted = value.replace("'", "''")
    return f"$env:{name} = '{quoted}'"


SHELLS: Mapping[str, Callable[[str, str], str]] = {
    "bash": _posix,
    "zsh": _posix,
    "fish": _fish,
    "powershell": _powershell,
}


def assignment(shell: str, name: str, value: str) -> str:
    """One line that sets the variable for the shell and what it starts."""
    return SHELLS[shell](name, value)


def _quoted(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    quoted = value.replace("'", "'\\''")
    return f"'{quoted}'"
