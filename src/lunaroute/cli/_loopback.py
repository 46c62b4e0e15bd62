"""A server on loopback in threads of its own: what the commands that are a provider
themselves have in common.
"""

import socket
import socketserver
import sys
import threading
from typing import Any


class LoopbackServer:
    """Serves from construction on; ``close`` ends it.

    A ``handler`` is made for each connection. Port 0 is any that is free; ``url`` says
    which it is.
    """

    def __init__(
        self, handler: type[socketserver.BaseRequestHandler], port: int = 0
    ) -> None:
        self._server = _Server(("127.0.0.1", port), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: Any
    ) -> None:
        """A client that left is no news; anything else is shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)
