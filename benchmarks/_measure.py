"""What every measurement here needs: percentiles, cores, pacing, a process' costs."""

import argparse
import contextlib
import json
import math
import os
import platform
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from lunaroute._fast import COMPILED

SPINNER = (
    "import os; os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\n"
    "while True: pass"
)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of ``values`` lie; 0.5 is the median."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def over_rounds(rounds: Sequence[float]) -> float:
    """One figure for many rounds: a neighbour may spoil some of them, not half."""
    return median(rounds)


def cores() -> tuple[int, int]:
    """The core of client and provider, and the proxies'; the same if there is one."""
    if not hasattr(os, "sched_getaffinity"):
        return 0, 0
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def pin(core: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})


@contextlib.contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """What is started within inherits ``core``; None pins nothing."""
    if core is None or not hasattr(os, "sched_getaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def awake(*which: int) -> Iterator[None]:
    """Keeps cores from sleeping: a loop on each that runs when nothing else would.

    Linux shares processors between sessions first (autogroups), and only then by
    class: without a session of the lowest share the loops cost others 10 ms at times.
    """
    spinners = []
    for core in sorted(set(which)):
        with on_core(core):
            spinner = subprocess.Popen(
                [sys.executable, "-c", SPINNER], start_new_session=True
            )
        spinners.append(spinner)
        with contextlib.suppress(OSError):  # a kernel without autogroups
            Path(f"/proc/{spinner.pid}/autogroup").write_text("19")
    try:
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.wait()


class Pace:
    """Returns from ``wait`` once per interval; what is late is not made up for."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = time.monotonic()

    def wait(self) -> None:
        left = self._next - time.monotonic()
        if left > 0:
            time.sleep(left)
        self._next = max(self._next, time.monotonic() - self._seconds) + self._seconds


def cpu_ns(pid: int) -> int:
    """Nanoseconds that all threads of a process have run; 0 where nobody counts."""
    total = 0
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):
            total += int(path.read_text().split()[0])
    return total


def process_ns(pid: int) -> int:
    """Nanoseconds of processor time of a process, ended threads included."""
    return time.clock_gettime_ns(~pid << 3 | 2)  # the kernel's id of its CPU clock


def resident(pid: int) -> int:
    """Bytes of memory that a process holds; 0 on a system without /proc."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) * 1024 if found else 0


def proportional(pid: int) -> int:
    """Bytes of memory, shared pages shared out (Pss); 0 on a system without it."""
    found = re.search(
        r"^Pss:\s+(\d+)", _read(f"/proc/{pid}/smaps_rollup"), re.MULTILINE
    )
    return int(found[1]) * 1024 if found else 0


def reset_peak(pid: int) -> None:
    """The peak of ``resident`` begins anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak(pid: int) -> int:
    """The most bytes that a process has held since ``reset_peak``."""
    found = re.search(r"VmHWM:\s+(\d+)", _read(f"/proc/{pid}/status"))
    return int(found[1]) * 1024 if found else 0


def allow_descriptors() -> None:
    """As many open files as the system lets this process have."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def machine() -> dict[str, object]:
    """Where and when the figures were made."""
    model = re.search(r"model name\s*:\s*(.+)", _read("/proc/cpuinfo"))
    return {
        "date": time.strftime("%Y-%m-%d %H:%M", time.gmtime()) + " UTC",
        "processor": model[1] if model else platform.processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "compiled": COMPILED,
        "load_before": round(os.getloadavg()[0], 2),
    }


def heading(module: str, rounds: int, near: int, far: int) -> dict[str, object]:
    """What each program's figures begin with."""
    arguments = " ".join(sys.argv[1:])
    return {
        "machine": machine(),
        "rounds": rounds,
        "pinned": near != far,
        "command": f"python -m {module} {arguments}".strip(),
    }


def options(description: str, rounds: int) -> argparse.ArgumentParser:
    """The command line that the programs share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, default=rounds, help="(%(default)s)")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    return parser


def quick(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """The command line with ``--quick``: one short round, to see that it runs."""
    parser.add_argument("--quick", action="store_true", help="one short round")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.rounds = 1
    return chosen


def write_json(path: Path | None, figures: object) -> None:
    if path is not None:
        path.write_text(json.dumps(figures, indent=1) + "\n")


def stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def say(text: str) -> None:
    """Progress; the figures alone go to standard output."""
    print(text, file=sys.stderr, flush=True)


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
