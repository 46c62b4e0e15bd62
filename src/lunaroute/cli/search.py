"""``lunaroute search``: where words stand in everything that was recorded."""

import sys
from dataclasses import asdict

import click
from rich.text import Text

from lunaroute.cli._place import db_option, reading
from lunaroute.cli._text import console, json_text, local_time, one_line
from lunaroute.store import Hit


@click.command(name="search")
@click.argument("words", nargs=-1, required=True)
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=20,
    show_default=True,
    help="How many hits to show.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@db_option
def command(words: tuple[str, ...], limit: int, as_json: bool, db: str | None) -> None:
    """Find texts in which all WORDS stand: prompts, answers, tools, errors.

    "Several words" in quotes are looked for as a phrase. The best of the newest hits
    come first. The exit code is 1 when nothing is found.
    """
    with reading(db) as store:
        hits = store.search(" ".join(words), limit)
    if as_json:
        click.echo(json_text([_as_json(hit) for hit in hits]))
    elif hits:
        out = console()
        for hit in hits:
            out.print(_line(hit))
    else:
        click.echo(f"nothing found for {one_line(' '.join(words))}", err=True)
    sys.exit(0 if hits else 1)


def _line(hit: Hit) -> Text:
    line = Text()
    line.append(local_time(hit.started_at), style="dim")
    line.append("  ")
    line.append(one_line(hit.session_id), style="cyan")
    # The kind says more than the role, save where a client uses roles of its own.
    line.append(f"  {one_line(hit.role)}/{one_line(hit.kind)}\n    ", style="dim")
    for text, is_match in hit.snippet:
        line.append(one_line(text), style="bold yellow" if is_match else "")
    return line


def _as_json(hit: Hit) -> dict[str, object]:
    values = asdict(hit)
    values["snippet"] = "".join(text for text, _ in hit.snippet)
    values["matches"] = [text for text, is_match in hit.snippet if is_match]
    values["time"] = local_time(hit.started_at)
    return values
