"""The link between gateway and observer: what it costs and what it survives.

Run from the repository's root: ``python -m benchmarks.link [--rounds 7] [--json
FILE]``. Its parts: µs per frame, bytes in flight, the
buffer's account of memory, a dead observer, a flood.
"""

import sys

from benchmarks import _dead, _flight, _frames, _memory
from benchmarks._measure import cores, machine, options, say, write_json
from benchmarks._tables import link_tables


def main() -> None:
    parser = options(__doc__ or "", rounds=7)
    parser.add_argument(
        "--seconds", type=float, default=15.0, help="of traffic for the bytes in flight"
    )
    chosen = parser.parse_args()
    near, far = cores()
    figures: dict[str, object] = {
        "machine": machine(),
        "rounds": chosen.rounds,
        "pinned": near != far,
        "command": "python -m benchmarks.link " + " ".join(sys.argv[1:]),
    }
    say("frames")
    figures["frames"] = _frames.measure(chosen.rounds, near, far)
    say("bytes in flight")
    figures["flight"] = _flight.measure(chosen.seconds)
    figures["memory"] = _memory.measure()
    figures["dead"] = _dead.dead(chosen.rounds, near, far)
    figures["flood"] = _dead.flood(chosen.rounds, near, far)
    write_json(chosen.json, figures)
    print("\n\n".join(link_tables(figures).values()))


if __name__ == "__main__":
    main()
