"""The moments of one exchange, on the wall clock and counted from its start."""

from dataclasses import dataclass
from datetime import UTC, datetime

from lunaroute.link import RawExchange, Times

# A clock that is far off must not keep an exchange from being recorded.
_LAST_SECOND = 253_402_300_799  # the year 9999


@dataclass(frozen=True, slots=True)
class Timeline:
    """All moments are monotonic nanoseconds, 0 where a thing never happened."""

    start: int
    start_wall_ns: int
    times: Times
    first_token: int

    @property
    def started_at(self) -> int:
        """Microseconds since the epoch."""
        return _bounded(self.start_wall_ns) // 1_000

    def since_start_us(self, moment: int) -> int | None:
        return max(0, moment - self.start) // 1_000 if moment else None

    def stamp(self, moment: int) -> str:
        """RFC 3339 in UTC; of a moment that never was, that of the start."""
        passed = max(0, moment - self.start) if moment else 0
        seconds, rest = divmod(_bounded(self.start_wall_ns + passed), 1_000_000_000)
        whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return f"{whole}.{rest // 1_000:06d}Z"


def timeline(raw: RawExchange, times: Times, first_token: int) -> Timeline:
    """The moments as the gateway noted them, from the request's first byte on."""
    start = times.accepted or times.head_received or raw.opened
    return Timeline(start, raw.anchor.wall(start), times, first_token)


def between_ms(earlier: int, later: int) -> float | None:
    """Milliseconds from one moment to another, None unless both happened."""
    if not earlier or not later:
        return None
    return max(0, later - earlier) / 1_000_000


def whole_ms(earlier: int, later: int) -> int | None:
    """As :func:`between_ms`, rounded."""
    passed = between_ms(earlier, later)
    return None if passed is None else round(passed)


def _bounded(wall_ns: int) -> int:
    return min(max(0, wall_ns), _LAST_SECOND * 1_000_000_000)
