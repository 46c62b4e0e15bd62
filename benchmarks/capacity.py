"""Many at once: saturation, 512 streams, two workers.

Run from the repository's root: ``python -m benchmarks.capacity [--rounds 7]
[--json FILE] [--quick]``. Client and provider share one core, all of a proxy's
processes the other; rounds and medians as in ``benchmarks.overhead``. The straight way
shows what client and provider can do themselves.
"""

import itertools
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks._capacity_tables import capacity_tables
from benchmarks._fan import Load, streams
from benchmarks._measure import (
    allow_descriptors,
    cores,
    heading,
    options,
    over_rounds,
    percentile,
    pin,
    process_ns,
    quick,
    say,
    write_json,
)
from benchmarks._slots import Seen as Kept
from benchmarks._slots import kept, shed
from benchmarks._traffic import request
from benchmarks._ways import Way, lunaroute, provider, turned, ways

CONNECTIONS = 16
LOAD = request(20_000)
WARM_SECONDS = 0.2
STREAMS = 512
EVENTS = 32
GAP_US = 50_000  # 20 events a second
WORKER_CONNECTIONS = 64
ESTABLISHED = "01"


@dataclass(slots=True)
class Saturated:
    """One way under full load, an entry for each round."""

    rates: list[float] = field(default_factory=list)
    cpu: dict[str, list[float]] = field(default_factory=dict)  # µs a request
    busy: list[float] = field(default_factory=list)  # share of a core, all workers
    answered: int = 0
    kept: Kept = field(default_factory=Kept)

    def figures(self, way: Way, before: int) -> dict[str, object]:
        return {
            "per_s": over_rounds(self.rates),
            "rounds_per_s": [round(rate) for rate in self.rates],
            "cpu_us": {name: over_rounds(costs) for name, costs in self.cpu.items()},
            "busy": over_rounds(self.busy),
            "answered": self.answered,
            **kept(way, before, self.kept),
        }


def saturate(
    found: list[Way], rounds: int, seconds: float, connections: int = CONNECTIONS
) -> dict[str, object]:
    """Requests a second of each way, asked as fast as it answers."""
    numbers = itertools.count()
    seen = {way.name: Saturated() for way in found}
    before = {way.name: shed(way) for way in found}
    for number in range(rounds):
        say(f"saturated: round {number + 1}")
        for way in turned(found, number):
            _press(way, seen[way.name], numbers, seconds, connections)
    return {way.name: seen[way.name].figures(way, before[way.name]) for way in found}


def _press(
    way: Way, seen: Saturated, numbers: Iterator[int], seconds: float, connections: int
) -> None:
    with Load(way.port, connections, LOAD, numbers) as load:
        sent = load.run(WARM_SECONDS)
        costs = {name: process_ns(pid) for name, pid in way.workers.items()}
        began = time.monotonic()
        count = load.run(seconds)
        took = time.monotonic() - began
        spent = {
            name: process_ns(way.workers[name]) - cost for name, cost in costs.items()
        }
        sent += count + load.finish()
    seen.rates.append(count / took)
    seen.answered += sent
    seen.busy.append(sum(spent.values()) / 1e9 / took)
    for name, nanoseconds in spent.items():
        seen.cpu.setdefault(name, []).append(nanoseconds / 1e3 / count)
    if way.record is not None:
        way.record.sent += sent
        seen.kept.backlog.append(way.record.backlog)
        seen.kept.drain.append(way.record.drain())


@dataclass(slots=True)
class Many:
    """Many streams on one way, an entry for each round; milliseconds."""

    p99: dict[str, list[float]] = field(default_factory=dict)
    median: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)
    events: int = 0
    kept: Kept = field(default_factory=Kept)


def many_streams(
    found: list[Way], rounds: int, count: int, events: int
) -> dict[str, object]:
    """``count`` streams at once of 20 events a second, each event checked."""
    numbers = itertools.count()
    seen = {way.name: Many() for way in found}
    before = {way.name: shed(way) for way in found}
    for number in range(rounds):
        say(f"{count} streams: round {number + 1}")
        for way in turned(found, number):
            _stream(way, seen[way.name], numbers, count, events)
    base = seen[found[0].name].p99["gaps"]
    ways: dict[str, object] = {}
    for way in found:
        one = seen[way.name]
        added = [
            there - here for there, here in zip(one.p99["gaps"], base, strict=True)
        ]
        ways[way.name] = {
            **{f"{name}_p99_ms": over_rounds(all_) for name, all_ in one.p99.items()},
            "delays_p50_ms": over_rounds(one.median),
            "added_gaps_p99_ms": over_rounds(added),
            "busy": over_rounds(one.busy),
            "events": one.events,
            **one.faults,
            **kept(way, before[way.name], one.kept),
        }
    return {"streams": count, "events": events, "gap_ms": GAP_US / 1e3, "ways": ways}


def _stream(
    way: Way, seen: Many, numbers: Iterator[int], count: int, events: int
) -> None:
    costs = sum(map(process_ns, way.workers.values()))
    result = streams(way.port, count, events, GAP_US, numbers)
    spent = sum(map(process_ns, way.workers.values())) - costs
    for name in ("delays", "gaps", "late"):
        value = percentile(getattr(result, name), 0.99) / 1e6
        seen.p99.setdefault(name, []).append(value)
    seen.median.append(percentile(result.delays, 0.5) / 1e6)
    seen.busy.append(spent / 1e3 / (events * GAP_US))
    seen.events += result.events
    for name in ("missing", "torn", "disordered"):
        fault = getattr(result, name)
        seen.faults[name] = seen.faults.get(name, 0) + fault
    if way.record is not None:
        way.record.sent += count
        seen.kept.backlog.append(way.record.backlog)
        seen.kept.drain.append(way.record.drain())


def two_workers(home: Path, rounds: int, seconds: float) -> dict[str, object]:
    """One gateway process beside two, recording off, both on one core."""
    near, far = cores()
    with (
        provider(near) as upstream,
        lunaroute(home / "one", upstream, far, recording=False) as one,
        lunaroute(home / "two", upstream, far, recording=False, workers=2) as two,
    ):
        found = []
        for name, (way, _) in (("1 worker", one), ("2 workers", two)):
            way.name = name
            found.append(way)
        shares = [_shares(found[1]) for _ in range(rounds)]
        pressed = saturate(found, rounds, seconds, WORKER_CONNECTIONS)
    return {
        "connections": WORKER_CONNECTIONS,
        "shares": [min(share) for share in shares],
        "ways": pressed,
    }


def _shares(way: Way) -> list[float]:
    """What part of many connections, each with a request answered, each worker has."""
    numbers = itertools.count()
    with Load(way.port, WORKER_CONNECTIONS, request(500), numbers) as load:
        load.finish()
        inodes = _accepted(way.port)
        counts = [len(inodes & _sockets(pid)) for pid in way.workers.values()]
    return [count / max(1, sum(counts)) for count in counts]


def _accepted(port: int) -> set[str]:
    """The sockets of established connections to ``port``, by inode."""
    found = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        parts = line.split()
        if int(parts[1].rpartition(":")[2], 16) == port and parts[3] == ESTABLISHED:
            found.add(parts[9])
    return found


def _sockets(pid: int) -> set[str]:
    """The inodes of a process' open sockets."""
    links = [str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()]
    return {found[1] for link in links if (found := re.match(r"socket:\[(\d+)", link))}


def measure(rounds: int, *, short: bool) -> Mapping[str, object]:
    near, far = cores()
    allow_descriptors()
    figures = heading("benchmarks.capacity", rounds, near, far)
    pin(near)
    seconds = 0.2 if short else 1.0
    count, events = (64, 5) if short else (STREAMS, EVENTS)
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        with ways(home / "streams", near, far) as found:
            figures["streams"] = many_streams(found, rounds, count, events)
            figures["saturated"] = {
                "connections": CONNECTIONS,
                "bytes": len(LOAD),
                "ways": saturate(found, rounds, seconds),
            }
        figures["workers"] = two_workers(home / "workers", rounds, seconds)
    return figures


def main() -> None:
    chosen = quick(options(__doc__ or "", rounds=7))
    figures = measure(chosen.rounds, short=chosen.quick)
    write_json(chosen.json, figures)
    print("\n\n".join(capacity_tables(figures).values()))


if __name__ == "__main__":
    main()
