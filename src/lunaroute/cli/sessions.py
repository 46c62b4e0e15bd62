"""``lunaroute sessions``: what was recorded, session by session."""

import os
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import asdict
from itertools import chain
from pathlib import Path

import click
from rich.text import Text

from lunaroute.cli._place import db_option, reading
from lunaroute.cli._text import (
    console,
    counted,
    cut,
    dollars,
    json_text,
    local_time,
    neutral,
    one_line,
)
from lunaroute.errors import StoreError
from lunaroute.insight import SessionDetail, Tokens, Turn, session_detail, session_list
from lunaroute.store import OPEN, ExchangeRow, SessionRow, Store, short_id

_HEADINGS = (
    "started (UTC)",
    "session",
    "model",
    "turns",
    "tokens",
    "cost",
    "ok",
    "last prompt",
)
_PROMPT_WIDTH = 50
# As `lunaroute.exporting` has them, which is loaded for `export` alone.
EXPORTS = ("jsonl", "json", "markdown", "html", "har", "curl")

# A whole text is one `--json` away; here it is for reading along.
_TEXT_LINES = 12

_STYLES = {"answered": "bold green", OPEN: "bold yellow"}


@click.group(name="sessions")
def command() -> None:
    """List recorded sessions, show, export, replay or delete one."""


@command.command(name="list")
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=20,
    show_default=True,
    help="How many sessions to show.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@db_option
def list_command(limit: int, as_json: bool, db: str | None) -> None:
    """List the sessions that were active last."""
    with reading(db) as store:
        found = session_list(store, limit)
    if as_json:
        click.echo(json_text([asdict(session) for session in found.sessions]))
        return
    if not found.sessions:
        click.echo("no sessions yet", err=True)
        return
    rows = [_HEADINGS, *map(_cells, found.sessions)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEADINGS) - 1)]
    out = console()
    for number, row in enumerate(rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        line = "  ".join([*cells, row[-1]]).rstrip()
        out.print(Text(line, style="" if number else "bold"))


@command.command()
@click.argument("session_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with whole texts.")
@db_option
def show(session_id: str, as_json: bool, db: str | None) -> None:
    """Show the session ID, or the only one whose id begins so."""
    with reading(db) as store:
        detail = session_detail(store, session_id)
    if as_json:
        click.echo(json_text(_as_json(detail)))
        return
    out = console()
    for text in _shown(detail):
        out.print(text)


@command.command()
@click.argument("request_id", metavar="REQUEST")
@click.option("--answer", is_flag=True, help="Of its answer, not of the request.")
@db_option
def raw(request_id: str, answer: bool, db: str | None) -> None:
    """Print the body of a request as it was sent, byte for byte, or of its answer.

    REQUEST is the id of an exchange, as `sessions show` prints it, the beginning of
    only one, or SESSION#N: the N-th request that `sessions show SESSION` shows. A
    compressed body is printed as what was compressed. What was redacted when it was
    recorded is named on standard error; all other bytes are as they were.
    """
    # Imported here: the files' readers are needed for this alone.
    from lunaroute.recording import SessionFiles  # noqa: PLC0415

    with reading(db) as store:
        row = _exchange(store, request_id)
        files = SessionFiles(store)
        if answer:
            answered = files.answered(row)
            body, marks = answered.body, answered.marks
        else:
            body, marks = files.request(row), files.marks(row)
    for mark in marks:
        where = f"bytes {mark.start} to {mark.end}"
        click.echo(f"lunaroute: {where} were redacted: {mark.kind}", err=True)
    if row.answer_truncated if answer else row.request_truncated:
        click.echo("lunaroute: only the beginning of this body was kept", err=True)
    sys.stdout.buffer.write(body)


def _exchange(store: Store, wanted: str) -> ExchangeRow:
    session, sign, number = wanted.rpartition("#")
    if not sign or not number.isdecimal():
        return store.get_exchange(wanted)
    rows = store.exchanges(store.get_session(session).session_id)
    if not 1 <= int(number) <= len(rows):
        raise StoreError(
            f"session {session!r} has no #{number}: it has"
            f" {counted(len(rows), 'request')}"
        )
    return rows[int(number) - 1]


@command.command()
@click.argument("session_id", metavar="ID")
@click.option(
    "--format",
    "-f",
    "name",
    type=click.Choice(EXPORTS),
    default="markdown",
    show_default=True,
    help="json: rows, texts and bodies; jsonl: the recorded events; html: one file; "
    "har: HTTP Archive 1.2; curl: a script that sends the requests again.",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write, for its owner alone; otherwise standard output.",
)
@db_option
def export(session_id: str, name: str, output: Path | None, db: str | None) -> None:
    """Export the session ID, or the only one whose id begins so.

    What was recorded comes out, in full: an export is as private as the record.
    """
    # Imported here: no other command needs it.
    from lunaroute.exporting import copy_session, exported  # noqa: PLC0415

    with reading(db) as store:
        pieces = exported(copy_session(store, session_id), name)
        # The first piece is there, or there is nothing to export and no file to make.
        first = next(pieces, b"")
        _write(output, chain((first,), pieces))


@command.command()
@click.argument("session_ids", metavar="ID...", nargs=-1, required=True)
@click.option("--yes", "sure", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def delete(session_ids: tuple[str, ...], sure: bool, as_json: bool) -> None:
    """Delete sessions for good: files, rows, bodies, words in the index.

    ID is a session's id, or the beginning of only one. The subagents of a session go
    with it. A request that is under way is recorded when it has ended.
    """
    # Imported here: nothing else here writes.
    from lunaroute.cli._delete import delete_sessions  # noqa: PLC0415

    delete_sessions(session_ids, sure=sure, as_json=as_json)


@command.command()
@click.argument("session_id", metavar="ID")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Port to listen on; otherwise any free one.",
)
@click.option("--fast", is_flag=True, help="Answer at once, without the pauses.")
@db_option
def replay(session_id: str, port: int, fast: bool, db: str | None) -> None:
    """Serve the session ID as a provider on 127.0.0.1, until Ctrl-C.

    A request with a body that was recorded gets its answer, any other the next answer
    of its path; after the last one it gets a 404. Answers are sent to the byte, streams
    at the recorded pace. Where a stream's events were not kept, they are made again of
    its words, tool calls and usage. What broke off breaks off again.
    """
    # Imported here: no other command needs them.
    from lunaroute.cli._replay import ReplayProvider  # noqa: PLC0415
    from lunaroute.exporting import Replay, copy_session, replies_of  # noqa: PLC0415

    with reading(db) as store:
        copy = copy_session(store, session_id)
        replies = replies_of(copy)
        if not replies:
            raise StoreError(f"session {copy.session_id} has no answer to replay")
    try:
        provider = ReplayProvider(
            Replay(replies), port=port, fast=fast, say=_say_at_once
        )
    except OSError as error:
        click.echo(
            f"lunaroute: cannot listen on port {port}: {error.strerror}", err=True
        )
        sys.exit(2)
    with closing(provider):
        click.echo(
            f"{counted(len(replies), 'answer')} of session"
            f" {one_line(copy.session_id)} on {provider.url}\n\n"
            f"  export ANTHROPIC_BASE_URL={provider.url}\n"
            f"  export OPENAI_BASE_URL={provider.url}/v1\n"
        )
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


def _say_at_once(words: str) -> None:
    click.echo(one_line(words))
    sys.stdout.flush()


def _write(output: Path | None, pieces: Iterable[bytes]) -> None:
    if output is None:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - of a descriptor
            file.writelines(pieces)
    except OSError as error:
        raise StoreError(f"cannot write {output}: {error.strerror}") from error


def _cells(session: SessionRow) -> tuple[str, ...]:
    model = session.model_used or session.model_requested or "-"
    return (
        session.started_at,
        one_line(session.session_id),
        cut(model, 40),
        str(session.turn_count),
        f"{session.total_tokens:,}",
        dollars(session.cost_usd, session.unpriced_count),
        "yes" if session.success else "no",
        cut(session.request_text or "", _PROMPT_WIDTH),
    )


def _as_json(detail: SessionDetail) -> dict[str, object]:
    return {
        **asdict(detail.summary),
        "tokens": _tokens_as_json(detail.tokens),
        "turns": [
            {**asdict(turn), "tokens": _tokens_as_json(turn.tokens)}
            for turn in detail.turns
        ],
    }


def _tokens_as_json(tokens: Tokens) -> dict[str, int]:
    return {**asdict(tokens), "total": tokens.total}


def _shown(detail: SessionDetail) -> Iterator[Text]:
    summary = detail.summary
    yield Text(f"session {one_line(summary.session_id)}", style="bold")
    model = summary.model_used or summary.model_requested or "-"
    parts = (
        f"{summary.started_at} UTC",
        one_line(model),
        counted(summary.turn_count, "turn"),
        counted(summary.tool_call_count, "tool call"),
        _seconds(summary.total_duration_ms),
    )
    yield Text("  ".join(parts))
    yield Text(f"tokens: {_tokens(detail.tokens)}")
    yield Text(f"cost: {dollars(summary.cost_usd, summary.unpriced_count)}")
    for number, turn in enumerate(detail.turns, start=1):
        yield from _turn(number, turn)


def _turn(number: int, turn: Turn) -> Iterator[Text]:
    row = turn.exchange
    parts = [
        f"#{number}",
        local_time(row.started_at),
        row.model_used or row.model_requested or row.endpoint or "-",
        str(row.status or ("no answer yet" if row.outcome == OPEN else "no answer")),
        row.outcome,
        row.stop_reason or "",
        _seconds(turn.duration_ms),
        f"first token {_seconds(turn.first_token_ms)}" if turn.first_token_ms else "",
        f"agent {row.agent}" if row.agent else "",
    ]
    style = _STYLES.get(row.outcome, "bold red")
    yield Text()
    line = "  ".join(one_line(part) for part in parts if part)
    yield Text(line, style=style)
    yield Text(f"    request: {one_line(short_id(row.id))}", style="dim")
    if turn.tokens.total:
        yield Text(f"    tokens: {_tokens(turn.tokens)}", style="dim")
        cost = dollars(turn.cost_usd, turn.unpriced_count)
        yield Text(f"    cost: {cost}", style="dim")
    for label, words in (("error", row.error_text), ("problem", row.problem)):
        if words:
            yield Text(f"    {label}: {cut(words, 300)}", style="red")
    for text in turn.texts:
        if text.kind not in ("error", "tool_input"):
            yield _labelled(f"{text.role}/{text.kind}", text.text)
    for call in turn.calls:
        yield _labelled(
            f"tool {call.name}", f"{call.arguments}{_result(call.result_us)}"
        )


def _result(result_us: int | None) -> str:
    if result_us is None:
        return ""
    return f"  → result after {_seconds(max(0, result_us) // 1_000)}"


def _labelled(label: str, words: str) -> Text:
    lines = neutral(words).split("\n")
    if len(lines) > _TEXT_LINES:
        more = counted(len(lines) - _TEXT_LINES, "more line")
        lines = [*lines[:_TEXT_LINES], f"… {more}"]
    shown = Text(f"    {one_line(label)}: ", style="cyan")
    shown.append("\n      ".join(lines), style="default not bold")
    return shown


def _tokens(tokens: Tokens) -> str:
    counts = asdict(tokens)
    parts = [f"{name.replace('_', ' ')} {n:,}" for name, n in counts.items() if n]
    return f"{tokens.total:,} ({', '.join(parts)})" if parts else "0"


def _seconds(milliseconds: int | None) -> str:
    return "" if milliseconds is None else f"{milliseconds / 1_000:.2f} s"
