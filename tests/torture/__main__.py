"""``make torture``: all of it, with its counts; exit code 1 if anything is not as it
must be. ``ARGS='--seconds 120'`` takes less time, ``kills``, ``faults``, ``fuzz`` a part.
"""

import argparse
import io
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.torture.faults import FAULTS, run_fault
from tests.torture.fuzz import fuzz
from tests.torture.kills import VICTIMS, kill_rounds

ROUNDS = 200
# Of the whole time; the faults take what they need, about a minute and a half.
SHARES = {"kills": 0.55, "fuzz": 0.15}
MOST_SECONDS = 570.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture")
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS])
    parser.add_argument("--seconds", type=float, default=MOST_SECONDS)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of kills, at most")
    asked = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    began = time.monotonic()
    results = []
    for name in asked.parts or list(PARTS):
        place = Path(tempfile.mkdtemp(prefix=f"torture-{name}-"))
        is_clean = PARTS[name](place, asked)
        results.append(is_clean)
        if is_clean:
            shutil.rmtree(place)
        else:
            print(f"  what was written stays in {place}")
    print(
        f"{time.monotonic() - began:.0f} s, {'all well' if all(results) else 'FAILED'}"
    )
    return 0 if all(results) else 1


def kills(place: Path, asked: argparse.Namespace) -> bool:
    """Rounds of kill -9 under load."""
    report = kill_rounds(place / "home", asked.rounds, asked.seconds * SHARES["kills"])
    counts = Counter("+".join(kill.victims) for kill in report.kills)
    named = ", ".join(f"{counts['+'.join(who)]} {' and '.join(who)}" for who in VICTIMS)
    found = report.found
    print(f"kill -9 under load: {len(report.kills)} rounds ({named})")
    print(
        f"  {len(report.asked)} requests, {report.answered} answered;"
        f" of those acknowledged {found.lost} lost, {found.twice} twice,"
        f" {found.torn} torn, {found.open} left open"
    )
    for what, ages in sorted(report.missing.items()):
        print(
            f"  not recorded: {len(ages)} {what}, the oldest"
            f" {max(ages) * 1000:.0f} ms before"
        )
    _say(found.notes)
    return found.is_clean


def faults(place: Path, _asked: argparse.Namespace) -> bool:
    """Each trouble with the disk, under load."""
    print("trouble with the disk under load: requests, failed, not recorded, warnings,")
    print(
        "  seconds until /readyz said it, seconds from its end until recording went on"
    )
    is_clean = True
    for number, name in enumerate(FAULTS):
        below = place / str(number)
        below.mkdir()
        result = run_fault(below, name)
        said = "-" if result.said is None else f"{result.said:.1f}"
        on = "never" if result.resumed is None else f"{result.resumed:.1f}"
        print(
            f"  {name:20} {result.requests:4} {result.failed:2} {result.unrecorded:2}"
            f" {result.warnings:2} {said:>5} {on:>5}"
        )
        _say(result.notes)
        is_clean &= result.is_clean
    return is_clean


def fuzzed(place: Path, asked: argparse.Namespace) -> bool:
    """Bytes that nobody would send, through the readers."""
    result = fuzz(place, asked.seconds * SHARES["fuzz"])
    counts = ", ".join(f"{count} {what}" for what, count in result.inputs.items())
    found = result.found
    print(
        f"fuzz: {counts}; {result.unreadable} could not be read, {found.twice} twice,"
        f" {found.torn} torn, {found.open} left open"
    )
    _say(found.notes)
    return result.is_clean


PARTS = {"kills": kills, "faults": faults, "fuzz": fuzzed}


def _say(notes: list[str]) -> None:
    for note in notes:
        print(f"  ! {note}")


if __name__ == "__main__":
    sys.exit(main())
