"""Which tool call a duration belongs to that its client told by the tool's name."""

from collections.abc import Iterable, Sequence


def durations_of(
    names: Sequence[str], told: Iterable[tuple[str, int]]
) -> list[int | None]:
    """For each name of a call, in the order of the calls, what was told for it.

    There must be as many of a name as it has calls: else nobody knows whose they are.
    """
    by_name: dict[str, list[int]] = {}
    for name, duration in told:
        by_name.setdefault(name, []).append(duration)
    left = {
        name: iter(durations)
        for name, durations in by_name.items()
        if len(durations) == names.count(name)
    }
    return [next(left[name]) if name in left else None for name in names]
