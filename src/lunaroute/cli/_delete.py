"""``lunaroute sessions delete``: says what goes, asks, and has it done."""

import sys
from typing import Any

import click

from lunaroute.cli._text import counted, json_text, one_line
from lunaroute.cli._upkeep import performed


def delete_sessions(ids: tuple[str, ...], *, sure: bool, as_json: bool) -> None:
    """Ends with exit code 1 if something could not be deleted, 2 if nothing was."""
    task: dict[str, Any] = {"task": "delete", "sessions": list(ids)}
    planned = performed({**task, "dry_run": True})
    names = [each["session_id"] for each in planned["sessions"]]
    if not sure:
        for each in planned["sessions"]:
            click.echo(_line(each), err=True)
        _ask(len(names))
    done = performed({**task, "sessions": names})
    if as_json:
        click.echo(json_text(done))
    else:
        exchanges = sum(each["exchanges"] for each in done["sessions"])
        files = sum(len(each["files"]) for each in done["sessions"])
        click.echo(
            f"{counted(len(names), 'session')} deleted:"
            f" {counted(exchanges, 'exchange')}, {counted(files, 'file')}"
        )
    for warning in done["warnings"]:
        click.echo(f"lunaroute: {one_line(warning)}", err=True)
    sys.exit(1 if done["warnings"] else 0)


def _line(each: dict[str, Any]) -> str:
    parts = [
        counted(each["exchanges"], "exchange"),
        counted(len(each["files"]), "file"),
    ]
    if each["agents"]:
        parts.append(f"its {counted(each['agents'], 'subagent')} with it")
    if each["opened"]:
        parts.append(f"{each['opened']} under way, recorded at the end")
    return f"{one_line(each['session_id'])}: {', '.join(parts)}"


def _ask(count: int) -> None:
    if not sys.stdin.isatty():
        click.echo("lunaroute: nothing was deleted: say --yes", err=True)
        sys.exit(2)
    what = "this session" if count == 1 else f"these {count} sessions"
    if not click.confirm(f"Delete {what} for good?", err=True):
        click.echo("nothing was deleted", err=True)
        sys.exit(2)
