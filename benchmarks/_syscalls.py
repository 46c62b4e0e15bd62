"""The system calls of one small request, counted by strace where it is installed."""

import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks._client import Client
from benchmarks._traffic import request
from benchmarks._ways import Way
from tests.kit import until

REQUESTS = 500
# A traced process runs slowly: less often than this the recorder's naps and the
# gauge of each second would count for much.
PACE = 0.002


def measure(ways: list[Way]) -> list[dict[str, object]]:
    """For each process of each way: calls per request by name, the frequent ones."""
    strace = shutil.which("strace")
    if strace is None:
        return []
    return [
        {"way": way.name, "process": name, "calls": _count(strace, way, pid)}
        for way in ways
        for name, pid in way.workers.items()
    ]


def _count(strace: str, way: Way, pid: int) -> dict[str, float]:
    data = request(500)
    with tempfile.TemporaryDirectory() as home, Client(way.port) as client:
        client.whole(data % 0)
        out = Path(home) / "calls"
        tracer = subprocess.Popen(
            [strace, "-f", "-c", "-o", str(out), "-p", str(pid)],
            stderr=subprocess.DEVNULL,
        )
        until(lambda: _traced(pid), "strace to attach")
        for number in range(REQUESTS):
            client.whole(data % number)
            time.sleep(PACE)
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
        if way.record is not None:
            way.record.sent += REQUESTS + 1
            way.record.drain()
        return _per_request(out.read_text())


def _traced(pid: int) -> bool:
    return "TracerPid:\t0\n" not in Path(f"/proc/{pid}/status").read_text()


def _per_request(text: str) -> dict[str, float]:
    """From strace's summary: the fourth column counts, the last one names."""
    calls = {}
    for line in text.splitlines():
        parts = line.split()
        if len(parts) >= 5 and parts[3].isdigit() and parts[-1] != "total":
            count = int(parts[3]) / REQUESTS
            if count >= 0.05:
                calls[parts[-1]] = count
    return dict(sorted(calls.items(), key=lambda item: -item[1]))
