"""``lunaroute redact``: a text without its secrets, or where they stand in it."""

import json
import sys
from collections.abc import Iterator
from typing import BinaryIO

import click

from lunaroute.errors import ConfigError
from lunaroute.pii import (
    KINDS,
    SECRETS,
    Detector,
    Redactor,
    Rule,
    Spot,
    load_plugins,
    spots,
)


@click.command(name="redact")
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--all", "everything", is_flag=True, help="Personal data, too.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(list(KINDS)),
    metavar="KIND",
    help="This kind only; can be repeated. docs/privacy.md lists them.",
)
@click.option("--spans", is_flag=True, help="Show where and what, not the text.")
@click.option("--json", "as_json", is_flag=True, help="Print the spans as JSON.")
@click.option(
    "--jsonl",
    is_flag=True,
    help='Read lines of {"id", "text"}, write them with their "spans".',
)
@click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    default=0.7,
    show_default=True,
    help="Leave less certain findings alone.",
)
@click.option(
    "--loopback", is_flag=True, help="Addresses of the machine itself, too (127.0.0.1)."
)
@click.option(
    "--no-documentation",
    is_flag=True,
    help="Not the addresses that are kept for documents (192.0.2.1).",
)
def command(
    file: BinaryIO,
    everything: bool,
    kinds: tuple[str, ...],
    spans: bool,
    as_json: bool,
    jsonl: bool,
    min_confidence: float,
    loopback: bool,
    no_documentation: bool,
) -> None:
    """Put [KIND] in the place of each secret in FILE, or in the standard input.

    Secrets are looked for; with --all personal data, too. A span's start and end count
    code points of the text; values are never shown.
    """
    if as_json and not spans:
        raise click.UsageError("--json goes with --spans")
    if jsonl and spans:
        raise click.UsageError("--jsonl writes spans already; leave --spans out")
    chosen = frozenset(kinds) or (frozenset(KINDS) if everything else SECRETS)
    try:
        plugins = load_plugins()
        detector = Detector(
            chosen,
            min_confidence=min_confidence,
            extra=plugins,
            loopback=loopback,
            documentation=not no_documentation,
        )
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
    if jsonl:
        for line in _with_spans(detector, file):
            click.echo(line)
        return
    # What is no UTF-8 comes out as it went in.
    text = file.read().decode("utf-8", "surrogateescape")
    if spans:
        found = [_as_json(spot) for spot in spots(detector, text)]
        if as_json:
            click.echo(json.dumps(found))
        else:
            for span in found:
                click.echo("{start}\t{end}\t{kind}\t{confidence}".format(**span))
        return
    names = {*KINDS, *(kind for plugin in plugins for kind in plugin.kinds)}
    rules = {name: _rule(name) for name in names}
    redacted = Redactor(detector, rules).text(text)
    sys.stdout.buffer.write(redacted.encode("utf-8", "surrogateescape"))
    sys.stdout.buffer.flush()


def _rule(name: str) -> Rule:
    kind = KINDS.get(name)
    return Rule(name.upper()) if kind is None else Rule(kind.label)


def _as_json(spot: Spot) -> dict[str, object]:
    return {
        "start": spot.start,
        "end": spot.end,
        "kind": spot.kind,
        "confidence": spot.confidence,
    }


def _with_spans(detector: Detector, file: BinaryIO) -> Iterator[str]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise click.ClickException(f"line {number} is no JSON: {error}") from error
        text = record.get("text") if isinstance(record, dict) else None
        if not isinstance(text, str):
            raise click.ClickException(
                f'line {number} is no object with a "text" that is a string'
            )
        found = [_as_json(spot) for spot in spots(detector, text)]
        yield json.dumps({"id": record.get("id"), "text": text, "spans": found})
