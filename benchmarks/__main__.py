"""Everything beside nginx in one run: ``python -m benchmarks [--rounds 7] [--quick]``.

Added latency, many at once, memory and processor time, one after another; the figures
go to ``benchmarks/results`` and from there into the READMEs. ``--quick`` takes one
short round and writes nothing.
"""

import argparse
import subprocess
import sys
import time

from benchmarks import readme
from benchmarks._measure import say

PROGRAMS = ("overhead", "capacity", "footprint")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="(%(default)s)")
    parser.add_argument("--quick", action="store_true", help="one short round")
    chosen = parser.parse_args()
    began = time.monotonic()
    for name in PROGRAMS:
        arguments = ["--rounds", str(chosen.rounds)]
        if chosen.quick:
            arguments = ["--quick"]
        else:
            readme.RESULTS.mkdir(exist_ok=True)
            arguments += ["--json", f"benchmarks/results/{name}.json"]
        subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}", *arguments],
            cwd=readme.HERE.parent,
            check=True,
        )
    if not chosen.quick:
        for path, text in readme.pages().items():
            path.write_text(text)
    say(f"took {(time.monotonic() - began) / 60:.1f} min")


if __name__ == "__main__":
    main()
