"""Opening a connection to a provider: name, addresses, proxy, TLS; and once more."""

import logging
import socket

import trio

from lunaroute.errors import UpstreamFault
from lunaroute.gateway._fault import ConnectFault, plain
from lunaroute.gateway._names import Names
from lunaroute.gateway._options import Provider
from lunaroute.gateway._proxy import open_tunnel
from lunaroute.gateway._race import connect, connect_first
from lunaroute.gateway._socket import PlainSocket, TlsSocket, Wire
from lunaroute.gateway._tls import TlsClient
from lunaroute.routing import Origin

log = logging.getLogger("lunaroute.gateway")

# Before the second attempt; doubled before each further one.
BACKOFF_SECONDS = 0.1


class Dialer:
    """What connections to all providers share: addresses, authorities, sessions."""

    def __init__(self, names: Names | None = None) -> None:
        self._names = names or Names()
        self._tls = TlsClient()

    async def dial(self, provider: Provider) -> Wire:
        """A connection over which nothing has been sent yet.

        One that does not come about is tried again, within the time that all attempts
        have together. Raises UpstreamFault, 504 when that time is over.
        """
        http, origin = provider.http, provider.base.origin
        retries = 0 if origin.unix else http.max_retries
        attempt = 0
        with trio.move_on_after(http.connect_secs) as scope:
            while True:
                try:
                    return await self._open(provider)
                except ConnectFault as fault:
                    pause = BACKOFF_SECONDS * 2**attempt
                    late = trio.current_time() + pause >= scope.deadline
                    if attempt >= retries or late:
                        raise
                    log.debug("%s: %s; trying again", provider.name, fault)
                await trio.sleep(pause)
                attempt += 1
        way = f" through the proxy {http.proxy.host}" if http.proxy else ""
        raise UpstreamFault(
            f"no connection to {origin.host}{way} within {http.connect_secs:g} s",
            status=504,
        )

    def learn(self, origin: Origin, wire: Wire) -> None:
        """After an answer: what makes the next connection cheaper."""
        if isinstance(wire, TlsSocket):
            self._tls.learn(origin, wire)

    async def _open(self, provider: Provider) -> Wire:
        """One attempt. Raises UpstreamFault."""
        http, origin = provider.http, provider.base.origin
        if origin.unix:
            return PlainSocket(await _connect_unix(origin.unix))
        if http.proxy is None:
            sock = await self._connect(
                origin.host, origin.port, http.keepalive_secs, "to"
            )
        else:
            sock = await self._connect(
                http.proxy.host, http.proxy.port, http.keepalive_secs, "to the proxy"
            )
            try:
                await open_tunnel(PlainSocket(sock), http.proxy, origin)
            except BaseException:
                sock.close()
                raise
        if origin.tls:
            return await self._tls.secure(sock, origin)
        return PlainSocket(sock)

    async def _connect(
        self, host: str, port: int, keepalive_secs: int, to: str
    ) -> socket.socket:
        try:
            addresses = await self._names.addresses(host, port)
        except OSError as error:
            raise ConnectFault(f"cannot connect {to} {host}: {plain(error)}") from error
        try:
            return await connect_first(addresses, keepalive_secs)
        except OSError as error:
            self._names.doubt(host, port)
            raise ConnectFault(
                f"cannot connect {to} {host}:{port}: {plain(error)}"
            ) from error


async def _connect_unix(path: str) -> socket.socket:
    try:
        return await connect((socket.AF_UNIX, path), 0)
    except OSError as error:
        raise ConnectFault(f"cannot connect to {path}: {plain(error)}") from error
