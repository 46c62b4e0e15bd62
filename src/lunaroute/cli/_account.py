"""What a client did in a span of time, by the record."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lunaroute.cli._text import counted, dollars
from lunaroute.errors import NothingRecorded, StoreError
from lunaroute.insight import Group, ToolFigures, statistics
from lunaroute.store import SessionFilter, StatsBy, StatsFilter, Store, open_store

# What has just ended is committed after 0.1 s and the time of a commit.
LEAST_SECONDS = 0.4
# The gateways tell once a second what waits: nothing at all is believed after that.
EMPTY_SECONDS = 1.2
MOST_SECONDS = 4.0
LOOK_SECONDS = 0.15
_MANY = 100


@dataclass(frozen=True, slots=True)
class SlowTool:
    """The tool whose calls took longest in the mean."""

    name: str
    calls: int
    mean_ms: float


@dataclass(frozen=True, slots=True)
class Account:
    """The sums. ``sessions`` are ids, the last one first, at most a hundred."""

    turns: int = 0
    tokens: int = 0
    cost_usd: float | None = None
    unpriced: int = 0
    slowest: SlowTool | None = None
    sessions: tuple[str, ...] = ()
    unrecorded: int | None = 0  # what may be missing in it; None: unknown


def settled(
    database: Path,
    since_us: int,
    agents: Sequence[str],
    unrecorded: Callable[[], int | None],
) -> Account:
    """The account, once everything is recorded and it has stopped to change; after some
    seconds in any case. ``unrecorded`` tells what waits, None where that is unknown.

    Raises StoreError where the record cannot be read.
    """
    began = time.monotonic()
    before: Account | None = None
    while True:
        waited = time.monotonic() - began
        try:
            now = account(database, since_us, agents)
        except StoreError:  # it is just being made, or brought to a new schema
            if waited > MOST_SECONDS:
                raise
        else:
            if waited > MOST_SECONDS:
                return replace(now, unrecorded=unrecorded())
            least = LEAST_SECONDS if now.sessions else EMPTY_SECONDS
            if waited > least and now == before and unrecorded() == 0:
                return now
            before = now
        time.sleep(LOOK_SECONDS)


def account(database: Path, since_us: int, agents: Sequence[str]) -> Account:
    """All that began since and whose User-Agent begins with one of these words; without
    any, all there is. Raises StoreError.
    """
    try:
        with open_store(database, writer=False) as store:
            return _account(store, since_us, agents)
    except NothingRecorded:
        return Account()


def _account(store: Store, since_us: int, agents: Sequence[str]) -> Account:
    found = statistics(store, StatsFilter(since=since_us), StatsBy.CLIENT)
    groups = [each for each in found.groups if _is_of(each.key, agents)]
    costs = [each.figures.cost_usd for each in groups]
    known = [cost for cost in costs if cost is not None]
    page = store.session_page(SessionFilter(since=since_us), limit=_MANY)
    return Account(
        turns=sum(each.figures.turns for each in groups),
        tokens=sum(each.figures.total_tokens for each in groups),
        cost_usd=sum(known) if known else None,
        unpriced=sum(each.figures.unpriced_count for each in groups),
        slowest=_slowest(groups),
        sessions=tuple(
            str(row["session_id"])
            for row in page.rows
            if _is_of(row["user_agent"], agents)
        ),
    )


def _is_of(user_agent: str | None, agents: Sequence[str]) -> bool:
    return not agents or (user_agent or "").startswith(tuple(agents))


def _slowest(groups: Sequence[Group]) -> SlowTool | None:
    """The same tool in several groups: the slower one counts."""
    timed: list[ToolFigures] = [
        tool for group in groups for tool in group.tools if tool.time.mean_ms
    ]
    if not timed:
        return None
    slow = max(timed, key=lambda tool: tool.time.mean_ms or 0.0)
    return SlowTool(slow.tool, slow.time.count, slow.time.mean_ms or 0.0)


def sentence(name: str, since: float, found: Account) -> str:
    """One line: turns, tokens, cost, slowest tool, where to read it. It says what was
    counted: all that this client did since, also in another window.
    """
    clock = time.strftime("%H:%M:%S", time.localtime(since))
    if found.unrecorded is None:
        return (
            f"since {clock} {name}: the recorder is not there, what was used is not "
            "known yet; `lunaroute status` says what is wrong"
        )
    if not found.turns and not found.sessions:
        return (
            f"since {clock} nothing of {name} came through the proxy; "
            "`lunaroute doctor` looks for the reason"
        )
    parts = [counted(found.turns, "turn")]
    if len(found.sessions) > 1:
        more = "or more " if len(found.sessions) == _MANY else ""
        parts[0] += f" in {len(found.sessions)} {more}sessions"
    parts.append(counted(found.tokens, "token"))
    parts.append(dollars(found.cost_usd, found.unpriced))
    if found.slowest is not None:
        slow = found.slowest
        calls = counted(slow.calls, "call")
        each = "" if slow.calls == 1 else " each"
        parts.append(
            f"slowest tool {slow.name} ({calls}, {slow.mean_ms / 1000:.1f} s{each})"
        )
    where = "lunaroute sessions list"
    if len(found.sessions) == 1:
        where = f"lunaroute sessions show {found.sessions[0]}"
    if found.unrecorded:
        parts.append(f"{counted(found.unrecorded, 'request')} not recorded yet")
    return f"since {clock} {name}: {', '.join(parts)}; {where}"
