"""``lunaroute import``: what was recorded elsewhere, brought into the record."""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from lunaroute.cli._place import recorded_at
from lunaroute.cli._text import counted, one_line
from lunaroute.cli._upkeep import performed
from lunaroute.errors import LunarouteError, NothingRecorded
from lunaroute.importing import Importer, Report, Source, find_sources
from lunaroute.pii import Redactor
from lunaroute.recording import redactor_of, vault_of
from lunaroute.store import Store, open_store
from lunaroute.upkeep import sole_writer

# Each complaint is a line; what is beyond these is counted.
_SHOWN = 50


@click.command(name="import")
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Say what would come in; write nothing.")
@click.option(
    "--db",
    metavar="PATH",
    help="The database to write; otherwise where this installation records.",
)
def command(paths: tuple[str, ...], dry_run: bool, db: str | None) -> None:
    """Bring in what other programs recorded, so that search finds it.

    PATH is a file or a directory: transcripts of Claude Code and Codex, JSONL records
    of this or an earlier LunaRoute, plain or .zst, an earlier LunaRoute's SQLite file.
    Which it is its content tells. Without PATH: ~/.claude/projects and
    ~/.codex/sessions.

    What is there already is not brought in twice. `lunaroute serve` may be running.
    Exit code 0: all well, 1: something failed, 2: nothing to do.
    """
    given = [Path(path).expanduser() for path in paths]
    found = given or _usual_places()
    if not found:
        fail("there is neither ~/.claude/projects nor ~/.codex/sessions: name a PATH")
    sys.exit(bring_in(found, db, dry_run=dry_run))


def bring_in(
    paths: Sequence[Path],
    db: str | None,
    *,
    dry_run: bool,
    skip_existing: bool = False,
    continue_on_error: bool = True,
    batch_size: int = 10,
) -> int:
    """Imports and prints a summary; the exit code. What cannot begin exits with 2."""
    found = list(find_sources(paths))
    sources = [each for each in found if isinstance(each, Source)]
    unread = [each for each in found if isinstance(each, str)]
    if not found:
        fail(f"nothing to import in {', '.join(map(str, paths))}")
    how = {"skip_existing": skip_existing, "continue_on_error": continue_on_error}
    if dry_run or db:
        report = _here(sources, db, dry_run, {**how, "batch_size": batch_size})
    else:
        files = [str(each.path.absolute()) for each in sources]
        report = _there(files, {**how, "batch_size": batch_size})
    for message in unread:
        report.fail(message)
    _tell(report, dry_run=dry_run)
    return 1 if report.failed else 0


def _there(files: Sequence[str], how: Mapping[str, Any]) -> Report:
    """By the running recorder, or with its lock."""
    if not files:
        return Report()
    done = performed({"task": "import", "paths": list(files), **how}, makes_home=True)
    done["recorded_sessions"] = set(done["recorded_sessions"])
    return Report(**done)


def _here(
    sources: Sequence[Source], db: str | None, dry_run: bool, how: Mapping[str, Any]
) -> Report:
    """Into a database that was named, or into none."""
    try:
        with ExitStack() as stack:
            store = _opened(stack, db, dry_run=dry_run)
            redactor = _redactor(stack, db)
            importer = Importer(store, redactor=redactor, dry_run=dry_run, **how)
            return _run(importer, sources)
    except (LunarouteError, RuntimeError) as error:
        fail(str(error))


def fail(sentence: str) -> NoReturn:
    """Ends the command: nothing was done."""
    click.echo(f"lunaroute: {one_line(sentence)}", err=True)
    sys.exit(2)


def _usual_places() -> list[Path]:
    home = Path.home()
    places = [home / ".claude" / "projects", home / ".codex" / "sessions"]
    return [place for place in places if place.is_dir()]


def _opened(stack: ExitStack, db: str | None, *, dry_run: bool) -> Store | None:
    path = recorded_at(db)
    if dry_run:
        try:
            return stack.enter_context(open_store(path, writer=False))
        except NothingRecorded:
            return None
    stack.enter_context(sole_writer(path.parent))
    return stack.enter_context(open_store(path, writer=True))


def _redactor(stack: ExitStack, db: str | None) -> Redactor | None:
    """What the settings say that is not recorded is not brought in either."""
    from lunaroute.config import policy, resolve  # noqa: PLC0415 - they cost 0.1 s

    resolved = resolve({}, os.environ)
    ours = policy(resolved.settings.session_recording.pii)
    home = _home(recorded_at(db), db)
    vault = vault_of(ours, home)
    stack.callback(vault.close)
    return redactor_of(ours, home, vault)


def _home(path: Path, db: str | None) -> Path:
    if db:
        return path.parent
    from lunaroute.config import resolve  # noqa: PLC0415 - a named file needs none

    return resolve({}, os.environ).location.home_directory


def _run(importer: Importer, sources: Sequence[Source]) -> Report:
    progress = Progress(
        TextColumn("importing"),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
    with progress:
        task = progress.add_task("", total=len(sources))
        return importer.run(sources, lambda: progress.advance(task))


def _tell(report: Report, *, dry_run: bool) -> None:
    for message in report.messages[:_SHOWN]:
        click.echo(one_line(message), err=True)
    if len(report.messages) > _SHOWN:
        click.echo(f"and {len(report.messages) - _SHOWN} more like these", err=True)
    if report.recorded_sessions:
        click.echo(
            f"of {counted(len(report.recorded_sessions), 'session')} the proxy itself"
            " has the record; nothing is imported again",
            err=True,
        )
    would = "would be " if dry_run else ""
    click.echo(
        f"{counted(report.imported, 'file')} {would}imported"
        f" ({counted(report.exchanges, 'exchange')}),"
        f" {report.skipped} skipped, {report.failed} failed;"
        f" {counted(report.known, 'exchange')} known already,"
        f" {counted(report.bad_lines, 'bad line')}"
    )
