"""TLS with providers: verified against the system's authorities, sessions resumed.

The authorities are OpenSSL's default ones, which ``SSL_CERT_FILE`` and
``SSL_CERT_DIR`` replace.
"""

import errno
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import trio

from lunaroute.errors import UpstreamFault
from lunaroute.gateway._fault import ConnectFault, plain
from lunaroute.gateway._socket import TlsSocket
from lunaroute.routing import Origin

_BROKEN_OFF = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)


class TlsClient:
    """The context that all connections share, and the last session of each origin."""

    def __init__(self) -> None:
        self._context: ssl.SSLContext | None = None
        self._loading = trio.Lock()
        self._sessions: dict[Origin, ssl.SSLSession] = {}

    async def secure(self, sock: socket.socket, origin: Origin) -> TlsSocket:
        """TLS over ``sock``, which from now on is this one's to close.

        Raises UpstreamFault, ConnectFault where another attempt may fare better.
        """
        try:
            return await self._handshake(sock, origin)
        except (OSError, ValueError) as error:
            self._sessions.pop(origin, None)
            raise _fault(origin.host, error) from error

    def learn(self, origin: Origin, secured: TlsSocket) -> None:
        """Keeps the session for the next connection, whose handshake it shortens.

        To be called after an answer: the tickets of TLS 1.3 come behind the handshake
        (RFC 8446 4.6.1).
        """
        session = secured.sock.session
        if session is not None:
            self._sessions[origin] = session

    async def _handshake(self, sock: socket.socket, origin: Origin) -> TlsSocket:
        with _closed_on_error(sock):
            context = await self._load()
            session = self._sessions.get(origin)
            secured = TlsSocket(sock, context, origin.host, session)
        with _closed_on_error(secured):
            await secured.handshake()
        return secured

    async def _load(self) -> ssl.SSLContext:
        # Reading the authorities takes 20 to 30 ms.
        async with self._loading:
            if self._context is None:
                self._context = await trio.to_thread.run_sync(_make_context)
        return self._context


def _make_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    # Without it a write may have to wait for something to read, for which the
    # answer's task waits already.
    context.options |= ssl.OP_NO_RENEGOTIATION
    return context


@contextmanager
def _closed_on_error(what: socket.socket | TlsSocket) -> Iterator[None]:
    try:
        yield
    except BaseException:
        what.close()
        raise


def _fault(host: str, error: OSError | ValueError) -> UpstreamFault:
    if isinstance(error, ssl.SSLCertVerificationError):
        return UpstreamFault(
            f"the certificate of {host} cannot be trusted: {error.verify_message}"
        )
    broke_off = isinstance(error, _BROKEN_OFF) or (
        isinstance(error, OSError) and error.errno == errno.ENOTCONN
    )
    kind = ConnectFault if broke_off else UpstreamFault
    return kind(f"TLS with {host} failed: {plain(error)}")
