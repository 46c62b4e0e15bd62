"""The provider's side of one WebSocket (RFC 6455), frames by a sans-I/O library."""

import io
from collections.abc import Callable, Iterator

from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

# Larger than any message of a client: tools and history come in one.
MAX_MESSAGE = 64 * 1024 * 1024


class Session:
    """Made of a connection whose upgrade request has been read."""

    def __init__(
        self,
        stream: io.BufferedReader,
        send: Callable[[bytes], None],
        *,
        deflate: bool,
    ) -> None:
        extensions = [ServerPerMessageDeflateFactory()] if deflate else []
        self._protocol = ServerProtocol(extensions=extensions, max_size=MAX_MESSAGE)
        self._stream = stream  # with what was read ahead in its buffer
        self._send = send

    @property
    def compressed(self) -> bool:
        return bool(self._protocol.extensions)

    def accept(self, head: bytes, fields: tuple[tuple[str, str], ...]) -> None:
        """Answers the upgrade request ``head`` with 101 and ``fields``."""
        self._protocol.receive_data(head)
        (request,) = self._protocol.events_received()
        assert isinstance(request, Request)
        response = self._protocol.accept(request)
        for name, value in fields:
            response.headers[name] = value
        self._protocol.send_response(response)
        self._flush()
        if response.status_code != 101:
            raise ConnectionError(f"upgrade refused: {response.body!r}")

    def messages(self) -> Iterator[bytes]:
        """The client's messages until it leaves, with or without a Close frame."""
        whole = b""
        while True:
            for event in self._protocol.events_received():
                if isinstance(event, Frame) and event.opcode in (
                    Opcode.TEXT,
                    Opcode.CONT,
                ):
                    whole += bytes(event.data)
                    if event.fin:
                        yield whole
                        whole = b""
            self._flush()
            if self._protocol.close_expected():
                return
            data = self._stream.read1(65536)
            if not data:
                return
            self._protocol.receive_data(data)

    def send(self, text: str) -> None:
        self._protocol.send_text(text.encode())
        self._flush()

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:  # an empty one means that the connection should be closed
                self._send(data)
