"""``lunaroute import-sessions``: ``import`` by the flags of earlier releases."""

import sys
from pathlib import Path

import click

from lunaroute.cli.import_ import bring_in, fail


@click.command(name="import-sessions")
@click.option(
    "--sessions-dir",
    metavar="DIR",
    default="~/.lunaroute/sessions",
    show_default=True,
    help="Where the JSONL files are.",
)
@click.option(
    "--db-path",
    metavar="PATH",
    help="The database to write; otherwise where this installation records.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(1, 10_000),
    default=10,
    show_default=True,
    help="How many files are committed together.",
)
@click.option(
    "--skip-existing/--no-skip-existing",
    default=True,
    show_default=True,
    help="Pass over sessions of which anything is in the database already.",
)
@click.option(
    "--continue-on-error/--no-continue-on-error",
    default=True,
    show_default=True,
    help="Go on with the next file when one fails.",
)
@click.option("--dry-run", is_flag=True, help="Say what would come in; write nothing.")
def command(
    sessions_dir: str,
    db_path: str | None,
    batch_size: int,
    skip_existing: bool,
    continue_on_error: bool,
    dry_run: bool,
) -> None:
    """Bring the JSONL sessions of a directory into the database.

    The same as `lunaroute import DIR`, which also reads other programs' transcripts.
    """
    directory = Path(sessions_dir).expanduser()
    if not directory.is_dir():
        fail(f"{directory} is no directory: name one by --sessions-dir")
    code = bring_in(
        [directory],
        db_path,
        dry_run=dry_run,
        skip_existing=skip_existing,
        continue_on_error=continue_on_error,
        batch_size=batch_size,
    )
    sys.exit(code)
