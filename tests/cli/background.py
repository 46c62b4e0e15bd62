"""Servers that commands start in the background, and nothing of them left."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from lunaroute.running import Server, find_servers
from tests.kit import clean_environment, run, until


class Background:
    """A home, the commands in it, and the servers they started."""

    def __init__(self, home: Path, upstream: str) -> None:
        self.home = home
        self.environ = {
            "LUNAROUTE_ANTHROPIC_BASE_URL": upstream,
            "LUNAROUTE_OPENAI_BASE_URL": upstream,
            "XDG_RUNTIME_DIR": str(home.parent),
        }

    def run(self, *arguments: str, program: str = "lunaroute", **variables: str):
        return run(
            self.home,
            *arguments,
            program=program,
            environment={**self.environ, **variables},
        )

    def environment(self, **variables: str) -> dict[str, str]:
        return clean_environment(self.home, **self.environ, **variables)

    def servers(self) -> list[Server]:
        return find_servers(self.home, self.environ)

    def server(self) -> Server:
        (found,) = self.servers()
        return found

    def log(self) -> str:
        path = self.home / "serve.log"
        return path.read_text() if path.exists() else ""


@contextlib.contextmanager
def background(home: Path, upstream: str) -> Iterator[Background]:
    made = Background(home, upstream)
    try:
        yield made
    finally:
        for server in made.servers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(server.pid, signal.SIGTERM)
                os.kill(server.pid, signal.SIGTERM)  # at once
        until(lambda: not made.servers(), "the end of the background servers")
