"""``lunaroute cleanup``: the limits of the record, looked after now."""

import sys
from collections.abc import Iterator
from typing import Any

import click

from lunaroute.cli._text import counted, json_text, one_line
from lunaroute.cli._upkeep import performed

# A dry run names this many; `--json` has all.
_SHOWN = 50
_MB = 1024 * 1024
_WHY = {"age": "too old", "size": "too much", "compress": "to compress"}


@click.command(name="cleanup")
@click.option("--dry-run", is_flag=True, help="Say what would go; change nothing.")
@click.option(
    "--trust-clock",
    is_flag=True,
    help="The clock is right, although it jumped by more than a day.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(dry_run: bool, trust_clock: bool, as_json: bool) -> None:
    """Delete what is too old or too much, compress what is old.

    The limits are session_recording.jsonl.retention in the configuration, and hold for
    files and database alike; of a running `lunaroute serve` they are those that it was
    started with. It looks after them by itself; this does it now.

    Exit code 0: all well, 1: something could not be done, 2: nothing was.
    """
    task = {"task": "cleanup", "dry_run": dry_run, "trust_clock": trust_clock}
    done = performed(task)
    if as_json:
        click.echo(json_text(done))
    else:
        for line in _told(done):
            click.echo(line)
    for warning in done["warnings"]:
        click.echo(f"lunaroute: {one_line(warning)}", err=True)
    if done["stopped"] and done["bytes_before"]:
        click.echo(f"lunaroute: nothing was done: {done['stopped']}", err=True)
        sys.exit(2)
    sys.exit(1 if done["warnings"] else 0)


def _told(done: dict[str, Any]) -> Iterator[str]:
    if done["stopped"]:
        if not done["bytes_before"]:
            yield done["stopped"]
        return
    items = done["items"]
    would = "would be " if done["dry_run"] else ""
    if done["dry_run"]:
        for item in items[:_SHOWN]:
            name = item["name"] or f"{item['day']} (rows without a file)"
            why = _WHY[item["what"]]
            yield f"{why:11}  {one_line(name)}  {_megabytes(item['bytes'])}"
        if len(items) > _SHOWN:
            yield f"and {len(items) - _SHOWN} more like these"
    for what, words in (
        ("age", "deleted for their age"),
        ("size", "deleted for the size of all"),
    ):
        some = [item for item in items if item["what"] == what]
        files = sum(bool(item["name"]) for item in some)
        rows = sum(item["exchanges"] for item in some)
        yield f"{counted(files, 'file')} and {counted(rows, 'exchange')} {would}{words}"
    packed = [item for item in items if item["what"] == "compress"]
    saved = sum(item["bytes"] for item in packed)
    what = "now taking" if done["dry_run"] else "saving"
    many = counted(len(packed), "file")
    yield f"{many} {would}compressed, {what} {_megabytes(saved)}"
    after = done["bytes_after"]
    limit = done["max_bytes"]
    of = f" of {_megabytes(limit)}" if limit else ""
    yield f"{_megabytes(done['bytes_before'] if after is None else after)}{of} in use"


def _megabytes(size: int) -> str:
    return f"{size / _MB:,.1f} MB"
