"""``lunaroute serve``: checks the options, then becomes the supervisor."""

from pathlib import Path

import click

from lunaroute.cli._serving import become_supervisor, given_flags, serve_options


@click.command(name="serve")
@serve_options
@click.option(
    "--log-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write to this file, rotated, not to the terminal.",
)
def command(log_file: Path | None, **flags: object) -> None:
    """Start the proxy and record what passes through it.

    Without any option it serves both dialects on 127.0.0.1:8081, with the clients'
    own credentials, and records below ~/.lunaroute (LUNAROUTE_HOME). It stays in the
    foreground; `lunaroute env` starts it in the background.
    """
    launch = {"log": str(log_file.absolute())} if log_file else {}
    become_supervisor(given_flags(flags), launch)
