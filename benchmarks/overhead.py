"""Added latency: straight to the provider, through nginx, through LunaRoute.

Run from the repository's root: ``python -m benchmarks.overhead [--rounds 7]
[--json FILE]``. Client and provider share one core, all of a proxy's processes the
other. Every round takes each way once, in turn; a figure is the median of the
rounds' figures, and "added" is a way's minus the straight way's in the same round.
"""

import contextlib
import itertools
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks import _parts, _syscalls
from benchmarks._client import Client
from benchmarks._measure import (
    Pace,
    awake,
    cores,
    cpu_ns,
    machine,
    options,
    over_rounds,
    percentile,
    pin,
    say,
    write_json,
)
from benchmarks._tables import overhead_tables
from benchmarks._traffic import request
from benchmarks._ways import Record, Way, lunaroute, nginx, provider

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


@dataclass(slots=True)
class Seen:
    """What one way showed for one row, a list entry for each round."""

    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    cpu: dict[str, list[float]] = field(default_factory=dict)
    backlog: list[int] = field(default_factory=list)
    drain: list[float] = field(default_factory=list)


def works(scale: float) -> list[Work]:
    """The rows. A further one is one more line."""

    def whole(client: Client, data: bytes) -> list[int]:
        return [client.whole(data)]

    def first(client: Client, data: bytes) -> list[int]:
        return [client.first_byte(data)]

    def count(number: int) -> int:
        return max(WARM_UP, int(number * scale))

    words = request(500, query=f"?events={EVENTS}&gap_us={EVENT_US}", stream=True)
    burst = request(500, query=f"?events={EVENTS}&gap_us=0", stream=True)
    word = request(500, query="?events=1&gap_us=0", stream=True)
    return [
        Work("small JSON request", request(500), whole, count(200), count(400)),
        Work("100 kB request", request(100_000), whole, count(70), count(100)),
        Work("400 kB request", request(400_000), whole, count(50), count(50)),
        Work(
            "per streamed event, 1 stream",
            words,
            Client.events,
            count=1,
            burst=20,
            unpaced=burst,
            events=EVENTS,
            gap=EVENT_US / 1e6,
        ),
        Work("first byte of a stream", word, first, count(80), count(200)),
    ]


class Run:
    """The ways under comparison and the numbers of the requests sent."""

    def __init__(self, ways: list[Way]) -> None:
        self.ways = ways
        self._number = itertools.count()

    def measure(self, work: Work, rounds: int) -> dict[str, object]:
        """One row over all rounds."""
        rate = self._ingest_rate(work)
        interval = work.gap or max(SHORTEST_INTERVAL, 1 / (rate * PACE_SHARE))
        seen = {way.name: Seen() for way in self.ways}
        before = {way.name: _trouble(way) for way in self.ways}
        for number in range(rounds):
            turn = number % len(self.ways)
            for way in self.ways[turn:] + self.ways[:turn]:
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
                    **_kept(way, before[way.name], seen[way.name]),
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
            with Client(way.port) as client:
                costs = {name: cpu_ns(pid) for name, pid in way.workers.items()}
                took = [client.whole(data % number) for number in range(UNPACED)]
            figures[way.name] = {"p50_us": percentile(took, 0.5) / 1e3}
            for name, cost in costs.items():
                spent = (cpu_ns(way.workers[name]) - cost) / UNPACED / 1e3
                figures[way.name]["cpu_us"] = spent
        return figures

    def _slot(self, work: Work, way: Way, interval: float, seen: Seen) -> None:
        values: list[int] = []
        with Client(way.port) as client:
            if work.count > 1:
                self._repeat(work, client, way, WARM_UP)
            costs = {name: cpu_ns(pid) for name, pid in way.workers.items()}
            pace = Pace(interval)
            for _ in range(work.count):
                pace.wait()
                values += self._one(work, client, way)
        if way.record is not None:
            seen.backlog.append(way.record.backlog)
            seen.drain.append(way.record.drain())
        for name, cost in costs.items():
            spent = (cpu_ns(way.workers[name]) - cost) / 1e3 / len(values)
            seen.cpu.setdefault(name, []).append(spent)
        seen.p50.append(percentile(values, 0.5) / 1e3)
        seen.p99.append(percentile(values, 0.99) / 1e3)

    def _ingest_rate(self, work: Work) -> float:
        """Exchanges a second that the recorder takes when sent all at once."""
        ways = [way for way in self.ways if way.record is not None]
        if not ways:
            return 1 / SHORTEST_INTERVAL
        way = ways[0]
        assert way.record is not None
        with Client(way.port) as client:
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
        data = work.request % next(self._number)
        if way.record is not None:
            way.record.sent += 1
        return work.ask(client, data)


def _figures(seen: Seen, straight: Seen) -> dict[str, object]:
    pairs50 = zip(seen.p50, straight.p50, strict=True)
    pairs99 = zip(seen.p99, straight.p99, strict=True)
    return {
        "p50_us": over_rounds(seen.p50),
        "p99_us": over_rounds(seen.p99),
        "added_p50_us": over_rounds([there - base for there, base in pairs50]),
        "added_p99_us": over_rounds([there - base for there, base in pairs99]),
        "rounds_p50_us": seen.p50,
        "cpu_us": {name: over_rounds(costs) for name, costs in seen.cpu.items()},
    }


def _trouble(way: Way) -> int:
    return 0 if way.record is None else way.record.shed


def _kept(way: Way, before: int, seen: Seen) -> dict[str, object]:
    """What became of the record; nothing for a way that keeps none."""
    record: Record | None = way.record
    if record is None:
        return {}
    return {
        "shed": record.shed - before,
        "lost": record.backlog,
        "backlog_end": max(seen.backlog),
        "drain_s": over_rounds(seen.drain),
    }


@contextlib.contextmanager
def ways(home: Path, near: int, far: int) -> Iterator[list[Way]]:
    """Everything started: the straight way first."""
    with contextlib.ExitStack() as stack:
        upstream = stack.enter_context(provider(near))
        found = [Way("straight", upstream)]
        through = stack.enter_context(nginx(home / "nginx", upstream, far))
        if through is not None:
            found.append(through)
        for name, recording in (("off", False), ("on", True)):
            way, _ = stack.enter_context(
                lunaroute(home / name, upstream, far, recording=recording)
            )
            found.append(way)
        yield found


def measure(rounds: int, scale: float) -> dict[str, object]:
    """All rows, with sleeping cores and with cores that are kept awake."""
    near, far = cores()
    figures: dict[str, object] = {
        "machine": machine(),
        "rounds": rounds,
        "pinned": near != far,
        "command": "python -m benchmarks.overhead " + " ".join(sys.argv[1:]),
    }
    pin(near)
    with tempfile.TemporaryDirectory() as home, ways(Path(home), near, far) as found:
        run = Run(found)
        for name, which in (("asleep", ()), ("awake", (near, far))):
            with awake(*which):
                rows = []
                for work in works(scale):
                    say(f"{name}: {work.name}")
                    rows.append(run.measure(work, rounds))
                figures[name] = rows
        figures["parts"] = _parts.measure()
        figures["unpaced"] = run.unpaced()
        figures["syscalls"] = _syscalls.measure(found)
    return figures


def main() -> None:
    parser = options(__doc__ or "", rounds=7)
    parser.add_argument("--scale", type=float, default=1.0, help="of a slot's length")
    chosen = parser.parse_args()
    figures = measure(chosen.rounds, chosen.scale)
    write_json(chosen.json, figures)
    print("\n\n".join(overhead_tables(figures).values()))


if __name__ == "__main__":
    main()
