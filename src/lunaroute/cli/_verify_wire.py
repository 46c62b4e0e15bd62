"""Both ends of a proxy under test, on raw sockets: a client, and a provider that keeps
every byte that arrives.
"""

import re
import socket
import socketserver
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from lunaroute.cli._loopback import LoopbackServer
from lunaroute.cli._verify_cases import ID_HEADER, Case

# Silence after which nothing more is expected, where less came than was sent.
SILENCE_SECONDS = 20.0
LANES = 4
_RECEIVE = 65_536
_ID = re.compile(rb"\r\n" + ID_HEADER + rb": ([0-9]+)\r\n")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What arrived of a case at either end; ``trouble`` is why it was not compared."""

    case: Case
    at_provider: bytes
    at_client: bytes
    trouble: str = ""

    @property
    def request_is_same(self) -> bool:
        return self.at_provider == self.case.at_provider

    @property
    def answer_is_same(self) -> bool:
        return self.at_client == self.case.at_client


class RecordingProvider(LoopbackServer):
    """Answers each case as it says. Serves from construction on; ``close`` ends it."""

    def __init__(self, port: int = 0) -> None:
        provider = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with suppress(OSError):
                    provider.serve(self.request)

        self.cases: dict[int, Case] = {}
        self.arrived: dict[int, bytes] = {}
        super().__init__(Handler, port)

    def serve(self, sock: socket.socket) -> None:
        """A connection's requests, one after the other."""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = b""
        while True:
            data = _until(sock, data, lambda got: b"\r\n\r\n" in got)
            found = _ID.search(data)
            case = self.cases.get(int(found[1])) if found is not None else None
            if case is None:  # nothing of ours: the connection's end says so
                return
            if case.up:  # a WebSocket: its client waits for the handshake's answer
                sock.sendall(case.answer)
            sock.settimeout(SILENCE_SECONDS)
            size = len(case.at_provider)
            data = _until(sock, data, _has(len(case.at_provider)))
            sock.settimeout(None)
            # More than was sent stays in the buffer and spoils the next head.
            self.arrived[case.number], data = data[:size], data[size:]
            sock.sendall(case.down if case.up else case.answer)
            if case.closes:
                return


def play(url: str, provider: RecordingProvider, cases: Sequence[Case]) -> list[Verdict]:
    """Sends every case, some at a time, on connections that are used again."""
    provider.cases = {case.number: case for case in cases}
    host, _, port = url.partition("://")[2].rpartition(":")
    lanes = [range(lane, len(cases), LANES) for lane in range(LANES)]
    with ThreadPoolExecutor(LANES) as pool:
        found = pool.map(
            lambda lane: list(_lane((host, int(port)), provider, cases, lane)), lanes
        )
        verdicts = {number: verdict for lane in found for number, verdict in lane}
    return [verdicts[number] for number in range(len(cases))]


def _lane(
    place: tuple[str, int],
    provider: RecordingProvider,
    cases: Sequence[Case],
    numbers: Iterable[int],
) -> Iterable[tuple[int, Verdict]]:
    sock: socket.socket | None = None
    for number in numbers:
        case, came, trouble = cases[number], b"", ""
        try:
            if sock is None:
                sock = socket.create_connection(place, SILENCE_SECONDS)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.sendall(case.request)
            came = _handshake(sock, case) if case.up else b""
            came = _answer(sock, case, came)
        except OSError as error:
            trouble = f"{error.strerror or error}"
        verdict = Verdict(case, provider.arrived.get(case.number, b""), came, trouble)
        if sock is not None and (case.closes or trouble or not verdict.answer_is_same):
            sock.close()
            sock = None
        yield number, verdict
    if sock is not None:
        sock.close()


def _handshake(sock: socket.socket, case: Case) -> bytes:
    """The answer's head and what came with it; then the client's bytes are sent."""
    came = _until(sock, b"", lambda got: b"\r\n\r\n" in got)
    sock.sendall(case.up)
    return came


def _answer(sock: socket.socket, case: Case, came: bytes) -> bytes:
    """All of the answer; of one that ends with its connection, all there is."""
    if case.closes:
        return _until(sock, came, lambda _: False)
    return _until(sock, came, _has(len(case.at_client)))


def _has(size: int) -> Callable[[bytearray], bool]:
    return lambda got: len(got) >= size


def _until(
    sock: socket.socket, data: bytes, is_enough: Callable[[bytearray], bool]
) -> bytes:
    """What comes until it is enough, the connection ends, or nothing comes."""
    parts = bytearray(data)
    while not is_enough(parts):
        try:
            more = sock.recv(_RECEIVE)
        except (TimeoutError, ConnectionError):
            break
        if not more:
            break
        parts += more
    return bytes(parts)
