"""Added latency: straight to the provider, through nginx, through LunaRoute.

Run from the repository's root: ``python -m benchmarks.overhead [--rounds 7]
[--json FILE] [--quick]``. Client and provider share one core, all of a proxy's
processes the other, except where a set says that nothing is pinned. Every round takes
each way once, in turn; a figure is the median of the rounds' figures, and "added" is a
way's minus the straight way's in the same round.
"""

import os
import tempfile
from pathlib import Path

from benchmarks import _parts, _syscalls
from benchmarks._measure import (
    allow_descriptors,
    awake,
    cores,
    heading,
    options,
    pin,
    quick,
    say,
    write_json,
)
from benchmarks._overhead_tables import overhead_tables
from benchmarks._slots import Run, works
from benchmarks._ways import Tls, ways

Rows = list[dict[str, object]]


def unpinned(rounds: int, scale: float) -> dict[str, Rows]:
    """Small requests, every process on whatever core the system gives it."""
    figures: dict[str, Rows] = {}
    with tempfile.TemporaryDirectory() as home, ways(Path(home), None, None) as found:
        run = Run(found)
        for name, which in _sleeping():
            with awake(*which):
                say(f"unpinned, {name}")
                rows = [run.measure(work, rounds) for work in works(scale)[:1]]
                figures[f"unpinned-{name}"] = rows
    return figures


def pinned(rounds: int, scale: float) -> dict[str, object]:
    """All rows, with sleeping cores and with cores that are kept awake."""
    near, far = cores()
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as home, ways(Path(home), near, far) as found:
        run = Run(found)
        for name, which in _sleeping():
            with awake(*which):
                figures[name] = _rows(run, name, rounds, scale)
        figures["parts"] = _parts.measure()
        figures["unpaced"] = run.unpaced()
        figures["syscalls"] = _syscalls.measure(found)
    return figures


def secured(rounds: int, scale: float) -> Rows:
    """All rows with TLS to the provider, cores kept awake."""
    near, far = cores()
    with tempfile.TemporaryDirectory() as home:
        place = Path(home)
        with ways(place, near, far, Tls.make(place)) as found, awake(near, far):
            return _rows(Run(found), "TLS", rounds, scale)


def measure(rounds: int, scale: float) -> dict[str, object]:
    """Every set, one after another: each has its own processes."""
    near, far = cores()
    allow_descriptors()
    figures = heading("benchmarks.overhead", rounds, near, far)
    figures |= unpinned(rounds, scale)
    everywhere = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    pin(near)
    figures |= pinned(rounds, scale)
    figures["tls"] = secured(rounds, scale)
    if everywhere:
        os.sched_setaffinity(0, everywhere)
    return figures


def _rows(run: Run, name: str, rounds: int, scale: float) -> Rows:
    rows = []
    for work in works(scale):
        say(f"{name}: {work.name}")
        rows.append(run.measure(work, rounds))
    return rows


def _sleeping() -> tuple[tuple[str, tuple[int, ...]], ...]:
    return (("asleep", ()), ("awake", cores()))


def main() -> None:
    chosen = quick(options(__doc__ or "", rounds=7))
    figures = measure(chosen.rounds, 0.05 if chosen.quick else 1.0)
    write_json(chosen.json, figures)
    print("\n\n".join(overhead_tables(figures).values()))


if __name__ == "__main__":
    main()
