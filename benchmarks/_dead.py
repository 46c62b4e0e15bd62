"""Forwarding while the recorder is stopped, blocked, or far behind.

A real ``lunaroute serve`` with a small buffer. A probe sends small requests at a
steady pace; beside it other processes send larger ones, so that the buffer fills.
"""

import contextlib
import multiprocessing
import os
import re
import signal
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event as Flag
from pathlib import Path

from benchmarks._client import Client
from benchmarks._measure import (
    Pace,
    over_rounds,
    percentile,
    pin,
    resident,
    say,
)
from benchmarks._traffic import request
from benchmarks._ways import Way, lunaroute, provider
from tests.kit import Raw, Serve

BUFFER_MB = 16
LOAD_BYTES = 100_000
SMALL = request(500)
LOAD = request(LOAD_BYTES)
# Enough to overflow the buffer within a slot, and no more than the recorder can
# take: what is compared is the recorder's death, not a flood.
SLOT_SECONDS = 4.0
LOAD_RATE = 50.0
PROBE_SECONDS = 0.005
FLOODERS = 2
FLOOD_FACTOR = 10
BURST = 100


@dataclass(slots=True)
class Seen:
    """One state of the recorder, an entry for each round."""

    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    grown: list[float] = field(default_factory=list)
    exchanges: int = 0
    shed: int = 0
    rates: list[float] = field(default_factory=list)
    drains: list[float] = field(default_factory=list)


def dead(rounds: int, near: int, far: int) -> dict[str, object]:
    """Running, stopped and blocked in turn; each drains before the next begins."""
    pin(near)
    with (
        tempfile.TemporaryDirectory() as home,
        provider(near) as upstream,
        lunaroute(Path(home) / "on", upstream, far, buffer_mb=BUFFER_MB) as on,
    ):
        way, serve = on
        states: dict[str, Callable[[], AbstractContextManager[None]]] = {
            "running": contextlib.nullcontext,
            "stopped (SIGSTOP)": lambda: _stopped(way.workers["observer"]),
            "database locked": lambda: _locked(serve),
        }
        seen = {name: Seen() for name in states}
        _settle(way)
        for number in range(rounds):
            say(f"dead observer: round {number + 1}")
            for name in _turned(list(states), number):
                _slot(way, states[name], seen[name], LOAD_RATE)
        total = _lost(serve)
    return {
        "buffer_mb": BUFFER_MB,
        "lost": total,
        "states": {name: _figures(one, total) for name, one in seen.items()},
    }


def flood(rounds: int, near: int, far: int) -> dict[str, object]:
    """As fast as two clients can, or ten times what the recorder takes."""
    pin(near)
    with (
        tempfile.TemporaryDirectory() as home,
        provider(near) as upstream,
        lunaroute(Path(home) / "off", upstream, far, recording=False) as off,
        lunaroute(Path(home) / "on", upstream, far, buffer_mb=BUFFER_MB) as on,
    ):
        ways = {"recording off": off[0], "recording on": on[0]}
        seen = {name: Seen() for name in ways}
        _settle(on[0])
        ingest = _ingest_rate(on[0])
        for number in range(rounds):
            say(f"flood: round {number + 1}")
            for name in _turned(list(ways), number):
                rate = FLOOD_FACTOR * ingest
                _slot(ways[name], contextlib.nullcontext, seen[name], rate)
        lost = _lost(on[1])
    states = {name: _figures(one, lost) for name, one in seen.items()}
    for name, one in seen.items():
        states[name]["rate"] = over_rounds(one.rates)
        states[name]["times"] = over_rounds(one.rates) / ingest
    states["recording on"]["drain_s"] = over_rounds(seen["recording on"].drains)
    for key in ("shed", "lost"):
        states["recording off"].pop(key)
    return {"buffer_mb": BUFFER_MB, "ingest_rate": ingest, "states": states}


def _figures(seen: Seen, lost: int) -> dict[str, float]:
    return {
        "p50_us": over_rounds(seen.p50),
        "p99_us": over_rounds(seen.p99),
        "grown_mb": max(seen.grown),
        "exchanges": seen.exchanges,
        "shed": seen.shed,
        "lost": lost,
    }


def _slot(
    way: Way,
    state: Callable[[], AbstractContextManager[None]],
    seen: Seen,
    rate: float,
) -> None:
    gateway = way.workers["gateway"]
    shed = 0 if way.record is None else way.record.shed
    before = resident(gateway)
    with state(), _load(way.port, rate) as sent, _watched(gateway) as peak:
        values = _probe(way.port)
    total = sum(sent)
    if way.record is not None:
        way.record.sent += total + len(values)
        seen.drains.append(way.record.drain())
        seen.shed += way.record.shed - shed
    seen.exchanges += total + len(values)
    seen.rates.append((total + len(values)) / SLOT_SECONDS)
    seen.grown.append((max(peak) - before) / 1e6)
    seen.p50.append(percentile(values, 0.5) / 1e3)
    seen.p99.append(percentile(values, 0.99) / 1e3)


def _probe(port: int) -> list[int]:
    pace = Pace(PROBE_SECONDS)
    values = []
    until = time.monotonic() + SLOT_SECONDS
    with Client(port) as client:
        while time.monotonic() < until:
            pace.wait()
            values.append(client.whole(SMALL % len(values)))
    return values


@contextlib.contextmanager
def _load(port: int, rate: float) -> Iterator[list[int]]:
    """Load from other processes; how much each had sent is in the list afterwards."""
    context = multiprocessing.get_context("fork")
    end = context.Event()
    counts = context.SimpleQueue()
    loaders = [
        context.Process(target=_send, args=(port, rate / FLOODERS, end, counts))
        for _ in range(FLOODERS)
    ]
    for loader in loaders:
        loader.start()
    sent: list[int] = []
    try:
        yield sent
    finally:
        end.set()
        for loader in loaders:
            sent.append(counts.get())
            loader.join()


def _send(port: int, rate: float, end: Flag, counts) -> None:
    pace = Pace(1 / rate)
    count = 0
    with Client(port) as client:
        while not end.is_set():
            pace.wait()
            client.whole(LOAD % (os.getpid() * 10_000 + count))
            count += 1
    counts.put(count)


@contextlib.contextmanager
def _watched(pid: int) -> Iterator[list[int]]:
    """The memory of a process, looked at all the while."""
    sizes = [resident(pid)]
    end = threading.Event()

    def look() -> None:
        while not end.wait(0.05):
            sizes.append(resident(pid))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield sizes
    finally:
        end.set()
        thread.join()


@contextlib.contextmanager
def _stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def _locked(serve: Serve) -> Iterator[None]:
    """What a slow disk looks like: nobody else can write."""
    with contextlib.closing(sqlite3.connect(serve.home / "sessions.db")) as blocker:
        blocker.isolation_level = None
        blocker.execute("PRAGMA busy_timeout = 20000")
        blocker.execute("BEGIN IMMEDIATE")
        yield
        blocker.execute("ROLLBACK")


def _settle(way: Way) -> None:
    """Database made, buffer filled once: memory is what it is from then on."""
    assert way.record is not None
    with Client(way.port) as client:
        for number in range(BURST):
            client.whole(LOAD % number)
    way.record.sent += BURST
    way.record.drain()


def _ingest_rate(way: Way) -> float:
    assert way.record is not None
    began = time.monotonic()
    _settle(way)
    return BURST / (time.monotonic() - began)


def _lost(serve: Serve) -> int:
    """Exchanges of which not even the facts were kept."""
    time.sleep(2.5)  # the gauge comes once a second
    with Raw(serve.port) as client:
        client.send(
            b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        text = client.read_all().decode()
    found = re.search(r"^lunaroute_tap_lost_exchanges_total (\S+)", text, re.MULTILINE)
    return int(float(found[1])) if found else -1


def _turned(names: list[str], by: int) -> list[str]:
    by %= len(names)
    return names[by:] + names[:by]
