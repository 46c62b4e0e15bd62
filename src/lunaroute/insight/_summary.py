"""What passed since a moment, as text: the summary at the end of `serve`."""

from collections.abc import Iterator, Sequence

from lunaroute.insight._block import block
from lunaroute.insight._stats import Group, statistics
from lunaroute.insight._text import clock, cut, dollars, one_line, seconds, short
from lunaroute.store import StatsBy, StatsFilter, Store, StoredTurn

SUMMARY_TITLE = "Session Statistics Summary"
_RULE = "=" * 63
_MODEL_WIDTH = 18

# What a turn's row is made of, each as wide as its heading or what is put there.
_HEADINGS = (
    *("time    ", f"{'model':<{_MODEL_WIDTH}}", "  in", "read", "writ", " out", "thnk"),
    *("  ours", "theirs", "   cost"),
)


def summary(
    store: Store | None, since: int, most_sessions: int, *, with_turns: bool = False
) -> str:
    """Of all that began at ``since`` (microseconds since the epoch) or later.

    A block for each of the ``most_sessions`` sessions that were active last, the last
    at the end, and one for all of them. ``with_turns`` adds a line for each exchange.
    """
    wanted = StatsFilter(since=since)
    found = statistics(store, wanted, StatsBy.SESSION)
    if store is None or not found.groups:
        return f"{SUMMARY_TITLE}: no requests"
    groups = sorted(found.groups, key=lambda group: group.figures.last_at or "")
    shown = groups[max(0, len(groups) - most_sessions) :]
    lines = [SUMMARY_TITLE, _RULE]
    for group in shown:
        lines += ["", *_session(store, since, group, with_turns=with_turns)]
    lines += ["", *_all(len(groups), len(shown)), *block(found.total, found.tools)]
    return "\n".join(lines)


def _session(
    store: Store, since: int, group: Group, *, with_turns: bool
) -> Iterator[str]:
    session_id = group.key or ""
    yield f"Session: {one_line(session_id)}"
    yield from block(group.figures, group.tools)
    if with_turns:
        turns = [turn for turn in store.turns(session_id) if turn.started_at >= since]
        yield ""
        yield "  " + " ".join(_HEADINGS)
        yield from _turns(turns)


def _turns(turns: Sequence[StoredTurn]) -> Iterator[str]:
    for turn in turns:
        counts = (
            turn.input_tokens,
            turn.cache_read_tokens,
            turn.cache_creation_tokens,
            turn.output_tokens,
            turn.thinking_tokens + turn.reasoning_tokens,
        )
        model = turn.model_used or turn.model_requested or turn.endpoint or "-"
        ours = _between(turn.head_received_us, turn.first_byte_up_us)
        provider = _between(turn.first_byte_up_us, turn.ended_us)
        cost = dollars(turn.cost_usd, int(turn.cost_usd is None and any(counts)))
        cells = (
            clock(turn.started_at),
            f"{cut(model, _MODEL_WIDTH):<{_MODEL_WIDTH}}",
            *(f"{short(count):>4}" for count in counts),
            f"{seconds(ours):>6}",
            f"{seconds(provider):>6}",
            f"{cost:>7}",
            "" if turn.outcome == "answered" else one_line(turn.outcome),
        )
        yield "  " + " ".join(cells).rstrip()


def _between(earlier: int | None, later: int | None) -> float | None:
    """Milliseconds, None unless both are known."""
    if earlier is None or later is None:
        return None
    return max(0, later - earlier) / 1000


def _all(count: int, shown: int) -> Iterator[str]:
    many = "1 session" if count == 1 else f"All {count:,} sessions"
    yield many if shown == count else f"{many} ({shown:,} shown)"
