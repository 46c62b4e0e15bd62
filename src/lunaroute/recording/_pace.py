"""How evenly an answer came: the gaps between its pieces, in milliseconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Pace:
    """All None where there were less than two pieces."""

    average: float | None = None
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    longest: float | None = None
    shortest: float | None = None


def pace(moments: Sequence[int]) -> Pace:
    """Of pieces that came at these nanoseconds."""
    pairs = pairwise(moments)
    gaps = sorted(max(0, later - earlier) / 1_000_000 for earlier, later in pairs)
    if not gaps:
        return Pace()
    p50, p95, p99 = (gaps[(len(gaps) - 1) * q // 100] for q in (50, 95, 99))
    return Pace(sum(gaps) / len(gaps), p50, p95, p99, gaps[-1], gaps[0])
