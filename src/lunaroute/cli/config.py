"""``lunaroute config``: checks a configuration file, shows what is in force."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lunaroute.config import Resolved, check_file, resolve
from lunaroute.errors import ConfigError

HIDDEN = "set (hidden)"


@click.group(name="config")
def command() -> None:
    """Check a configuration file, or show the settings in force."""


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> None:
    """Say what is wrong with FILE, if anything is."""
    with _exit_code_2():
        warnings = check_file(file, os.environ)
    click.echo(f"{file}: ok")
    for each in warnings:
        click.echo(f"warning: {each}")


@command.command()
@click.option("--config", "file", metavar="FILE", help="The configuration file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(file: str | None, as_json: bool) -> None:
    """Show every setting, its value and where it came from."""
    with _exit_code_2():
        resolved = resolve({"config": file}, os.environ)
    rows = list(_rows(resolved))
    if as_json:
        click.echo(_json(rows, resolved))
        return
    if sys.stdout.isatty():
        _print_table(rows)
    else:
        click.echo(_aligned(rows))
    for each in resolved.warnings:
        click.echo(f"warning: {each}", err=True)


@contextmanager
def _exit_code_2() -> Iterator[None]:
    try:
        yield
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(2)


def _rows(resolved: Resolved) -> Iterator[tuple[str, Any, str]]:
    for key, value in resolved.values.items():
        shown = _plain(value.value)
        if key in resolved.secrets:
            shown = HIDDEN if value.value else None
        yield key, shown, value.origin


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_unset=True)
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _json(rows: list[tuple[str, Any, str]], resolved: Resolved) -> str:
    settings = [
        {"key": key, "value": value, "origin": origin} for key, value, origin in rows
    ]
    content = {"settings": settings, "warnings": list(resolved.warnings)}
    return json.dumps(content, indent=2)


def _word(value: Any) -> str:
    if value is None or value == "":
        return "-"
    plain = isinstance(value, str) and value.isprintable()
    return value if plain else json.dumps(value)


def _print_table(rows: list[tuple[str, Any, str]]) -> None:
    table = Table("key", "value", "where it came from", box=None, pad_edge=False)
    for key, value, origin in rows:
        style = "dim" if origin == "default" else ""
        table.add_row(
            *(Text(each) for each in (key, _word(value), origin)), style=style
        )
    Console().print(table)


def _aligned(rows: list[tuple[str, Any, str]]) -> str:
    words = [(key, _word(value), origin) for key, value, origin in rows]
    first, second = (max(len(row[column]) for row in words) for column in (0, 1))
    return "\n".join(f"{a:<{first}}  {b:<{min(second, 60)}}  {c}" for a, b, c in words)
