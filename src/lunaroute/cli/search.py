"""``lunaroute search``: where words stand in everything that was recorded."""

import difflib
import sys
from dataclasses import asdict

import click
from rich.text import Text

from lunaroute.cli._place import db_option, how_to_record, reading, switched_off
from lunaroute.cli._text import console, json_text, local_time, one_line
from lunaroute.store import Hit, Query, Sort, Store, parse_query, short_id


class _Command(click.Command):
    """Takes ``-word`` and ``--no-verify`` as words; its own options are options."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "Show this message and exit; so does -h."
        return option

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        known = [name for option in self.params for name in option.opts]
        known.append("--help")
        end = args.index("--") if "--" in args else len(args)
        names = {word.split("=")[0] for word in args[:end] if word.startswith("--")}
        for name in sorted(names.difference(known)):
            if close := difflib.get_close_matches(name, known):
                raise click.NoSuchOption(name, possibilities=close, ctx=ctx)
        # A short option would take letters out of the middle of `-word`.
        helped = ["--help" if word == "-h" else word for word in args[:end]]
        return super().parse_args(ctx, helped + args[end:])


@click.command(
    name="search",
    cls=_Command,
    context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]},
)
@click.argument("words", metavar="QUERY...", nargs=-1, required=True)
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(1, 10_000),
    default=20,
    help="How many hits to show.  [20]",
)
@click.option(
    "--sort",
    type=click.Choice([sort.value for sort in Sort]),
    default=Sort.BEST.value,
    metavar="ORDER",
    help="best of the newest 10,000, time, or rank among all.  [best]",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@db_option
def command(
    words: tuple[str, ...], limit: int, sort: str, as_json: bool, db: str | None
) -> None:
    """Find texts in which all words stand: prompts, answers, tools, errors.

    \b
    foo "a phrase" begin*        all of them; in quotes everything is text
    auth                         AuthMiddleware too; "auth" does not
    foo OR bar                   one of them: OR joins its two neighbours
    -foo, NOT foo, (foo bar)     without it; a group
    tool:Edit  model:claude-*    given to a tool or brought by it; * for anything
    session:0b9a  agent:a1       ids, or their beginnings
    role:user  kind:tool_*       who said it; prompt, answer, thinking, error ...
    status:error|ok|429|5xx      how the exchange ended
    after:2026-10-01 before:7d   days, times (2026-10-01T12:30) and ages
    min_tokens:50k  cost>0.50    of the exchange; in US dollars
    project:luna*  file:auth.py  whose it was; the file that a tool was given
    Single quotes around the query keep your shell off it. Exit code 1: not found.
    """
    query = parse_query(" ".join(words))
    if query.refusal is not None:
        _say(query.refusal)
        sys.exit(2)
    with reading(db) as store:
        hits = store.search(query, limit, Sort(sort))
        for hint in query.hints:
            _say(hint)
        if not hits and not as_json:
            _explain_nothing(store, query, " ".join(words), db)
    if as_json:
        click.echo(json_text([_as_json(hit) for hit in hits]))
    else:
        out = console()
        for hit in hits:
            out.print(_line(hit))
    sys.exit(0 if hits else 1)


def _say(sentence: str) -> None:
    click.echo(f"lunaroute: {one_line(sentence)}", err=True)


def _explain_nothing(store: Store, query: Query, words: str, db: str | None) -> None:
    if not store.has_texts():
        _say(f"nothing has been recorded yet at {store.path}; {how_to_record(db)}")
        return
    click.echo(f"nothing found for {one_line(words)}", err=True)
    _say(_advice(query))
    if setting := switched_off(db):
        _say(f"recording is off: nothing new is found until {setting} is true")


def _advice(query: Query) -> str:
    if query.root is None:
        return "a word needs a letter, a digit or _ to be found"
    return (
        "words are found as they were written, and parts of identifiers: try fewer,"
        " begin* for beginnings, one OR another, fewer fields; -word leaves out unless"
        " quoted"
    )


def _line(hit: Hit) -> Text:
    line = Text()
    line.append(local_time(hit.started_at), style="dim")
    line.append("  ")
    line.append(one_line(hit.session_id), style="cyan")
    # The kind says more than the role, save where a client uses roles of its own.
    line.append(f"  {one_line(hit.role)}/{one_line(hit.kind)}", style="dim")
    line.append(f"  {one_line(short_id(hit.exchange_id))}\n    ", style="dim")
    for text, is_match in hit.snippet:
        line.append(one_line(text), style="bold yellow" if is_match else "")
    return line


def _as_json(hit: Hit) -> dict[str, object]:
    values = asdict(hit)
    values["snippet"] = "".join(text for text, _ in hit.snippet)
    values["matches"] = [text for text, is_match in hit.snippet if is_match]
    values["time"] = local_time(hit.started_at)
    return values
