"""``lunaroute cache``: the provider's prompt cache, read, written and missed."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence

import click
from rich.text import Text

from lunaroute.cli._place import db_option, own_prices, reading
from lunaroute.cli._text import console, cut, dollars, json_text, local_time, one_line
from lunaroute.errors import StoreError
from lunaroute.insight import CacheMiss, SessionCache, session_cache
from lunaroute.pricing import use_overrides
from lunaroute.recording import SessionFiles
from lunaroute.store import ExchangeRow, SessionFilter, Store

_DAY_US = 86_400 * 1_000_000
_DETAIL_WIDTH = 100
_AGENT_WIDTH = 20
# Of the misses of one session those that missed most are shown.
_SHOWN = 10


@click.command(name="cache")
@click.argument("session_id", metavar="[ID]", required=False)
@click.option(
    "--days",
    type=click.IntRange(1, 36_500),
    help="Only sessions active in so many days (of 24 hours) up to now.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 1_000),
    default=20,
    show_default=True,
    help="How many sessions to look at, those active last.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every miss.")
@db_option
def command(
    session_id: str | None, days: int | None, limit: int, as_json: bool, db: str | None
) -> None:
    """Tell what the provider's prompt cache saved, and where it was missed.

    Of the session ID (or the only one that begins so), else of the sessions that were
    active last. A request misses what an earlier one of its conversation left in the
    cache and it did not read: because it has another model, because a block of tools,
    system or messages changed, because the time is over, or because the provider had
    not kept it. The cost is what the missed tokens were billed beyond the price of
    reading them.
    """
    with reading(db) as store:
        use_overrides(own_prices(db))
        bodies = _Bodies(store)
        found = [
            session_cache(store, each, bodies.request)
            for each in _sessions(store, session_id, days, limit)
        ]
    found = [each for each in found if each.turns or session_id]
    if as_json:
        click.echo(json_text(found))
        return
    if not found:
        click.echo("no turns", err=True)
        return
    out = console()
    for each in found:
        out.print(Text(f"session {one_line(each.session_id)}", style="bold"))
        for line in _lines(each):
            out.print(line)
    if len(found) > 1:
        out.print(Text(f"all {len(found)} sessions", style="bold"))
        for line in _sums(found):
            out.print(line)


class _Bodies:
    """Requests' bodies from the session files; None where they are not there."""

    def __init__(self, store: Store) -> None:
        self._files = SessionFiles(store)

    def request(self, row: ExchangeRow) -> bytes | None:
        try:
            return self._files.request(row)
        except StoreError:
            return None


def _sessions(
    store: Store, session_id: str | None, days: int | None, limit: int
) -> list[str]:
    if session_id is not None:
        return [store.get_session(session_id).session_id]
    since = None if days is None else time.time_ns() // 1000 - days * _DAY_US
    page = store.session_page(SessionFilter(since=since), limit=limit)
    return [str(row["session_id"]) for row in page.rows]


def _lines(session: SessionCache) -> Iterator[Text]:
    yield from _sums([session])
    most = sorted(session.misses, key=lambda miss: -miss.missed_tokens)[:_SHOWN]
    for miss in session.misses:
        if miss in most:
            yield _miss(miss)
    if more := len(session.misses) - len(most):
        yield Text(f"    {more:,} smaller misses", style="dim")


def _sums(sessions: Sequence[SessionCache]) -> Iterator[Text]:
    turns = sum(each.turns for each in sessions)
    read = sum(each.read_tokens for each in sessions)
    written = sum(each.written_tokens for each in sessions)
    uncached = sum(each.uncached_tokens for each in sessions)
    whole = read + written + uncached
    share = f" ({100 * read / whole:.1f}% of the input)" if whole else ""
    yield Text(
        f"  {turns:,} turn{'' if turns == 1 else 's'}: read {read:,}{share},"
        f" written {written:,}, uncached {uncached:,}"
    )
    yield _missed([miss for each in sessions for miss in each.misses])


def _missed(misses: Sequence[CacheMiss]) -> Text:
    if not misses:
        return Text("  missed nothing", style="green")
    known = [miss.cost_usd for miss in misses if miss.cost_usd is not None]
    cost = dollars(sum(known) if known else None, len(misses) - len(known))
    reasons = Counter(str(miss.reason) for miss in misses).most_common()
    why = ", ".join(f"{word} {count:,}" for word, count in reasons)
    tokens = sum(miss.missed_tokens for miss in misses)
    return Text(f"  missed {tokens:,}, at a cost of {cost}: {why}", style="yellow")


def _miss(miss: CacheMiss) -> Text:
    whose = f"  agent {cut(miss.agent, _AGENT_WIDTH)}" if miss.agent else ""
    cost = dollars(miss.cost_usd, int(miss.cost_usd is None))
    return Text(
        f"    {local_time(miss.started_at)}  {miss.missed_tokens:,}  {cost}{whose}"
        f"  {miss.reason}: {cut(miss.detail, _DETAIL_WIDTH)}"
    )
