"""``lunaroute reindex``: the database made again from the JSONL files."""

import sys

import click

from lunaroute.cli._text import counted, json_text, one_line
from lunaroute.cli._upkeep import performed


@click.command(name="reindex")
@click.option(
    "--missing", is_flag=True, help="Only add what the database does not have."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(missing: bool, as_json: bool) -> None:
    """Make the database again from the JSONL files.

    Rows, texts, tools and the search index come back as they were recorded. What stands
    in no file, such as imports, stays as it is. `lunaroute serve` may be running.

    Exit code 0: all well, 1: something could not be read, 2: nothing was done.
    """
    done = performed({"task": "reindex", "missing": missing})
    if as_json:
        click.echo(json_text(done))
    else:
        click.echo(
            f"{counted(done['files'], 'file')}:"
            f" {counted(done['rebuilt'], 'exchange')} rebuilt,"
            f" {done['added']} added, {done['kept']} kept;"
            f" {counted(done['bad_lines'], 'bad line')}"
        )
    for warning in done["warnings"]:
        click.echo(f"lunaroute: {one_line(warning)}", err=True)
    sys.exit(1 if done["warnings"] or done["bad_lines"] else 0)
