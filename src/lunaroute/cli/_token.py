"""The token that other machines show, made where nobody set one."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lunaroute.errors import ConfigError
from lunaroute.home import home_directory
from lunaroute.routing import is_loopback

TOKEN_VARIABLE = "LUNAROUTE_TOKEN"  # noqa: S105 - a name, no secret
TOKEN_FILE = "token"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Token:
    """A token and the file that keeps it for the next start."""

    text: str
    path: Path


def token_for(flags: Mapping[str, Any], environ: Mapping[str, str]) -> Token | None:
    """The home's token, for a server at an address that other machines reach and whose
    settings neither have a token nor do without one. Else None.

    Raises ConfigError where it can be neither read nor kept.
    """
    host = str(flags.get("host") or environ.get("LUNAROUTE_HOST") or "")
    if not host or is_loopback(host):
        return None
    # Imported here: it takes 0.15 s, and hardly any server listens for others.
    from lunaroute.config import resolve  # noqa: PLC0415

    settings = resolve(flags, environ).settings
    if settings.token or settings.allow_remote:
        return None
    return kept_token(home_directory(environ) / TOKEN_FILE)


def kept_token(path: Path) -> Token:
    """The token in this file, which is made if there is none. Raises ConfigError."""
    try:
        with path.open() as file:
            text = file.read().strip()
    except FileNotFoundError:
        text = ""
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot read the token in {path}: {error}") from error
    if not text:
        text = secrets.token_urlsafe(24)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
            with os.fdopen(os.open(path, flags, 0o600), "w") as file:
                file.write(f"{text}\n")
        except OSError as error:
            raise ConfigError(
                f"cannot keep a token in {path}: {error.strerror}; "
                "set LUNAROUTE_TOKEN, or say --allow-remote"
            ) from error
    return Token(text, path)
