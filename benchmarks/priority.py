"""What the recorder's scheduling class does to forwarding on the same core.

Run from the repository's root: ``python -m benchmarks.priority``. Small requests,
paced, recording on, the recorder's threads moved from class to class by turns.
"""

import os
import tempfile
from pathlib import Path

from benchmarks._client import Client
from benchmarks._measure import (
    Pace,
    cores,
    machine,
    options,
    over_rounds,
    percentile,
    pin,
    write_json,
)
from benchmarks._tables import priority_tables
from benchmarks._traffic import request
from benchmarks._ways import Way, lunaroute, provider
from lunaroute.supervisor._priority import SCHED_OTHER, SLICE_NS, prioritise

REQUESTS = 600
INTERVAL = 0.0025
SMALL = request(500)

USUAL = 0  # the kernel's own slice
# Policy and niceness of the observer's threads, and the slices of both processes.
CLASSES = {
    "nice 5": (SCHED_OTHER, 5, USUAL),
    "nice 13": (SCHED_OTHER, 13, USUAL),
    "nice 5, slices of 0.1 ms": (SCHED_OTHER, 5, SLICE_NS),
    "nice 13, slices of 0.1 ms (as it is)": (SCHED_OTHER, 13, SLICE_NS),
    "SCHED_IDLE": (os.SCHED_IDLE, 13, USUAL),
}


def measure(rounds: int) -> dict[str, dict[str, float]]:
    near, far = cores()
    pin(near)
    with (
        tempfile.TemporaryDirectory() as home,
        provider(near) as upstream,
        lunaroute(Path(home) / "off", upstream, far, recording=False) as off,
        lunaroute(Path(home) / "on", upstream, far) as on,
    ):
        way = on[0]
        seen: dict[str, list[tuple[float, float, float]]] = {}
        _slot(way)  # the first commit makes the database
        for _ in range(rounds):
            seen.setdefault("recording off", []).append(_slot(off[0]))
            for name, (policy, niceness, slice_ns) in CLASSES.items():
                _move(way.workers["gateway"], 0, slice_ns, SCHED_OTHER)
                _move(way.workers["observer"], niceness, slice_ns, policy)
                seen.setdefault(name, []).append(_slot(way))
    return {
        name: {
            title: over_rounds(column)
            for title, column in zip(
                ("p50_us", "p99_us", "drain_s"), zip(*slots, strict=True), strict=True
            )
        }
        for name, slots in seen.items()
    }


def _slot(way: Way) -> tuple[float, float, float]:
    """p50 and p99 in µs, and the seconds until all was committed."""
    pace = Pace(INTERVAL)
    took = []
    with Client(way.port) as client:
        for number in range(REQUESTS):
            pace.wait()
            took.append(client.whole(SMALL % number) / 1e3)
    drained = 0.0
    if way.record is not None:
        way.record.sent += REQUESTS
        drained = way.record.drain()
    return percentile(took, 0.5), percentile(took, 0.99), drained


def _move(pid: int, niceness: int, slice_ns: int, policy: int) -> None:
    for task in Path(f"/proc/{pid}/task").iterdir():
        prioritise(int(task.name), niceness, slice_ns, policy)


def main() -> None:
    chosen = options(__doc__ or "", rounds=7).parse_args()
    figures = {
        "machine": machine(),
        "rounds": chosen.rounds,
        "pinned": cores()[0] != cores()[1],
        "command": "python -m benchmarks.priority",
        "classes": measure(chosen.rounds),
    }
    write_json(chosen.json, figures)
    print("\n\n".join(priority_tables(figures).values()))


if __name__ == "__main__":
    main()
