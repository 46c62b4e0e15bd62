"""Joining a provider's base URL and a request's target. Pure; a table is its test."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from lunaroute.errors import ConfigError
from lunaroute.model import Dialect


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a connection goes."""

    tls: bool
    host: str
    port: int
    unix: str = ""  # a socket path instead of host and port

    @property
    def authority(self) -> bytes:
        """The value of Host (RFC 9110 7.2): without the scheme's own port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.tls else 80
        return (host if self.port == default else f"{host}:{self.port}").encode()


@dataclass(frozen=True, slots=True)
class Base:
    """A provider's base URL, taken apart."""

    origin: Origin
    path: str  # no trailing slash
    url: str

    def target(self, dialect: Dialect, target: bytes) -> bytes:
        """The target for the provider: its base path and the client's path and query.

        OpenAI: a leading ``/v1`` of the client's path is the base's own and is taken
        off. Anthropic: ``/v1`` is not doubled if the base ends in it, and added to
        ``/messages``, which a client sends whose base lacks it.
        """
        path, mark, query = target.partition(b"?")
        if dialect is Dialect.OPENAI or self.path.endswith("/v1"):
            path = _without_v1(path)
        elif path == b"/messages" or path.startswith(b"/messages/"):
            path = b"/v1" + path
        return self.path.encode() + path + mark + query


def parse_base(url: str, dialect: Dialect) -> Base:
    """Takes a base URL apart. An OpenAI base without any path gets ``/v1``.

    Raises ConfigError for anything but an http or https URL with a host.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"base_url {url!r} is not an http:// or https:// URL")
    tls = parts.scheme == "https"
    path = parts.path.rstrip("/")
    if dialect is Dialect.OPENAI and not path:
        path = "/v1"
    port = parts.port or (443 if tls else 80)
    origin = Origin(tls, parts.hostname, port)
    return Base(origin, path, f"{parts.scheme}://{parts.netloc}{path}")


def _without_v1(path: bytes) -> bytes:
    if path == b"/v1" or path.startswith(b"/v1/"):
        return path[3:]
    return path
