"""A relay between a client and the proxy that keeps what passes, byte for byte.

Two runs of a client differ by ids and times. With the relay one run is enough to see
whether the proxy changes anything: what the client sent is compared with what the
provider got, and the answers the other way.
"""

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass, field
from typing import Self

NO_LINGER = struct.pack("ii", 1, 0)  # close() resets


@dataclass
class Tapped:
    """One connection: what came from the client and what went to it."""

    up: bytes = b""
    down: bytes = b""


@dataclass
class Wiretap:
    """Listens as soon as it is made and hands everything on to ``port``."""

    port_behind: int
    connections: list[Tapped] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._open: list[socket.socket] = []
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        # shutdown() wakes the threads that wait in accept() and recv().
        for sock in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.port_behind))
            for sock in (client, server):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._open.append(sock)
            tapped = Tapped()
            self.connections.append(tapped)
            thread = threading.Thread(
                target=self._relay, args=(client, server, tapped), daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def _relay(
        self, client: socket.socket, server: socket.socket, tapped: Tapped
    ) -> None:
        up = threading.Thread(
            target=_pump, args=(client, server, tapped, "up"), daemon=True
        )
        up.start()
        _pump(server, client, tapped, "down")
        up.join()
        client.close()
        server.close()


def _pump(source: socket.socket, sink: socket.socket, tapped: Tapped, way: str) -> None:
    """One direction until its end; an end is handed on, a reset as a reset."""
    try:
        while data := source.recv(65536):
            setattr(tapped, way, getattr(tapped, way) + data)
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
        if way == "down":  # nobody answers any more: a client need not go on
            source.shutdown(socket.SHUT_RDWR)
            sink.shutdown(socket.SHUT_RD)
    except OSError:
        for sock in (source, sink):
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
                sock.shutdown(socket.SHUT_RDWR)
