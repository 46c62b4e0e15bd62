"""Bytes in flight: what waits between the gateway and the disk at a steady rate.

The real tap in this process, the real observer process behind it, writing to a real
disk; only the exchanges are made up, so that each flush can be looked at.
"""

import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import trio

from benchmarks._frames import HEAD, ROUTE, close
from benchmarks._measure import percentile
from benchmarks._traffic import EVENT, STREAM_HEAD, answer, chunk, ending, opening
from benchmarks._traffic import request as make_request
from lunaroute.control import Control
from lunaroute.gateway._tap import Tap
from lunaroute.link import Anchor, Hello, Tape, TapLimits

STREAM_SECONDS = 5.0
SAMPLE_SECONDS = 0.002

now = time.monotonic_ns


@dataclass(frozen=True, slots=True)
class Traffic:
    """What passes: streams with events at a rate, and small requests at a rate."""

    streams: int
    events_per_s: float
    requests_per_s: float

    def __str__(self) -> str:
        parts = []
        if self.streams:
            parts.append(f"{_streams(self.streams)} of {self.events_per_s:g} events/s")
        if self.requests_per_s:
            parts.append(f"{self.requests_per_s:g} small requests/s")
        return ", ".join(parts)


TRAFFICS = (
    Traffic(1, 20, 0),
    Traffic(0, 0, 200),
    Traffic(64, 20, 0),
    Traffic(64, 20, 200),
)


@dataclass(slots=True)
class Seen:
    """Bytes and times as they were looked at."""

    held: list[int] = field(default_factory=list)
    pending: list[int] = field(default_factory=list)
    after: list[int] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)
    acks_ms: list[float] = field(default_factory=list)
    closed: dict[int, int] = field(default_factory=dict)


class WatchedTap(Tap):
    """The gateway's tap, looked at before and after each flush."""

    def __init__(self, seen: Seen) -> None:
        anchor = Anchor(time.time_ns(), time.monotonic_ns())
        super().__init__(Hello(random.randbytes(16).hex(), 0, anchor), TapLimits())
        self._seen = seen
        self.committed = trio.Event()  # a first time
        self._acknowledge = self.outbox.acknowledge
        self.outbox.acknowledge = self._note  # type: ignore[method-assign]

    def _flush(self) -> None:
        size, frames = _unsent(self.outbox._dirty)
        self._seen.pending.append(size)
        self._seen.frames.append(frames)
        super()._flush()
        self._seen.after.append(_unsent(self.outbox._dirty)[0])

    def _note(self, counters: Iterable[int]) -> None:
        counters = list(counters)
        for counter in counters:
            closed = self._seen.closed.pop(counter, 0)
            if closed:
                self._seen.acks_ms.append((now() - closed) / 1e6)
        self._acknowledge(counters)
        self.committed.set()


def _streams(count: int) -> str:
    return f"{count} stream" + "s" * (count > 1)


def _unsent(tapes: Iterable[Tape]) -> tuple[int, int]:
    """Bytes and frames that the kernel has not taken."""
    size = frames = 0
    for tape in tapes:
        waiting = tape.frames[tape.sent :]
        size += sum(map(len, waiting))
        frames += len(waiting) // 2
    return size, frames


def measure(seconds: float) -> list[dict[str, object]]:
    return [_figures(one, trio.run(_run, one, seconds), seconds) for one in TRAFFICS]


def _figures(traffic: Traffic, seen: Seen, seconds: float) -> dict[str, object]:
    return {
        "traffic": str(traffic),
        "frames_per_s": sum(seen.frames) / seconds,
        "frames_per_flush": sum(seen.frames) / max(1, len(seen.frames)),
        "held_p50": percentile(seen.held, 0.5),
        "held_max": max(seen.held),
        "pending_p50": percentile(seen.pending, 0.5),
        "pending_max": max(seen.pending),
        "after_p50": percentile(seen.after, 0.5),
        "after_max": max(seen.after),
        "ack_p50_ms": percentile(seen.acks_ms, 0.5),
        "ack_p99_ms": percentile(seen.acks_ms, 0.99),
    }


async def _run(traffic: Traffic, seconds: float) -> Seen:
    seen = Seen()
    tap = WatchedTap(seen)
    with tempfile.TemporaryDirectory() as home:
        control, process = await _observer(Path(home), tap)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(tap.run)
                await _warm_up(tap, seen)
                with trio.move_on_after(seconds):
                    await _traffic(traffic, tap, seen)
                nursery.cancel_scope.cancel()
        finally:
            control.close()
            await trio.to_thread.run_sync(process.wait)
    return seen


async def _observer(home: Path, tap: Tap) -> tuple[Control, "subprocess.Popen[bytes]"]:
    """A real observer process, linked to ``tap`` as the supervisor does it."""
    ours, theirs = socket.socketpair()
    near, far = socket.socketpair()
    web = socket.socket(socket.AF_UNIX)
    sockets = home / "sockets"
    sockets.mkdir()
    web.bind(str(sockets / "observer.sock"))
    web.listen()
    process = _spawn(theirs)
    control = Control(ours)
    options = {
        "log_level": "warn",
        "home": str(home),
        "jsonl_directory": str(home / "sessions"),
        "sqlite_path": str(home / "sessions.db"),
        "socket_path": str(home / "web.sock"),
        "pool_metrics": True,
    }
    await control.send("start", options=options, descriptors=[web.fileno()])
    await control.send("link", descriptors=[far.fileno()])
    web.close()
    far.close()
    await control.receive()  # ready
    tap.connect(near)
    return control, process


def _spawn(control: socket.socket) -> "subprocess.Popen[bytes]":
    with control:
        return subprocess.Popen(
            [sys.executable, "-m", "lunaroute.observer", str(control.fileno())],
            pass_fds=[control.fileno()],
        )


async def _warm_up(tap: WatchedTap, seen: Seen) -> None:
    """The first commit makes the database: it is none of the figures."""
    _small(tap, seen)
    await tap.committed.wait()
    for figures in (seen.pending, seen.after, seen.frames, seen.acks_ms):
        figures.clear()


async def _traffic(traffic: Traffic, tap: Tap, seen: Seen) -> None:
    async with trio.open_nursery() as nursery:
        for _ in range(traffic.streams):
            nursery.start_soon(_stream, traffic.events_per_s, tap, seen)
        if traffic.requests_per_s:
            nursery.start_soon(_requests, traffic.requests_per_s, tap, seen)
        while True:
            seen.held.append(tap.outbox.held)
            await trio.sleep(SAMPLE_SECONDS)


async def _stream(rate: float, tap: Tap, seen: Seen) -> None:
    """One stream after the other, none in step with another."""
    body = make_request(500, stream=True).partition(b"\r\n\r\n")[2] % 0
    count = 1 + int(random.random() * rate * STREAM_SECONDS)
    while True:
        tape = tap.outbox.open(now(), ROUTE, HEAD)
        tape.request(now(), body)
        tape.answer_head(now(), STREAM_HEAD)
        tape.answer(now(), opening())
        for number in range(count):
            await trio.sleep(random.uniform(0.5, 1.5) / rate)
            tape.answer(now(), chunk(EVENT % number))
        tape.answer(now(), ending())
        _close(tape, seen)
        count = int(rate * STREAM_SECONDS)


async def _requests(rate: float, tap: Tap, seen: Seen) -> None:
    while True:
        _small(tap, seen)
        await trio.sleep(random.expovariate(rate))


def _small(tap: Tap, seen: Seen) -> None:
    head, _, body = answer().partition(b"\r\n\r\n")
    tape = tap.outbox.open(now(), ROUTE, HEAD)
    number = random.randrange(10**9)
    tape.request(now(), make_request(500).partition(b"\r\n\r\n")[2] % number)
    tape.answer_head(now(), head + b"\r\n\r\n")
    tape.answer(now(), body)
    _close(tape, seen)


def _close(tape: Tape, seen: Seen) -> None:
    close(tape, sum(map(len, tape.frames[1::2])))
    seen.closed[tape.counter] = now()
