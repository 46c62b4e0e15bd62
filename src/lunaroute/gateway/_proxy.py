"""A tunnel through an HTTP proxy (CONNECT, RFC 9110 9.3.6)."""

import re

from lunaroute.errors import UpstreamFault
from lunaroute.gateway._fault import ConnectFault, plain
from lunaroute.gateway._http_client import Proxy
from lunaroute.gateway._socket import Wire
from lunaroute.routing import Origin
from lunaroute.wire import END

MAX_HEAD = 64 * 1024
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: ([^\r\n]*))?\r\n")
_UNPRINTABLE = re.compile(r"[^ -~]")
MAX_REASON = 80


async def open_tunnel(wire: Wire, proxy: Proxy, origin: Origin) -> None:
    """Returns when ``wire``, a connection to the proxy, leads to ``origin``.

    Raises UpstreamFault with the proxy's reason, which holds no credential.
    """
    where = f"{proxy.host}:{proxy.port}"
    try:
        await wire.send(_request(proxy, origin))
        head = await _read_head(wire)
    except OSError as error:
        raise ConnectFault(f"the proxy {where} broke off: {plain(error)}") from error
    status = _STATUS.match(head)
    if status is None:
        raise UpstreamFault(f"the proxy {where} does not speak HTTP/1.1")
    if not status[1].startswith(b"2"):
        said = b" ".join(part for part in status.groups() if part).decode("latin-1")
        said = _UNPRINTABLE.sub("?", said)[:MAX_REASON]
        raise UpstreamFault(
            f"the proxy {where} refuses a connection to {origin.host}: {said}"
        )
    if not head.endswith(END):
        # Whoever comes after it in TLS and in HTTP waits for us to speak first.
        raise UpstreamFault(f"the proxy {where} sends more than its answer's head")


def _request(proxy: Proxy, origin: Origin) -> bytes:
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    where = f"{host}:{origin.port}"
    lines = [f"CONNECT {where} HTTP/1.1", f"Host: {where}"]
    if proxy.authorization:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    return "\r\n".join([*lines, "", ""]).encode()


async def _read_head(wire: Wire) -> bytes:
    """Up to the empty line, with what came behind it. Raises OSError."""
    head = b""
    while END not in head:
        more = await wire.receive()
        if not more:
            raise ConnectionResetError(0, "it closed the connection")
        head += more
        if len(head) > MAX_HEAD:
            break
    return head
