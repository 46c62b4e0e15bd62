"""Who may use this proxy at all: pure decisions over a request's head.

A page in the user's browser can reach loopback and would spend the user's key: by
a cross-origin request (the browser then sends Origin, RFC 6454 7) or by a name of its
own that it lets resolve to 127.0.0.1 (DNS rebinding: Host is then that name). Both are
told by their headers. Other machines show a token.
"""

import hmac
from dataclasses import dataclass

from lunaroute.errors import ClientFault
from lunaroute.routing import is_loopback
from lunaroute.wire import RequestHead, parse_request

TOKEN_HEADER = b"x-lunaroute-token"
_IN_PATH = b"/t/"
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


def without_token(head: RequestHead) -> tuple[bytes, RequestHead]:
    """The token that was shown, empty if none, and the head as if it had not been in
    the path: neither the provider nor the record is to see it.
    """
    if not head.target.startswith(_IN_PATH):
        return head.first(TOKEN_HEADER), head
    token, slash, _ = head.target[len(_IN_PATH) :].partition(b"/")
    if not token:
        return b"", head
    line, end, fields = head.raw.partition(b"\r\n")
    # The path is the last part of the target: an authority may look the same.
    before, _, version = line.rpartition(head.target)
    left = head.target[len(_IN_PATH + token) :] if slash else b"/"
    return token, parse_request(before + left + version + end + fields)


def body_too_long(limit: int) -> ClientFault:
    return ClientFault(
        f"the request body is longer than {limit} bytes "
        "(http_server.max_request_body_bytes)",
        status=413,
    )


def _printable(text: str) -> str:
    return ascii(text[:100])
