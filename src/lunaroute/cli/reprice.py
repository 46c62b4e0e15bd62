"""``lunaroute reprice``: costs worked out again by the prices of now."""

from collections.abc import Iterator
from typing import Any

import click

from lunaroute.cli._text import counted, json_text, one_line
from lunaroute.cli._upkeep import performed
from lunaroute.store import moment


def _moment(_ctx: click.Context, _param: click.Parameter, text: str) -> int | None:
    try:
        return moment(text) if text else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command(name="reprice")
@click.option(
    "--since",
    callback=_moment,
    metavar="WHEN",
    help="Only what began then or later: a day, a time, or an age such as 7d.",
)
@click.option(
    "--until", callback=_moment, metavar="WHEN", help="Only what began before."
)
@click.option("--session", metavar="ID", help="Only of this session.")
@click.option("--model", help="Only of this model; it may end with *.")
@click.option("--dry-run", is_flag=True, help="Say what would change; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    since: int | None,
    until: int | None,
    session: str | None,
    model: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Work costs out again, by the table of this version and pricing.overrides.

    A running `lunaroute serve` does it with the prices that it was started with. A cost
    whose model has no price any more stays. The JSONL files keep the cost of then.
    """
    done = performed(
        {
            "task": "reprice",
            "since": since,
            "until": until,
            "session": session,
            "model": model,
            "dry_run": dry_run,
        }
    )
    if as_json:
        click.echo(json_text(done))
        return
    for line in _told(done):
        click.echo(line)


def _told(done: dict[str, Any]) -> Iterator[str]:
    for model, change in sorted(done["models"].items()):
        before, after = change["before_usd"], change["after_usd"]
        yield (
            f"{one_line(model)}: {counted(change['exchanges'], 'exchange')},"
            f" ${before:,.4f} → ${after:,.4f}"
        )
    would = "would change" if done["dry_run"] else "changed"
    yield (
        f"{done['changed']} of {counted(done['looked_at'], 'exchange')} {would}:"
        f" ${done['before_usd']:,.4f} → ${done['after_usd']:,.4f} in all"
    )
    if done["unknown"]:
        yield f"{done['unknown']} have no known price"
    if done["kept"]:
        yield f"{done['kept']} keep a price that nothing gives any more"
