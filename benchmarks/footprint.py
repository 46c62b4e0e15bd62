"""Memory and processor time: idle, by connection, by stream, by large bodies.

Run from the repository's root: ``python -m benchmarks.footprint [--rounds 7]
[--json FILE] [--quick]`` (Linux). Memory is the highest of the rounds, each with a new
``lunaroute serve``; processor time is their median.
"""

import contextlib
import itertools
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks._client import Client, connect
from benchmarks._footprint_tables import footprint_tables
from benchmarks._measure import (
    Pace,
    allow_descriptors,
    cores,
    heading,
    options,
    over_rounds,
    peak,
    pin,
    process_ns,
    proportional,
    quick,
    reset_peak,
    resident,
    say,
    write_json,
)
from benchmarks._traffic import request
from benchmarks._ways import Way, lunaroute, provider, turned, ways

WARM_UP = 200
CONNECTIONS = 500
STREAMS = 256
STREAM_SECONDS = 3600  # of one gap: a stream that only waits
TAP_BOUND = 8 * 1024 * 1024 + 64 * 1024  # of one body: max_body_mb and its tail
DOWNLOAD = 1_000_000_000
UPLOAD = 100_000_000
IDLE_SECONDS = 20.0
PACED_SECONDS = 2.5
PER_SECOND = 100
SMALL = request(500)
PACED = request(2_000)


def memory(home: Path, rounds: int, *, scale: float) -> dict[str, object]:
    """Bytes that the gateway holds while recording: the highest of the rounds."""
    near, far = cores()
    seen: list[dict[str, int]] = []
    with provider(near) as upstream:
        for number in range(rounds):
            say(f"memory: round {number + 1}")
            figures: dict[str, int] = {}
            # A new process for each: what one frees the other would take.
            for part in (_by_connection, _by_stream):
                place = home / f"{number}{part.__name__}"
                with lunaroute(place, upstream, far) as (way, _):
                    figures |= part(way, scale)
            seen.append(figures)
    return {
        "connections": CONNECTIONS,
        "streams": STREAMS,
        "tap_bound": TAP_BOUND,
        "download": int(DOWNLOAD * scale),
        "upload": int(UPLOAD * scale),
        **{key: max(figures[key] for figures in seen) for key in seen[0]},
    }


def _by_connection(way: Way, scale: float) -> dict[str, int]:
    """Idle after one request; then with many idle connections."""
    gateway = way.workers["gateway"]
    numbers = itertools.count()
    with way.client() as client:
        client.whole(SMALL % next(numbers))
    _sent(way, 1)
    figures = {"idle_rss": resident(gateway), "idle_pss": proportional(gateway)}
    figures["all_pss"] = sum(map(proportional, way.processes))
    _warm_up(way, numbers)
    before = proportional(gateway)
    with _connections(way, numbers):
        figures["per_connection"] = (proportional(gateway) - before) // CONNECTIONS
    return figures


def _by_stream(way: Way, scale: float) -> dict[str, int]:
    """With many streams; then by how much large bodies let it grow."""
    gateway = way.workers["gateway"]
    numbers = itertools.count()
    _warm_up(way, numbers)
    before = proportional(gateway)
    with _streams(way, numbers):
        figures = {"per_stream": (proportional(gateway) - before) // STREAMS}
    figures["download_grew"] = _download(way, int(DOWNLOAD * scale), next(numbers))
    figures["upload_grew"] = _upload(way, int(UPLOAD * scale))
    return figures


def _warm_up(way: Way, numbers: Iterator[int]) -> None:
    """What is made once only is made now."""
    with way.client() as client:
        for _ in range(WARM_UP):
            client.whole(SMALL % next(numbers))
    _sent(way, WARM_UP)


def _sent(way: Way, count: int) -> None:
    """So many were sent; waits until they are recorded and acknowledged."""
    if way.record is not None:
        way.record.sent += count
        way.record.drain()
        time.sleep(0.1)  # the acknowledgement follows the commit that drain() sees


@contextlib.contextmanager
def _connections(way: Way, numbers: Iterator[int]) -> Iterator[None]:
    """Keep-alive connections that have each had a request answered."""
    with contextlib.ExitStack() as stack:
        for _ in range(CONNECTIONS):
            client = stack.enter_context(way.client())
            client.whole(SMALL % next(numbers))
        _sent(way, CONNECTIONS)
        yield


@contextlib.contextmanager
def _streams(way: Way, numbers: Iterator[int]) -> Iterator[None]:
    """Streams that have begun and then wait."""
    wish = f"?events=1&gap_us={STREAM_SECONDS * 1_000_000}"
    data = request(500, query=wish, stream=True)
    with contextlib.ExitStack() as stack:
        for _ in range(STREAMS):
            sock = connect(way.port)
            stack.callback(sock.close)
            sock.sendall(data % next(numbers))
            _until(sock, b"content_block_start")
        time.sleep(0.1)  # the copies are handed over
        yield
    _sent(way, STREAMS)


def _until(sock: socket.socket, mark: bytes) -> bytes:
    data = b""
    while mark not in data:
        more = sock.recv(65536)
        if not more:
            raise ConnectionError(f"the stream ended after {data[:200]!r}")
        data += more
    return data


def _download(way: Way, size: int, number: int) -> int:
    """By how much the gateway's memory grew at most for an answer of that size."""
    gateway = way.workers["gateway"]
    before = resident(gateway)
    reset_peak(gateway)
    data = request(500, query=f"?bytes={size}") % number
    with contextlib.closing(connect(way.port)) as sock:
        sock.sendall(data)
        room = memoryview(bytearray(1 << 20))
        data = _until(sock, b"\r\n\r\n")
        left = size - len(data.partition(b"\r\n\r\n")[2])
        while left > 0:
            count = sock.recv_into(room)
            if not count:
                raise ConnectionError("the answer ended early")
            left -= count
    _sent(way, 1)
    return peak(gateway) - before


def _upload(way: Way, size: int) -> int:
    """The same for a request of that size."""
    gateway = way.workers["gateway"]
    before = resident(gateway)
    reset_peak(gateway)
    head = (
        "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nx-api-key: sk-ant-bench\r\n"
        f"Content-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
    )
    with contextlib.closing(connect(way.port)) as sock:
        sock.sendall(head.encode())
        block = b"x" * 1_000_000
        for sent in range(0, size, len(block)):
            sock.sendall(block[: size - sent])
        _until(sock, b"end_turn")
    _sent(way, 1)
    return peak(gateway) - before


def processor(found: list[Way], rounds: int, idle: float, paced: float):
    """Shares of a core, percent: everybody idle, then 100 requests a second."""
    with contextlib.ExitStack() as stack:
        clients = {way.name: stack.enter_context(way.client()) for way in found}
        for number, way in enumerate(found):
            clients[way.name].whole(SMALL % number)
            _sent(way, 1)
        say("idle")
        quiet = _idle(found, idle)
        seen: dict[str, dict[str, list[float]]] = {way.name: {} for way in found}
        for number in range(rounds):
            say(f"paced: round {number + 1}")
            for way in turned(found, number):
                shares = _paced(way, clients[way.name], paced)
                for name, share in shares.items():
                    seen[way.name].setdefault(name, []).append(share)
    return {
        "idle_seconds": idle,
        "idle": quiet,
        "per_second": PER_SECOND,
        "bytes": len(PACED),
        "paced": {
            name: {worker: over_rounds(shares) for worker, shares in one.items()}
            for name, one in seen.items()
        },
    }


def _idle(found: list[Way], seconds: float) -> dict[str, float]:
    """All ways at the same time: none of them does anything."""
    before = {way.name: sum(map(process_ns, way.processes)) for way in found}
    time.sleep(seconds)
    return {
        way.name: (sum(map(process_ns, way.processes)) - before[way.name])
        / seconds
        / 1e7
        for way in found
    }


def _paced(way: Way, client: Client, seconds: float) -> dict[str, float]:
    """The recorder's share includes what it had still to do afterwards."""
    before = {name: process_ns(pid) for name, pid in way.workers.items()}
    pace = Pace(1 / PER_SECOND)
    count = int(seconds * PER_SECOND)
    for number in range(count):
        pace.wait()
        client.whole(PACED % number)
    _sent(way, count)
    return {
        name: (process_ns(way.workers[name]) - cost) / (count / PER_SECOND) / 1e7
        for name, cost in before.items()
    }


def measure(rounds: int, *, short: bool) -> dict[str, object]:
    near, far = cores()
    allow_descriptors()
    figures = heading("benchmarks.footprint", rounds, near, far)
    pin(near)
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        figures["memory"] = memory(home, rounds, scale=0.1 if short else 1.0)
        with ways(home / "ways", near, far) as found:
            idle, paced = (2.0, 0.5) if short else (IDLE_SECONDS, PACED_SECONDS)
            figures["processor"] = processor(found[1:], rounds, idle, paced)
    return figures


def main() -> None:
    chosen = quick(options(__doc__ or "", rounds=7))
    figures = measure(chosen.rounds, short=chosen.quick)
    write_json(chosen.json, figures)
    print("\n\n".join(footprint_tables(figures).values()))


if __name__ == "__main__":
    main()
