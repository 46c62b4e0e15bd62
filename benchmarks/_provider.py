"""The provider that is measured against: one loop, bytes made beforehand.

``python -m benchmarks._provider [CERTIFICATE]`` prints its port and serves until it is
ended, under TLS if it has a certificate (PEM, with its key). A request's query says
what it gets: ``?events=200&gap_us=5000`` a stream whose events carry the monotonic
nanoseconds at which they left; ``&at=NS&stream=3`` begins it at that nanosecond and
gives it a number; ``?bytes=1000`` an answer of that size; nothing a small message.
"""

import heapq
import itertools
import re
import select
import socket
import ssl
import sys
import time
from dataclasses import dataclass, field

from benchmarks._measure import allow_descriptors
from benchmarks._traffic import (
    NUMBERED,
    STREAM_HEAD,
    answer,
    chunk,
    ending,
    opening,
)

STREAM = re.compile(rb"\?events=(\d+)&gap_us=(\d+)(?:&at=(\d+)&stream=(\d+))? ")
SIZE = re.compile(rb"\?bytes=(\d+) ")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
RECEIVE = 256 * 1024
HANDSHAKE_SECONDS = 10.0
# The last of a wait is slept through: a poll's timeout is in whole milliseconds.
SLEEP_SECONDS = 0.02

WHOLE = answer()
OPENING = STREAM_HEAD + opening()
ENDING = ending()
ZEROES = (0, 0, 0)
WORD = chunk(NUMBERED % ZEROES).replace(b"%019d %04d %06d" % ZEROES, b"%019d %04d %06d")
SIZED = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
)
BLOCK = b"x" * RECEIVE

now = time.monotonic_ns
_BUSY = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


@dataclass(slots=True, eq=False)
class Peer:
    """A connection and what it has said of its present request."""

    sock: socket.socket
    data: bytes = b""
    head: bytes = b""
    left: int = 0  # bytes of the body that are yet to come


@dataclass(slots=True)
class Stream:
    """A stream under way."""

    peer: Peer
    number: int
    events: int
    gap: int  # nanoseconds
    sent: int = 0


@dataclass(slots=True)
class Provider:
    """One listener and its connections."""

    listener: socket.socket
    tls: ssl.SSLContext | None = None
    peers: dict[int, Peer] = field(default_factory=dict)
    due: list[tuple[int, int, Stream]] = field(default_factory=list)
    poll: select.epoll = field(default_factory=select.epoll)
    order: "itertools.count[int]" = field(default_factory=itertools.count)
    room: memoryview = field(default_factory=lambda: memoryview(bytearray(RECEIVE)))

    def run(self) -> None:
        self.poll.register(self.listener, select.EPOLLIN)
        while True:
            for number, _ in self.poll.poll(self._wait()):
                if number == self.listener.fileno():
                    self._accept()
                else:
                    self._serve(self.peers[number])
            self._send_due()

    def _wait(self) -> float | None:
        """Until when the poll may last; sleeps if that is soon."""
        if not self.due:
            return None
        seconds = (self.due[0][0] - now()) / 1e9
        if seconds > SLEEP_SECONDS:
            return seconds - SLEEP_SECONDS / 2
        if seconds > 0:
            time.sleep(seconds)
        return 0

    def _accept(self) -> None:
        sock, _ = self.listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls is not None:
            sock.settimeout(HANDSHAKE_SECONDS)
            try:
                sock = self.tls.wrap_socket(sock, server_side=True)
            except OSError as error:
                print(f"handshake: {error}", file=sys.stderr)
                sock.close()
                return
        sock.setblocking(False)
        self.peers[sock.fileno()] = Peer(sock)
        self.poll.register(sock, select.EPOLLIN)

    def _serve(self, peer: Peer) -> None:
        try:
            if not self._take(peer):
                self._end(peer)
        except _BUSY:
            return
        except OSError:
            self._end(peer)  # it has what it wanted

    def _end(self, peer: Peer) -> None:
        self.poll.unregister(peer.sock)
        del self.peers[peer.sock.fileno()]
        peer.sock.close()

    def _take(self, peer: Peer) -> bool:
        """What has come of a request; false at the connection's end."""
        if peer.left:  # a body is read and forgotten
            count = peer.sock.recv_into(self.room)
            peer.left -= count
            if count and not peer.left:
                self._answer(peer)
            return bool(count)
        more = peer.sock.recv(RECEIVE)
        data = peer.data + more
        end = data.find(b"\r\n\r\n")
        if end < 0:
            peer.data = data
            return bool(more)
        peer.head, peer.data = data[: end + 4], b""
        found = LENGTH.search(peer.head)
        peer.left = (int(found[1]) if found else 0) - (len(data) - end - 4)
        if not peer.left:
            self._answer(peer)
        return True

    def _answer(self, peer: Peer) -> None:
        wish = STREAM.search(peer.head)
        if wish is not None:
            self._begin(peer, *(int(part or 0) for part in wish.groups()))
            return
        size = SIZE.search(peer.head)
        if size is None:
            _send(peer.sock, WHOLE)
            return
        left = int(size[1])
        _send(peer.sock, SIZED % left)
        while left > 0:
            _send(peer.sock, BLOCK[:left])
            left -= len(BLOCK)

    def _begin(
        self, peer: Peer, events: int, gap_us: int, at: int, number: int
    ) -> None:
        stream = Stream(peer, number, events, gap_us * 1000)
        _send(peer.sock, OPENING)
        if stream.gap:
            at = at or now() + stream.gap
            heapq.heappush(self.due, (at, next(self.order), stream))
            return
        for sent in range(events):
            _send(peer.sock, WORD % (now(), number, sent))
        _send(peer.sock, ENDING)

    def _send_due(self) -> None:
        while self.due and self.due[0][0] <= now():
            at, order, stream = self.due[0]
            sock = stream.peer.sock
            try:
                _send(sock, WORD % (now(), stream.number, stream.sent))
                stream.sent += 1
                if stream.sent == stream.events:
                    _send(sock, ENDING)
            except OSError:
                stream.sent = stream.events  # nobody listens any more
            if stream.sent == stream.events:
                heapq.heappop(self.due)
            else:
                heapq.heapreplace(self.due, (at + stream.gap, order, stream))


def _send(sock: socket.socket, data: bytes) -> None:
    """All of it; a full socket holds up the whole provider."""
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[sock.send(rest) :]
        except _BUSY:
            waiting = select.poll()
            waiting.register(sock, select.POLLOUT)
            waiting.poll()


def main() -> None:
    allow_descriptors()
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    tls = None
    if len(sys.argv) > 1:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(sys.argv[1])
    print(listener.getsockname()[1], flush=True)
    Provider(listener, tls).run()


if __name__ == "__main__":
    main()
