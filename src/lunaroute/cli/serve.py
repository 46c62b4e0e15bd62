"""``lunaroute serve``: checks the options, then becomes the supervisor."""

import json
import os
import sys
from pathlib import Path

import click

DIALECTS = ("both", "anthropic", "openai")
LEVELS = ("trace", "debug", "info", "warn", "error")


@click.command(name="serve")
@click.option("--host", help="Address to listen on.  [127.0.0.1]")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port to listen on; 0: any.  [8081]"
)
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Configuration file, YAML or TOML.  [<home>/config.yaml if there]",
)
@click.option(
    "-b",
    "--bootstrap",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File that names the configuration file.",
)
@click.option(
    "-d",
    "--dialect",
    type=click.Choice(DIALECTS, case_sensitive=False),
    help="Which API shapes to serve.  [both]",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    help="Gateway processes that share the socket.  [1]",
)
@click.option(
    "--allow-remote",
    is_flag=True,
    help="Let other machines use the proxy without a token.",
)
@click.option("--no-recording", is_flag=True, help="Forward only, write nothing.")
@click.option("--no-ui", is_flag=True, help="Do not serve the web page.")
@click.option(
    "--log-level",
    type=click.Choice(LEVELS, case_sensitive=False),
    help="How much to log to standard error.  [info]",
)
def command(**flags: object) -> None:
    """Start the proxy and record what passes through it.

    Without any option or file it serves both dialects on 127.0.0.1:8081 with the
    client's own credentials and records below ~/.lunaroute (LUNAROUTE_HOME).
    """
    become_supervisor(flags)


def become_supervisor(flags: dict[str, object]) -> None:
    """Replaces this process by the supervisor's: no library of ours stays loaded.

    The words at the end of its command line are how people find it
    (``pkill -f "lunaroute-server serve"``).
    """
    given = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in flags.items()
        if value is not None and value is not False
    }
    arguments = [json.dumps(given), "lunaroute-server", "serve"]
    for name, value in given.items():
        arguments.append(f"--{name.replace('_', '-')}")
        if value is not True:
            arguments.append(str(value))
    sys.stdout.flush()
    os.execv(  # noqa: S606 - our own interpreter, a list, no shell
        sys.executable,
        [sys.executable, "-P", "-m", "lunaroute.supervisor", *arguments],
    )
