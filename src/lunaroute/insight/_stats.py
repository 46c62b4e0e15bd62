"""Statistics: requests, tokens, cost, times and tools, all together and in groups.

`lunaroute stats`, ``/stats`` and the summary at the end of `serve` are made of these.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from lunaroute.insight._history import iso
from lunaroute.store import (
    StatsBy,
    StatsFilter,
    Store,
    StoredSums,
    StoredTimes,
    StoredToolTime,
)


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds of ``count`` things; all but the sum are None where there are none.

    The median is the middle one, or the mean of the middle two; of a hundred values
    the 95th is ``p95_ms``.
    """

    count: int
    total_ms: float
    mean_ms: float | None
    median_ms: float | None
    p95_ms: float | None


@dataclass(frozen=True, slots=True)
class ToolFigures:
    """All calls of one tool. ``unknown`` came back without a word of success or error.

    ``tool`` is the wire's name, ``mcp_server`` and ``mcp_tool`` its parts where it is
    an MCP server's. ``time`` is the client's own measurement for ``client_timed`` of
    the calls, else from the end of the answer that asked for it to the arrival of the
    request that brought the result: a wait for permission is part of it.
    """

    tool: str
    mcp_server: str | None
    mcp_tool: str | None
    calls: int
    results: int
    errors: int
    unknown: int
    client_timed: int
    time: Spread

    @property
    def label(self) -> str:
        """The name for people: of an MCP server's tool, with the server."""
        if self.mcp_server is None:
            return self.tool
        return f"{self.mcp_tool} ({self.mcp_server})"


@dataclass(frozen=True, slots=True)
class Figures:
    """What a number of exchanges comes to; tokens are disjoint, the total their sum.

    ``response`` is ``overhead`` and ``provider`` together: from a request's head to
    the end of its answer, parted where its first byte went to the provider.
    """

    requests: int
    turns: int
    failures: int
    sessions: int
    first_at: str | None
    last_at: str | None
    input_tokens: int
    cache_read_tokens: int
    cache_creation_tokens: int
    output_tokens: int
    thinking_tokens: int
    reasoning_tokens: int
    audio_input_tokens: int
    audio_output_tokens: int
    total_tokens: int
    thinking_unknown_count: int
    cost_usd: float | None
    unpriced_count: int
    tool_calls: int
    tool_errors: int
    response: Spread
    first_token: Spread
    overhead: Spread
    overhead_percent: float | None
    provider: Spread


@dataclass(frozen=True, slots=True)
class Group:
    """The exchanges with one key; None where they do not say."""

    key: str | None
    figures: Figures
    tools: tuple[ToolFigures, ...]


@dataclass(frozen=True, slots=True)
class Stats:
    """``groups`` are empty where nothing was put together; of tools, ``tools`` are the
    groups. Days come in order, anything else with the most tokens first.
    """

    since: str | None
    by: str | None
    total: Figures
    tools: tuple[ToolFigures, ...]
    groups: tuple[Group, ...]


def statistics(
    store: Store | None, wanted: StatsFilter, by: StatsBy | None = None
) -> Stats:
    """Of the exchanges that are ``wanted``; of nothing where there is no store."""
    times: tuple[StoredTimes, ...] = ()
    calls: tuple[StoredToolTime, ...] = ()
    groups: tuple[StoredSums, ...] = ()
    whole = _NOTHING
    if store is not None:
        with store.reading():
            (whole,) = store.sums(wanted)
            times, calls = store.times(wanted, by), store.tool_times(wanted, by)
            if by not in (None, StatsBy.TOOL):
                groups = store.sums(wanted, by)
    return Stats(
        since=None if wanted.since is None else iso(wanted.since),
        by=None if by is None else by.value,
        total=_figures(whole, times, calls),
        tools=tool_figures(calls),
        groups=_groups(groups, times, calls, by),
    )


def tool_figures(calls: Iterable[StoredToolTime]) -> tuple[ToolFigures, ...]:
    """The tools of these calls, most called first."""
    by_name: dict[tuple[str, str], list[StoredToolTime]] = {}
    for call in calls:
        by_name.setdefault((call.name, call.mcp_server or ""), []).append(call)
    order = sorted(by_name.items(), key=lambda found: (-len(found[1]), found[0]))
    return tuple(_tool(same) for _, same in order)


def spread(values_us: Iterable[int | None]) -> Spread:
    """Of microseconds; those that are not known do not count."""
    values = sorted(value for value in values_us if value is not None)
    if not values:
        return Spread(0, 0.0, None, None, None)
    count, total = len(values), sum(values)
    p95 = values[-(-95 * count // 100) - 1]
    mean = total / count / 1000
    return Spread(count, total / 1000, mean, median(values) / 1000, p95 / 1000)


def _groups(
    found: Sequence[StoredSums],
    times: Iterable[StoredTimes],
    calls: Iterable[StoredToolTime],
    by: StatsBy | None,
) -> tuple[Group, ...]:
    times_of: dict[str | None, list[StoredTimes]] = {}
    for time in times:
        times_of.setdefault(time.key, []).append(time)
    calls_of: dict[str | None, list[StoredToolTime]] = {}
    for call in calls:
        calls_of.setdefault(call.key, []).append(call)
    groups = [
        Group(
            each.key,
            _figures(each, times_of.get(each.key, ()), calls_of.get(each.key, ())),
            tool_figures(calls_of.get(each.key, ())),
        )
        for each in found
    ]
    if by is StatsBy.DAY:
        return tuple(sorted(groups, key=lambda group: group.key or ""))
    return tuple(sorted(groups, key=_most_first))


def _most_first(group: Group) -> tuple[int, int, str]:
    return -group.figures.total_tokens, -group.figures.requests, group.key or ""


def _figures(
    sums: StoredSums, times: Sequence[StoredTimes], calls: Sequence[StoredToolTime]
) -> Figures:
    overhead = spread(time.overhead_us for time in times)
    response = spread(time.provider_us + (time.overhead_us or 0) for time in times)
    whole = response.total_ms
    return Figures(
        requests=sums.requests,
        turns=sums.turns,
        failures=sums.failures,
        sessions=sums.sessions,
        first_at=None if sums.first_at is None else iso(sums.first_at),
        last_at=None if sums.last_at is None else iso(sums.last_at),
        input_tokens=sums.input_tokens,
        cache_read_tokens=sums.cache_read_tokens,
        cache_creation_tokens=sums.cache_creation_tokens,
        output_tokens=sums.output_tokens,
        thinking_tokens=sums.thinking_tokens,
        reasoning_tokens=sums.reasoning_tokens,
        audio_input_tokens=sums.audio_input_tokens,
        audio_output_tokens=sums.audio_output_tokens,
        total_tokens=sums.total_tokens,
        thinking_unknown_count=sums.thinking_unknown_count,
        cost_usd=sums.cost_usd,
        unpriced_count=sums.unpriced_count,
        tool_calls=len(calls),
        tool_errors=sum(bool(call.is_error) for call in calls),
        response=response,
        first_token=spread(time.first_token_us for time in times),
        overhead=overhead,
        overhead_percent=100 * overhead.total_ms / whole if whole else None,
        provider=spread(time.provider_us for time in times),
    )


def _tool(calls: Sequence[StoredToolTime]) -> ToolFigures:
    first = calls[0]
    return ToolFigures(
        tool=first.name,
        mcp_server=first.mcp_server,
        mcp_tool=first.mcp_tool,
        calls=len(calls),
        results=sum(call.has_result for call in calls),
        errors=sum(bool(call.is_error) for call in calls),
        unknown=sum(call.has_result and call.is_error is None for call in calls),
        client_timed=sum(call.is_clients for call in calls),
        time=spread(call.result_us for call in calls),
    )


_NO_TOKENS = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
_NOTHING = StoredSums(None, 0, 0, 0, 0, None, None, *_NO_TOKENS, None, 0)
