"""``lunaroute stats``: what was used, how long it took, what it cost."""

import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import click
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from lunaroute.cli._place import db_option, reading
from lunaroute.cli._text import console, counted, cut, dollars, json_text, one_line
from lunaroute.insight import (
    Figures,
    Group,
    Stats,
    ToolFigures,
    block,
    seconds,
    short,
    sparkline,
    statistics,
)
from lunaroute.store import StatsBy, StatsFilter, Store

_DAY_US = 86_400 * 1_000_000
_BY = [by.value for by in StatsBy]
# Of longer records the last days are drawn.
_DRAWN_DAYS = 60
_FEW_TOOLS = 10
_KEY_WIDTH = 36  # of a session's id
_LEAST_KEY_WIDTH = 8
_WIDEST = 10_000
_HEADINGS = (
    *("requests", "failed", "input", "cache read", "written", "output"),
    *("thinking", "cost", "median", "95%"),
)
_SHORT_HEADINGS = (
    *("req", "fail", "input", "read", "write", "out", "think", "cost", "median", "95%"),
)
_TOOL_HEADINGS = (
    *("tool", "calls", "results", "failed", "unknown", "mean", "median", "95%"),
)

Row = tuple[str, ...]


@click.command(name="stats")
@click.option(
    "--days",
    type=click.IntRange(1, 36_500),
    help="Only what began in so many days (of 24 hours) up to now.",
)
@click.option("--session", help="Only sessions whose id is this or begins so.")
@click.option("--model", help="Only this model: exact, or its beginning up to a `-`.")
@click.option("--agent", help="Only subagents whose id begins so.")
@click.option("--project", help="Only this project, exact.")
@click.option(
    "--by", type=click.Choice(_BY), help="A line for each, the most tokens first."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as /stats gives it.")
@db_option
def command(
    days: int | None,
    session: str | None,
    model: str | None,
    agent: str | None,
    project: str | None,
    by: str | None,
    as_json: bool,
    db: str | None,
) -> None:
    """Count requests, tokens, cost, times and tools.

    Tokens are disjoint: input is what was neither read from the provider's cache nor
    written to it, output is without the thinking beside it. Times are from a request's
    head to the end of its answer. Costs are list prices; a cost that is not known is
    counted, never zero.
    """
    wanted = StatsFilter(
        since=None if days is None else time.time_ns() // 1000 - days * _DAY_US,
        session=_clean(session),
        model=_clean(model),
        agent=_clean(agent),
        project=_clean(project),
    )
    with reading(db) as store:
        if as_json:
            found = statistics(store, wanted, StatsBy(by) if by else None)
            click.echo(json_text(found))
            return
        show(console(), store, wanted, StatsBy(by) if by else None)


def show(out: Console, store: Store, wanted: StatsFilter, by: StatsBy | None) -> None:
    """Prints what ``store`` holds of what is ``wanted``."""
    found = statistics(store, wanted, by or StatsBy.DAY)
    if not found.total.requests:
        click.echo("no requests", err=True)
        return
    if by is None:
        first, last = found.groups[0].key, found.groups[-1].key
        sessions = counted(found.total.sessions, "session")
        when = first if first == last else f"{first} to {last}"
        out.print(Text(f"{sessions}, {when}", style="bold"))
        out.print(Text("\n".join(block(found.total, found.tools, _FEW_TOOLS))))
    elif by is StatsBy.TOOL:
        _print(out, _tool_table(found.tools))
    else:
        _print(out, *_tables(found))
    if by in (None, StatsBy.DAY) and len(found.groups) > 1:
        out.print()
        out.print(Text(_days(found.groups)))


def _clean(text: str | None) -> str | None:
    """An argument of the command line may hold what no database can."""
    return None if text is None else text.encode("utf-8", "replace").decode("utf-8")


def _print(out: Console, *tables: Table) -> None:
    """The first table that fits, else the last; piped, the first as wide as it is."""
    for table in tables:
        room = out.options.update_width(_WIDEST)
        width = Measurement.get(out, room, table).maximum
        if not out.is_terminal:
            out.width = max(out.width, width)
        if width <= out.width:
            out.print(table, width=width, soft_wrap=False, crop=False)
            return
    out.print(tables[-1], width=out.width, soft_wrap=False)


def _tables(found: Stats) -> Iterator[Table]:
    """With whole numbers, and with short ones."""
    lines = [
        *((_key(each), each.figures) for each in found.groups),
        ("all", found.total),
    ]
    for headings, is_short in ((_HEADINGS, False), (_SHORT_HEADINGS, True)):
        rows = [(key, *_cells(figures, is_short=is_short)) for key, figures in lines]
        table = _table((found.by or "", *headings), rows, 1 if is_short else 2)
        table.rows[-1].style = "bold"
        yield table


def _table(headings: Row, rows: Sequence[Row], gap: int = 2) -> Table:
    """Only the first column may be cut, by its own mark."""
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="bold")
    table.add_column(
        headings[0],
        no_wrap=True,
        overflow="ellipsis",
        max_width=_KEY_WIDTH,
        min_width=_LEAST_KEY_WIDTH,
    )
    for at, heading in enumerate(headings[1:], start=1):
        width = max(len(row[at]) for row in (headings, *rows))
        table.add_column(heading, justify="right", no_wrap=True, min_width=width)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _key(group: Group) -> str:
    return one_line(group.key).strip() if group.key else "-"


def _cells(figures: Figures, *, is_short: bool) -> tuple[str, ...]:
    thinking = figures.thinking_tokens + figures.reasoning_tokens
    counts = [
        *(figures.requests, figures.failures, figures.input_tokens),
        *(figures.cache_read_tokens, figures.cache_creation_tokens),
        *(figures.output_tokens, thinking),
    ]
    numbers = [short(count) if is_short else f"{count:,}" for count in counts]
    if figures.thinking_unknown_count:
        numbers[-1] = f"{numbers[-1]}+?" if thinking else "?"
    times = figures.response
    cost = _short_cost(figures) if is_short else _cost(figures)
    return (*numbers, cost, seconds(times.median_ms), seconds(times.p95_ms))


def _cost(figures: Figures) -> str:
    return dollars(figures.cost_usd, figures.unpriced_count)


def _short_cost(figures: Figures) -> str:
    if figures.cost_usd is None:
        return "?" if figures.unpriced_count else "-"
    known = f"${figures.cost_usd:.2f}"
    return f"{known}+?" if figures.unpriced_count else known


def _tool_table(tools: tuple[ToolFigures, ...]) -> Table:
    rows: list[Row] = []
    for tool in tools:
        counts = (tool.calls, tool.results, tool.errors, tool.unknown)
        times = (tool.time.mean_ms, tool.time.median_ms, tool.time.p95_ms)
        cells = [f"{count:,}" for count in counts] + [seconds(each) for each in times]
        rows.append((cut(tool.label, _KEY_WIDTH) or "-", *cells))
    return _table(_TOOL_HEADINGS, rows)


def _days(groups: tuple[Group, ...]) -> str:
    """Tokens day by day, those without any as well."""
    tokens = {group.key: group.figures.total_tokens for group in groups}
    last = date.fromisoformat(groups[-1].key or "")
    first = date.fromisoformat(groups[0].key or "")
    count = min(_DRAWN_DAYS, (last - first).days + 1)
    days = [last - timedelta(days=back) for back in range(count - 1, -1, -1)]
    drawn = sparkline([tokens.get(day.isoformat(), 0) for day in days])
    return f"tokens a day, {days[0]} to {last}: {drawn}"
