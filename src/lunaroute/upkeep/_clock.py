"""Whether the clock can be believed: age decides what is deleted for good.

The wall clock is compared with one that nobody sets: both must have gone equally far
since the last look, which a small file remembers.
"""

import json
import os
import time
import uuid
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

DAY_SECONDS = 86_400.0

# Goes on while the machine sleeps. macOS' monotonic clock does so, too.
_RUNNING = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# Where a boot has no name, clocks are compared within one process only.
_UNNAMED_BOOT = uuid.uuid4().hex

REMEDY = "if the clock is right now, say so: lunaroute cleanup --trust-clock"


@dataclass(frozen=True, slots=True)
class Moment:
    """Seconds since the epoch, and since the boot that is named."""

    wall: float
    running: float
    boot: str


@dataclass(frozen=True, slots=True)
class Watch:
    """The last moment when all was well; ``jumped`` says what was wrong since."""

    last: Moment | None = None
    jumped: str = ""


def now() -> Moment:
    """Both clocks at once."""
    try:
        boot = _BOOT_ID.read_text().strip()
    except OSError:
        boot = _UNNAMED_BOOT
    return Moment(time.time(), time.clock_gettime(_RUNNING), boot)


def judge(watch: Watch, moment: Moment) -> Watch:
    """What is known of the clock now. A jump is forgotten when it was taken back, and
    otherwise not: not even by a restart of the machine.
    """
    last = watch.last
    if last is None:
        return Watch(moment)
    if last.boot == moment.boot:
        drift = (moment.wall - last.wall) - (moment.running - last.running)
        if abs(drift) <= DAY_SECONDS:
            return Watch(moment)
        way = "forward" if drift > 0 else "back"
        days = abs(drift) / DAY_SECONDS
        return replace(
            watch, jumped=f"the clock went {way} by {days:.1f} days at once; {REMEDY}"
        )
    if watch.jumped:
        return watch
    if moment.wall < last.wall - DAY_SECONDS:
        words = f"the clock shows {_day(moment.wall)}, and showed {_day(last.wall)}"
        return replace(watch, jumped=f"{words} before; {REMEDY}")
    return Watch(moment)


def from_the_future(newest: float | None, moment: Moment) -> str:
    """What is wrong if the newest record is of a day to come; empty if it is not."""
    if newest is None or newest <= moment.wall + DAY_SECONDS:
        return ""
    return (
        f"the newest record is of {_day(newest)} and the clock shows"
        f" {_day(moment.wall)}: one of them is wrong"
    )


def recall(path: Path) -> Watch:
    """What the file remembers; nothing if it is missing or damaged."""
    try:
        told = json.loads(path.read_bytes())
        last = Moment(
            float(told["last"]["wall"]),
            float(told["last"]["running"]),
            str(told["last"]["boot"]),
        )
        return Watch(last, str(told["jumped"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Watch()


def remember(path: Path, watch: Watch) -> None:
    """Raises OSError."""
    new = path.with_name(f"{path.name}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(asdict(watch), file)
    new.replace(path)


def _day(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
    except (ValueError, OverflowError, OSError):
        return f"second {seconds:.0f}"
