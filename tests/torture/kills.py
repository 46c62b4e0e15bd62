"""Rounds of ``kill -9`` under load: the observer, the gateway, both at once."""

import os
import random
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.kit import Serve
from tests.provider import Provider
from tests.torture.audit import Audit, audit, ended_ids, unrecorded, unseen
from tests.torture.load import Asked, loaded, mark, teach

VICTIMS = (("observer",), ("gateway",), ("gateway", "observer"))
# What ended so long before both died may be missing: a batch and a commit.
WINDOW_SECONDS = 0.1
# A request may be missing that was sent so long before both died.
REQUEST_SECONDS = 0.2


@dataclass(slots=True)
class Kill:
    """One round: who died and when."""

    victims: tuple[str, ...]
    moment: float


@dataclass(slots=True)
class Report:
    """Of all rounds at one home."""

    kills: list[Kill]
    asked: list[Asked]
    found: Audit
    missing: dict[str, list[float]] = field(default_factory=dict)

    @property
    def answered(self) -> int:
        return sum(one.status == 200 for one in self.asked)


def kill_rounds(home: Path, rounds: int, seconds: float, seed: int = 1) -> Report:
    """Kills in turn until the rounds are done or the time is up; the record's audit."""
    chance = random.Random(seed)
    provider = Provider()
    seen_at = teach(provider)
    kills: list[Kill] = []
    acknowledged: set[str] = set()
    deadline = time.monotonic() + seconds
    try:
        with Serve(home, provider.url) as serve:
            with loaded(serve.port, seed=seed) as load:
                while len(kills) < rounds and time.monotonic() < deadline:
                    victims = VICTIMS[len(kills) % len(VICTIMS)]
                    pids = {name: serve.child(name) for name in victims}
                    time.sleep(0.1 + chance.random())
                    acknowledged |= ended_ids(home)
                    moment = time.monotonic()
                    for pid in pids.values():
                        os.kill(pid, signal.SIGKILL)
                    kills.append(Kill(victims, moment))
                    for name, pid in pids.items():
                        serve.child(name, other_than=pid)
                    # From a recorder that has caught up on, rounds are alike.
                    mark(serve, f"mark/{len(kills)}")
            code = serve.stop()
        report = Report(kills, load.asked, audit(home, acknowledged))
        if code:
            report.found.note(f"exit code {code}: {serve.stderr[-300:]}")
    finally:
        provider.close()
    _tell_missing(home, report, seen_at)
    return report


def _tell_missing(home: Path, report: Report, seen_at: Mapping[str, float]) -> None:
    """How long before the kill that it must have been what is missing had ended, or
    had reached the provider.
    """
    for what, asked in (
        ("answers", unrecorded(home, report.asked)),
        ("requests", unseen(home, report.asked)),
    ):
        for one in asked:
            moment = one.answered or seen_at.get(one.agent)
            if moment is None:
                continue  # it was sent to one who was dead
            # An observer alone takes nothing with it.
            kill = next(
                (
                    kill
                    for kill in report.kills
                    if kill.moment >= moment and "gateway" in kill.victims
                ),
                Kill(("nobody",), moment),
            )
            name = f"{what}, {' and '.join(kill.victims)} killed"
            report.missing.setdefault(name, []).append(kill.moment - moment)
