"""Who may use a port of ours at all: pure decisions over what a request's head says.

A page in the user's browser can reach loopback and would spend the user's key, or read
the record: by a cross-origin request (the browser then sends Origin, RFC 6454 7) or by
a name of its own that it lets resolve to 127.0.0.1 (DNS rebinding: Host is then that
name). Both are told by their headers. Other machines show a token.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lunaroute.errors import ClientFault
from lunaroute.routing._loopback import is_loopback

TOKEN_HEADER = b"x-lunaroute-token"
_WILDCARDS = frozenset(("0.0.0.0", "::"))  # noqa: S104 - recognised, not bound
_OFF_BY_OTHERS = (
    "to allow it, add it to allowed_hosts (LUNAROUTE_ALLOWED_HOSTS) "
    "and start LunaRoute again"
)


@dataclass(frozen=True, slots=True)
class Admission:
    """What the server may be called by, and by whom."""

    host: str = "127.0.0.1"  # the address it listens on
    allowed_hosts: frozenset[str] = frozenset()
    allowed_origins: frozenset[str] = frozenset()
    token: bytes = b""

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any] | None) -> "Admission":
        """From a part of the plan (docs/architecture.md); without one the default."""
        if plain is None:
            return cls()
        return cls(
            host=plain["host"],
            allowed_hosts=frozenset(plain["allowed_hosts"]),
            allowed_origins=frozenset(plain["allowed_origins"]),
            token=plain["token"].encode(),
        )

    def check_host(self, name: str, local: str) -> None:
        """``name`` is Host without its port, "" where HTTP/1.0 sent none; ``local`` the
        address that the connection came in by. Raises ClientFault 403.
        """
        name = name.lower()
        if not name or name in self.allowed_hosts or "*" in self.allowed_hosts:
            return
        if is_loopback(name) or name == self.host:
            return
        if self.host in _WILDCARDS and name == local:
            return
        raise ClientFault(
            f"LunaRoute is not served under the name {_printable(name)}; "
            f"{_OFF_BY_OTHERS}",
            status=403,
        )

    def check_origin(self, origin: bytes, host: bytes, site: bytes = b"") -> None:
        """``origin`` is empty where a client sent none, as all but browsers do, and
        ``host`` the whole value of Host. ``site`` is Sec-Fetch-Site, which tells of a
        foreign page's images and forms, that have no Origin. Raises ClientFault 403.
        """
        if not origin and site == b"cross-site":
            origin = b"null"
        if not origin or self._allows(origin, host):
            return
        raise ClientFault(
            f"the web page {_printable(origin.decode('latin-1'))} may not use this "
            "proxy; to allow it, add that origin to allowed_origins "
            "(LUNAROUTE_ALLOWED_ORIGINS) and start LunaRoute again",
            status=403,
        )

    def _allows(self, origin: bytes, host: bytes) -> bool:
        text = origin.decode("latin-1").lower()
        if text == f"http://{host.decode('latin-1').lower()}":
            return True
        scheme = text.partition("://")[0]
        return not self.allowed_origins.isdisjoint(("*", text, f"{scheme}://*"))

    def check_token(self, shown: bytes, peer: str) -> None:
        """``peer`` is the caller's address without its port; our own machine needs no
        token. Raises ClientFault 401 for a wrong or missing one.
        """
        if not self.token or is_loopback(peer):
            return
        if not hmac.compare_digest(shown, self.token):
            raise ClientFault(
                "callers from other machines need this LunaRoute's token, as the "
                "header x-lunaroute-token or as /t/TOKEN in front of the path",
                status=401,
            )


def _printable(text: str) -> str:
    return ascii(text[:100])
