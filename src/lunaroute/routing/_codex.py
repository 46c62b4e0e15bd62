"""The Codex CLI's own login: what its file holds, and when it may be used. Pure."""

import json
from dataclasses import dataclass, field
from typing import Any

from lunaroute.model import Dialect
from lunaroute.routing._base import Origin
from lunaroute.routing._credentials import HeaderChange
from lunaroute.routing._facts import CARRIERS, Facts
from lunaroute.routing._loopback import is_loopback

# The login goes to these hosts and to those below them, to nobody else.
_HOSTS = ("api.openai.com", "chatgpt.com")
_ORIGINATOR = "codex_cli_rs"
_SYSTEMS = {"Darwin": "Mac OS"}


@dataclass(frozen=True, slots=True)
class CodexAuth:
    """How the login is found."""

    file: str
    token_field: str  # dotted
    account_id: str  # instead of the file's own, empty for that
    user_agent: str
    is_optional: bool  # no file is no reason for a warning


@dataclass(frozen=True, slots=True)
class Login:
    """What Codex would send for itself."""

    token: str = field(repr=False)
    account_id: str = field(repr=False)  # empty for an API key


class LoginError(ValueError):
    """The file holds no login. Says why, never what it holds instead."""


def parse_login(content: bytes, token_field: str, account_id: str = "") -> Login:
    """Reads an ``auth.json``.

    ``token_field`` is the dotted path of the token; where nothing stands there, and
    for a login by API key (``auth_mode: apikey``), it is ``OPENAI_API_KEY``, which
    belongs to no account. Raises LoginError.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise LoginError("it is not JSON") from None
    if not isinstance(found, dict):
        raise LoginError("it is not a JSON object")
    token, api_key = _dig(found, token_field), found.get("OPENAI_API_KEY")
    if api_key and (found.get("auth_mode") == "apikey" or not token):
        return Login(_word(api_key, "OPENAI_API_KEY"), "")
    if not token:
        raise LoginError(f"it has no {token_field}")
    account_id = account_id or _dig(found, "tokens.account_id") or ""
    return Login(
        _word(token, token_field),
        _word(account_id, "tokens.account_id") if account_id else "",
    )


def is_openais(origin: Origin) -> bool:
    """Whether a login of OpenAI's may go there: its own hosts, over TLS."""
    if not origin.tls or origin.unix:
        return False
    host = origin.host.lower()
    return any(host == each or host.endswith(f".{each}") for each in _HOSTS)


def may_use_login(dialect: Dialect, origin: Origin, facts: Facts, peer: str) -> bool:
    """Whether a request may go out with the login of whoever runs the proxy.

    Only one without credentials of its own, from a program of this machine itself:
    ``peer`` is loopback, and neither another proxy nor a web page is behind it.
    """
    return (
        dialect is Dialect.OPENAI
        and not facts.has_credential
        and not facts.is_indirect
        and is_loopback(_host_of(peer))
        and is_openais(origin)
    )


def login_change(login: Login, facts: Facts, user_agent: str) -> HeaderChange:
    """The headers of a request that goes out with the login.

    A client that is not Codex goes out in its name: a login of Codex is for Codex.
    """
    drop = CARRIERS
    add = [f"Authorization: Bearer {login.token}"]
    if login.account_id:
        drop |= {b"chatgpt-account-id"}
        add.append(f"ChatGPT-Account-ID: {login.account_id}")
    if not facts.is_codex:
        drop |= {b"user-agent", b"originator"}
        add += [f"User-Agent: {user_agent}", f"originator: {_ORIGINATOR}"]
    return HeaderChange(drop, tuple(line.encode() for line in add))


def codex_user_agent(version: str, system: str, machine: str) -> str:
    """Codex' User-Agent as of the first releases that had one."""
    system = _SYSTEMS.get(system, system)
    return f"{_ORIGINATOR}/{version} ({system}; {machine}) xterm-256color"


def _host_of(peer: str) -> str:
    """Of ``host:port``, without the brackets around IPv6."""
    return peer.rpartition(":")[0].strip("[]")


def _dig(found: Any, path: str) -> Any:
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _word(value: object, name: str) -> str:
    """A text that can stand in a header line."""
    if not isinstance(value, str):
        raise LoginError(f"its {name} is not a text")
    if not (value.isascii() and value.isprintable() and " " not in value):
        raise LoginError(f"its {name} is not one word of visible ASCII characters")
    return value
