"""What one frame costs the gateway: the tape, the books, the socket to a reader."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import trio

from benchmarks._measure import on_core, over_rounds, percentile
from lunaroute.link import (
    Anchor,
    Ending,
    FrameReader,
    Hello,
    Kind,
    Outbox,
    Route,
    Tape,
    TapLimits,
    Times,
    read_ack,
)
from lunaroute.model import Outcome
from lunaroute.observer._links import LinkEnd

SIZES = (133, 2_000, 16_000, 64_000)
BATCHES = (1, 8, 64)
ROOMY = TapLimits(max_body=1 << 40, buffer=1 << 40)
ROUTE = Route("anthropic", "anthropic", "http://up/v1", "127.0.0.1:1", "127.0.0.1:2")
HEAD = b"POST /v1/messages HTTP/1.1\r\nHost: x\r\n\r\n"
# A flush each millisecond: the reader naps five, so that most find it asleep.
FLUSH_SECONDS = 0.001
FLUSHES = 200
# Bytes of one exchange, and of one measurement.
EXCHANGE_BYTES = 4_000_000
ROUND_BYTES = 64_000_000
FRAMES_ALONE = 2_000

now = time.monotonic_ns


def measure(rounds: int, near: int, far: int) -> list[dict[str, object]]:
    """A row for each size and batch; the sizes take turns within a round."""
    cases = [(size, batch) for size in SIZES for batch in BATCHES]
    seen: dict[tuple[int, int], list[dict[str, float]]] = {case: [] for case in cases}
    for _ in range(rounds):
        for size, batch in cases:
            seen[size, batch].append(_case(size, batch, near, far))
    return [
        {
            "bytes": size,
            "batch": batch,
            **{name: over_rounds([one[name] for one in many]) for name in many[0]},
        }
        for (size, batch), many in seen.items()
    ]


def _case(size: int, batch: int, near: int, far: int) -> dict[str, float]:
    payload = bytes(size)
    socket_us, socket_p99_us, reader_us = _through_socket(payload, batch, near, far)
    with on_core(near):
        tape_us = _tape_alone(payload)
        books_us = _with_books(payload, batch)
    return {
        "tape_us": tape_us,
        "books_us": books_us,
        "socket_us": socket_us,
        "socket_p99_us": socket_p99_us,
        "reader_us": reader_us,
    }


def new_outbox() -> Outbox:
    anchor = Anchor(time.time_ns(), time.monotonic_ns())
    outbox = Outbox(Hello(os.urandom(16).hex(), 0, anchor), ROOMY)
    outbox.connect()
    return outbox


def close(tape: Tape, size: int) -> None:
    tape.close(now(), Ending(Outcome.ANSWERED, 200, "", 0, size, Times()))


def _tape_alone(payload: bytes) -> float:
    """One ``now`` and one ``Tape.answer``, µs."""
    tape = new_outbox().open(now(), ROUTE, HEAD)
    began = time.perf_counter_ns()
    for _ in range(FRAMES_ALONE):
        tape.answer(now(), payload)
    return (time.perf_counter_ns() - began) / FRAMES_ALONE / 1e3


def _with_books(payload: bytes, batch: int) -> float:
    """The same, gathered and ticked off at once, µs."""
    outbox = new_outbox()
    tape = outbox.open(now(), ROUTE, HEAD)
    took = []
    for _ in range(max(1, FRAMES_ALONE // batch)):
        began = time.perf_counter_ns()
        for _ in range(batch):
            tape.answer(now(), payload)
        while outbox.waiting:
            buffers = outbox.gather()
            outbox.sent(sum(map(len, buffers)), buffers)
        took.append(time.perf_counter_ns() - began)
    return median(took) / batch / 1e3


def _through_socket(
    payload: bytes, batch: int, near: int, far: int
) -> tuple[float, float, float]:
    """Median and p99 of a frame's share of a flush, the reader's time a frame, µs."""
    frame = len(payload) + 24
    flushes = max(20, min(FLUSHES, ROUND_BYTES // (frame * batch)))
    per_exchange = max(1, EXCHANGE_BYTES // (frame * batch))
    outbox = new_outbox()
    took = []
    with _reader(far) as (sock, pid), on_core(near):
        frames = FrameReader()
        tape = outbox.open(now(), ROUTE, HEAD)
        _flush(outbox, sock)
        before = _spent(pid)
        for number in range(1, flushes + 1):
            began = time.perf_counter_ns()
            for _ in range(batch):
                tape.answer(now(), payload)
            took.append(time.perf_counter_ns() - began + _flush(outbox, sock))
            if number % per_exchange == 0:
                close(tape, per_exchange * batch * len(payload))
                tape = outbox.open(now(), ROUTE, HEAD)
                _flush(outbox, sock)
            _take_acks(outbox, sock, frames)
            time.sleep(FLUSH_SECONDS)
        close(tape, 0)
        while outbox.unacknowledged:
            _flush(outbox, sock)
            select.select([sock], [], [], 1)
            _take_acks(outbox, sock, frames)
        spent = _spent(pid) - before
    per_frame = [one / batch / 1e3 for one in took]
    return (
        median(per_frame),
        percentile(per_frame, 0.99),
        spent / (flushes * batch) / 1e3,
    )


def _flush(outbox: Outbox, sock: socket.socket) -> int:
    """Like the tap: until the kernel has all. Nanoseconds, waiting not counted."""
    took = 0
    began = time.perf_counter_ns()
    while outbox.waiting:
        buffers = outbox.gather()
        try:
            outbox.sent(sock.sendmsg(buffers), buffers)
        except BlockingIOError:
            took += time.perf_counter_ns() - began
            select.select([], [sock], [])
            began = time.perf_counter_ns()
    return took + time.perf_counter_ns() - began


def _take_acks(outbox: Outbox, sock: socket.socket, frames: FrameReader) -> None:
    with contextlib.suppress(BlockingIOError):
        for frame in frames.feed(sock.recv(65536)):
            if frame.kind is Kind.ACK:
                outbox.acknowledge(read_ack(frame.payload))


@contextlib.contextmanager
def _reader(core: int) -> Iterator[tuple[socket.socket, int]]:
    ours, theirs = socket.socketpair()
    with on_core(core):
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks._frames", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            cwd=Path(__file__).parent.parent,
        )
    theirs.close()
    ours.setblocking(False)
    try:
        # Its first health frame says that it reads.
        select.select([ours], [], [])
        ours.recv(100)
        yield ours, process.pid
    finally:
        ours.close()
        process.send_signal(signal.SIGTERM)
        process.wait()


def _spent(pid: int) -> int:
    from_kernel = Path(f"/proc/{pid}/schedstat")
    return int(from_kernel.read_text().split()[0]) if from_kernel.exists() else 0


async def _read(sock: socket.socket) -> None:
    """The far end: the observer's own link end, which assembles and acknowledges."""
    link = LinkEnd(sock)
    await link.report("")
    while (complete := await link.receive()) is not None:
        await link.acknowledge(exchange.id.counter for exchange in complete)


if __name__ == "__main__":
    trio.run(_read, socket.socket(fileno=int(sys.argv[1])))
