"""How many exchanges of growing sessions the recorder takes a second, with redaction
off, of secrets, and of every kind.

Run from the repository's root: ``python -m benchmarks.ingest``. The sessions are those of
``benchmarks.sizes``: this project's own source code as tools' results, the whole history
with every turn. Timed is the processor time of the recorder alone, on one core, from raw
exchanges to committed rows and lines; each figure is the best of its rounds, the kinds of
redaction in turn.
"""

import argparse
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.sizes import turns
from lunaroute.link import RawExchange
from lunaroute.pii import KINDS, SECRETS, Policy
from lunaroute.recording import Recorder, redactor_of, vault_of
from lunaroute.store import open_store
from tests.recording.build import exchange

# Mean size of a body, turns a session, sessions, what each turn brings besides.
CASES = (
    (20_000, 20, 10, {"system_bytes": 2_000, "tool_count": 2}),
    (60_000, 20, 10, {}),
    (400_000, 40, 2, {}),
)
BATCH = 20

POLICIES: Mapping[str, Policy] = {
    "off": Policy({}),
    "secrets": Policy(dict.fromkeys(SECRETS, "mask")),
    "all kinds": Policy(dict.fromkeys(KINDS, "mask")),
}


def made(
    size: int, count: int, sessions: int, more: Mapping[str, int]
) -> list[RawExchange]:
    """Exchanges in the order in which they came."""
    raws = []
    for session in range(sessions):
        for body, answer in turns(count, size * count, **more):
            raws.append(
                exchange(
                    len(raws) + 1,
                    request_pieces=[body],
                    session=f"s{session}",
                    answer=answer,
                    content_type="text/event-stream",
                )
            )
    return raws


def recorded(raws: list[RawExchange], policy: Policy) -> float:
    """Seconds of processor time until all are committed."""
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        vault = vault_of(policy, home)
        with open_store(home / "sessions.db", writer=True) as store:
            redactor = redactor_of(policy, home, vault)
            recorder = Recorder(home / "sessions", store, redactor=redactor)
            began = time.process_time()
            for at in range(0, len(raws), BATCH):
                recorder.record(raws[at : at + BATCH])
            return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print("| mean body | redaction | exchanges a second | milliseconds each |")
    print("|---|---|---|---|")
    for case in CASES:
        raws = made(*case)
        recorded(raws[:BATCH], POLICIES["secrets"])  # what is loaded once
        best = dict.fromkeys(POLICIES, float("inf"))
        for _ in range(rounds):
            for name, policy in POLICIES.items():
                best[name] = min(best[name], recorded(raws, policy))
        size = sum(raw.request.size for raw in raws) // len(raws)
        for name, seconds in best.items():
            each = seconds / len(raws)
            print(
                f"| {size // 1000} kB | {name} | {1 / each:.0f} | {1000 * each:.2f} |"
            )


if __name__ == "__main__":
    main()
