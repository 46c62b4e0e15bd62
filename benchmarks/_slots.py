"""Rows of added latency: what is asked, and how it is measured by turns.

Every round takes each way once, in another order each time. Requests are paced alike
for every way, at no more than half of what the recorder was measured to take.
"""

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from benchmarks._client import Client
from benchmarks._fan import streams
from benchmarks._measure import Pace, cpu_ns, over_rounds, percentile
from benchmarks._traffic import request
from benchmarks._ways import Way, turned

WARM_UP = 5
# The recorder gets at most half of what it can take: the rows measure forwarding,
# not a backlog.
PACE_SHARE = 0.5
# No faster than this, however fast the recorder is: longer slots see more of a
# machine's moods.
SHORTEST_INTERVAL = 0.002
UNPACED = 2000
EVENTS = 200
EVENT_US = 5000
FAN = 64
FAN_EVENTS = 16
FAN_US = 50_000
SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, slots=True)
class Work:
    """One row: ``ask`` does one exchange and gives its figures in nanoseconds."""

    name: str
    request: bytes
    ask: Callable[[Client, bytes], Sequence[int]]
    count: int  # exchanges of one slot
    burst: int  # exchanges that find the recorder's rate
    unpaced: bytes = b""  # the burst's request if it is another
    events: int = 1  # of one exchange
    gap: float = 0.0  # seconds between events: the provider sets the pace
    streams: int = 1  # at once; more than one do not use ``ask``


@dataclass(slots=True)
class Seen:
    """What one way showed for one row, a list entry for each round."""

    values: dict[str, list[float]] = field(default_factory=dict)  # µs
    cpu: dict[str, list[float]] = field(default_factory=dict)
    backlog: list[int] = field(default_factory=list)
    drain: list[float] = field(default_factory=list)
    faults: int = 0

    def note(self, values: Sequence[int]) -> None:
        for name, share in SHARES.items():
            value = percentile(values, share) / 1e3
            self.values.setdefault(name, []).append(value)


def works(scale: float) -> list[Work]:
    """The rows. A further one is one more line."""

    def whole(client: Client, data: bytes) -> list[int]:
        return [client.whole(data)]

    def first(client: Client, data: bytes) -> list[int]:
        return [client.first_byte(data)]

    def count(number: int) -> int:
        return max(WARM_UP, int(number * scale))

    events = count(EVENTS)
    words = request(500, query=f"?events={events}&gap_us={EVENT_US}", stream=True)
    burst = request(500, query=f"?events={EVENTS}&gap_us=0", stream=True)
    word = request(500, query="?events=1&gap_us=0", stream=True)
    stream = Work(
        "per streamed event, 1 stream",
        words,
        Client.events,
        count=1,
        burst=count(20),
        unpaced=burst,
        events=EVENTS,
        gap=EVENT_US / 1e6,
    )
    return [
        Work("small JSON request", request(500), whole, count(200), count(400)),
        Work("100 kB request", request(100_000), whole, count(60), count(100)),
        Work("400 kB request", request(400_000), whole, count(25), count(40)),
        stream,
        replace(
            stream,
            name=f"per streamed event, {FAN} streams",
            gap=FAN_US / 1e6 / FAN,
            streams=FAN,
        ),
        Work("first byte of a stream", word, first, count(100), count(200)),
    ]


class Run:
    """The ways under comparison and the numbers of the requests sent."""

    def __init__(self, ways: list[Way]) -> None:
        self.ways = ways
        self.numbers = itertools.count()

    def measure(self, work: Work, rounds: int) -> dict[str, object]:
        """One row over all rounds."""
        rate = self._ingest_rate(work)
        fastest = 1 / (rate * PACE_SHARE)
        interval = max(work.gap or SHORTEST_INTERVAL, fastest)
        seen = {way.name: Seen() for way in self.ways}
        before = {way.name: shed(way) for way in self.ways}
        for number in range(rounds):
            for way in turned(self.ways, number):
                self._slot(work, way, interval, seen[way.name])
        return {
            "work": work.name,
            "bytes": len(work.request),
            "per_round": work.count,
            "interval_ms": interval * 1e3,
            "ingest_rate": rate,
            "ways": {
                way.name: {
                    **_figures(seen[way.name], seen[self.ways[0].name]),
                    **kept(way, before[way.name], seen[way.name]),
                }
                for way in self.ways
            },
        }

    def unpaced(self) -> dict[str, dict[str, float]]:
        """Small requests without a pause: warm caches, no sleeping core.

        The recording way is left out: its recorder could not follow.
        """
        data = request(500)
        figures = {}
        for way in self.ways:
            if way.record is not None:
                continue
            with way.client() as client:
                costs = {name: cpu_ns(pid) for name, pid in way.workers.items()}
                took = [client.whole(data % number) for number in range(UNPACED)]
            figures[way.name] = {"p50_us": percentile(took, 0.5) / 1e3}
            for name, cost in costs.items():
                spent = (cpu_ns(way.workers[name]) - cost) / UNPACED / 1e3
                figures[way.name]["cpu_us"] = spent
        return figures

    def _slot(self, work: Work, way: Way, interval: float, seen: Seen) -> None:
        take = self._together if work.streams > 1 else self._in_turn
        costs, values = take(work, way, interval, seen)
        if way.record is not None:
            seen.backlog.append(way.record.backlog)
            seen.drain.append(way.record.drain())
        for name, cost in costs.items():
            spent = (cpu_ns(way.workers[name]) - cost) / 1e3 / len(values)
            seen.cpu.setdefault(name, []).append(spent)
        seen.note(values)

    def _in_turn(
        self, work: Work, way: Way, interval: float, seen: Seen
    ) -> tuple[dict[str, int], list[int]]:
        """The workers' processor time before, and the figures."""
        values: list[int] = []
        with way.client() as client:
            if work.count > 1:
                self._repeat(work, client, way, WARM_UP)
            costs = {name: cpu_ns(pid) for name, pid in way.workers.items()}
            pace = Pace(interval)
            for _ in range(work.count):
                pace.wait()
                values += self._one(work, client, way)
        return costs, values

    def _together(
        self, work: Work, way: Way, interval: float, seen: Seen
    ) -> tuple[dict[str, int], list[int]]:
        """As above, with many streams at once."""
        costs = {name: cpu_ns(pid) for name, pid in way.workers.items()}
        gap_us = int(interval * work.streams * 1e6)
        result = streams(
            way.port, work.streams, FAN_EVENTS, gap_us, self.numbers, way.tls
        )
        if way.record is not None:
            way.record.sent += work.streams
        seen.faults += result.missing + result.torn + result.disordered
        return costs, result.delays

    def _ingest_rate(self, work: Work) -> float:
        """Exchanges (events) a second that the recorder takes when sent at once."""
        found = [way for way in self.ways if way.record is not None]
        if not found:
            return 1 / SHORTEST_INTERVAL
        way = found[0]
        assert way.record is not None
        with way.client() as client:
            sent = replace(work, request=work.unpaced or work.request)
            self._repeat(sent, client, way, WARM_UP)
            way.record.drain()
            began = time.monotonic()
            self._repeat(sent, client, way, work.burst)
        way.record.drain()
        return work.burst * work.events / (time.monotonic() - began)

    def _repeat(self, work: Work, client: Client, way: Way, count: int) -> None:
        for _ in range(count):
            self._one(work, client, way)

    def _one(self, work: Work, client: Client, way: Way) -> Sequence[int]:
        data = work.request % next(self.numbers)
        if way.record is not None:
            way.record.sent += 1
        return work.ask(client, data)


def _figures(seen: Seen, straight: Seen) -> dict[str, object]:
    figures: dict[str, object] = {}
    for name, rounds in seen.values.items():
        pairs = zip(rounds, straight.values[name], strict=True)
        added = [there - base for there, base in pairs]
        figures[f"{name}_us"] = over_rounds(rounds)
        figures[f"added_{name}_us"] = over_rounds(added)
    figures["rounds_p50_us"] = [round(value, 1) for value in seen.values["p50"]]
    figures["cpu_us"] = {name: over_rounds(costs) for name, costs in seen.cpu.items()}
    figures["faults"] = seen.faults
    return figures


def shed(way: Way) -> int:
    return 0 if way.record is None else way.record.shed


def kept(way: Way, before: int, seen: Seen) -> dict[str, object]:
    """What became of the record; nothing for a way that keeps none."""
    record = way.record
    if record is None:
        return {}
    return {
        "shed": record.shed - before,
        "lost": record.backlog,
        "backlog_end": max(seen.backlog),
        "drain_s": over_rounds(seen.drain),
    }
