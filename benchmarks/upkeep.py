"""How long the tasks upon a record take, and how long a recorder waits for one step.

Run from the repository's root: ``python -m benchmarks.upkeep``. The record is that of
``benchmarks.search`` in the database and sessions of ``benchmarks.sizes`` in files.
"""

import argparse
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.search import fill
from benchmarks.sizes import turns
from lunaroute.recording import Recorder
from lunaroute.store import open_store
from lunaroute.upkeep import Limits, Site, begin
from tests.recording.build import exchange

SESSIONS, TURNS, BODIES = 10, 50, 10_000_000
DAY = date(2025, 1, 2)


def make(site: Site, texts: int) -> int:
    """Fills it; returns how many bytes the database has."""
    site.home.mkdir()
    with open_store(site.database, writer=True) as store:
        fill(store, texts)
        recorder = Recorder(site.directory, store, today=lambda: DAY)
        for session in range(SESSIONS):
            for turn, (body, answer) in enumerate(turns(TURNS, BODIES)):
                number = 1_000_000 + session * TURNS + turn
                raw = exchange(
                    number,
                    request_pieces=[body],
                    answer=answer,
                    content_type="text/event-stream",
                    session=f"coding-{session}",
                )
                recorder.record([raw])
        return store.pruning.used_bytes()


def run(site: Site, name: str, task: dict[str, Any]) -> str:
    """Does the task; a row of the table."""
    steps, longest, count, began = begin(site, task), 0.0, 0, time.perf_counter()
    while True:
        before = time.perf_counter()
        try:
            next(steps)
        except StopIteration:
            break
        longest = max(longest, time.perf_counter() - before)
        count += 1
    total = time.perf_counter() - began
    return f"| {name} | {total:.1f} | {count} | {longest * 1_000:.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=150_000, help="(%(default)s)")
    texts: int = parser.parse_args().texts
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory) / "home"
        limits = Limits(compress_after_days=1)
        site = Site(home, home / "sessions", home / "sessions.db", limits)
        size = make(site, texts)
        files = sum(path.stat().st_size for path in site.directory.rglob("*.jsonl"))
        print(f"{size / 1e6:.0f} MB of SQLite, {files / 1e6:.1f} MB of JSONL\n")
        print("| task | s | steps | longest step, ms |\n| --- | --- | --- | --- |")
        delete = {"task": "delete", "sessions": ["coding-0"]}
        print(run(site, "delete a session of 50 turns", delete))
        print(run(site, "reindex 450 turns", {"task": "reindex"}))
        print(run(site, "reprice all", {"task": "reprice"}))
        cleanup = {"task": "cleanup", "trust_clock": True}
        print(run(site, "compress", cleanup))
        half = Limits(max_bytes=size // 2)
        site = Site(home, site.directory, site.database, half)
        print(run(site, "clean up to half the size", cleanup))


if __name__ == "__main__":
    main()
