"""A `lunaroute serve` of a command's own: in a home and an environment of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

LUNAROUTE = (sys.executable, "-P", "-m", "lunaroute.cli")
STOP_SECONDS = 30.0


def own_environment(home: Path) -> dict[str, str]:
    """This process' environment, without what could send anything elsewhere."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("LUNAROUTE_") and not name.endswith("_API_KEY")
    }
    pure = os.environ.get("LUNAROUTE_PURE_PYTHON")
    if pure is not None:
        kept["LUNAROUTE_PURE_PYTHON"] = pure
    return {**kept, "LUNAROUTE_HOME": str(home)}


@contextmanager
def own_server(environment: Mapping[str, str]) -> Iterator[str]:
    """The base URL of a proxy on a free port; drained and gone afterwards."""
    server = subprocess.Popen(
        [*LUNAROUTE, "serve", "--port", "0", "--no-ui", "--log-level", "error"],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    try:
        yield _address(server.stdout)
    finally:
        server.send_signal(signal.SIGTERM)
        # What it says at its end must not fill the pipe that it waits for.
        server.communicate(timeout=STOP_SECONDS)


def _address(lines: Iterator[str]) -> str:
    for line in lines:
        found = re.search(r"ANTHROPIC_BASE_URL=(\S+)", line)
        if found:
            return found[1]
    raise click.ClickException("the proxy did not start; its reason stands above")
