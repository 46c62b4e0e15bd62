"""In front of the web page: who may call at its port.

The rules are those of the proxy's port; a link that is followed to the page itself
passes from wherever it came.
"""

import logging
from collections.abc import Mapping
from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

from lunaroute.errors import ClientFault
from lunaroute.observer._api import failure
from lunaroute.routing import TOKEN_HEADER, Admission

log = logging.getLogger("lunaroute.page")

_IN_PATH = "/t/"


class Guard:
    """An ASGI application around another."""

    def __init__(
        self, app: ASGIApp, admission: Admission, *, log_requests: bool
    ) -> None:
        self._app = app
        self._admission = admission
        self._log_requests = log_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        shown, scope = _without_token(scope)
        if self._log_requests:
            log.info("%s %s", scope["method"], quote(scope["path"]))
        try:
            self._check(scope, shown)
        except ClientFault as fault:
            answer = failure(fault.status, str(fault))
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _check(self, scope: Scope, shown: bytes) -> None:
        """Raises ClientFault 401 or 403."""
        headers: Mapping[bytes, bytes] = dict(scope["headers"])
        host = headers.get(b"host", b"")
        local, peer = (scope[name] or ("", 0) for name in ("server", "client"))
        self._admission.check_host(_name(host), str(local[0]))
        if not _is_navigation(scope, headers):
            self._admission.check_origin(
                headers.get(b"origin", b""), host, headers.get(b"sec-fetch-site", b"")
            )
        self._admission.check_token(shown or headers.get(TOKEN_HEADER, b""), peer[0])


def _is_navigation(scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
    """Somebody follows a link to the page; no script of another page sees the answer,
    and no frame shows it.
    """
    return (
        scope["method"] == "GET"
        and scope["path"] == "/"
        and b"origin" not in headers
        and headers.get(b"sec-fetch-mode") == b"navigate"
        and headers.get(b"sec-fetch-dest") == b"document"
    )


def _name(host: bytes) -> str:
    """The value of Host without its port; brackets of an IPv6 address go."""
    text = host.decode("latin-1")
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0]


def _without_token(scope: Scope) -> tuple[bytes, Scope]:
    """The token in front of the path, empty if there is none, and the path without."""
    path: str = scope["path"]
    if not path.startswith(_IN_PATH):
        return b"", scope
    token, slash, rest = path[len(_IN_PATH) :].partition("/")
    if not token or not slash:  # without the slash the page's own links would go astray
        return b"", scope
    return token.encode("utf-8", "replace"), {**scope, "path": f"/{rest}"}
