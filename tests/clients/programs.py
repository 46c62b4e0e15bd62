"""The three command-line clients: how each is told where its provider is, and run.

Each runs with an environment of our own making and a fresh home, so that neither a
developer's login nor settings take part, and with a key that is worth nothing.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

KEY = "dummy"
# Where no network namespace is permitted: whatever a client wants beyond loopback goes
# to a closed port and fails at once.
NOWHERE = {
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
    "NO_PROXY": "127.0.0.1,localhost",
    "no_proxy": "127.0.0.1,localhost",
}
# The slowest client needs some five seconds; a client that hangs is a result, too.
CEILING = 180


@dataclass(frozen=True)
class Ended:
    """A client's run, as the person who started it sees it. ``code`` None: it hung."""

    code: int | None
    output: str
    errors: str


@dataclass(frozen=True)
class Place:
    """Where a client runs: its program's folder, its home, its provider's address."""

    programs: Path
    home: Path
    url: str  # without /v1
    is_isolated: bool  # in a network namespace that has nothing but loopback

    @property
    def work(self) -> Path:
        return self.home / "work"


@dataclass(frozen=True)
class Program:
    """A client and one way of configuring it."""

    name: str
    binary: str
    arguments: tuple[str, ...]  # the prompt follows
    configure: Callable[[Place], dict[str, str]]  # writes files, returns variables

    def run(self, place: Place, prompt: str) -> Ended:
        """Runs the client to its end, in its own process group."""
        for folder in (place.work, place.home / "tmp"):
            folder.mkdir(parents=True)
        environment = {
            "HOME": str(place.home),
            "PATH": f"{_node_folder()}:/usr/local/bin:/usr/bin:/bin",
            "TERM": "dumb",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "TMPDIR": str(place.home / "tmp"),
            **({} if place.is_isolated else NOWHERE),
            **self.configure(place),
        }
        command = [str(place.programs / self.binary), *self.arguments, prompt]
        with subprocess.Popen(
            command,
            cwd=place.work,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            code: int | None
            try:
                output, errors = process.communicate(timeout=CEILING)
                code = process.returncode
            except subprocess.TimeoutExpired:
                code = None
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # what it left behind, too
            if code is None:
                output, errors = process.communicate()
        return Ended(code, output, errors)


def _node_folder() -> Path:
    return Path(shutil.which("node") or "/usr/bin/node").parent


def _claude(place: Place) -> dict[str, str]:
    return {
        "ANTHROPIC_BASE_URL": place.url,
        "ANTHROPIC_API_KEY": KEY,
        "IS_SANDBOX": "1",  # or it refuses to skip its questions as root
    }


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


CODEX_QUIET = "[analytics]\nenabled = false\n"


def _codex_http(place: Place) -> dict[str, str]:
    config = (
        'model_provider = "local"\n'
        f'{CODEX_QUIET}[model_providers.local]\nname = "local"\n'
        f'base_url = "{place.url}/v1"\nwire_api = "responses"\n'
        'env_key = "LOCAL_KEY"\n'
    )
    _write(place.home / ".codex" / "config.toml", config)
    return {"LOCAL_KEY": KEY}


def _codex_websocket(place: Place) -> dict[str, str]:
    config = f'openai_base_url = "{place.url}/v1"\n{CODEX_QUIET}'
    _write(place.home / ".codex" / "config.toml", config)
    return {"CODEX_API_KEY": KEY}


def _opencode(place: Place) -> dict[str, str]:
    options = {"baseURL": f"{place.url}/v1", "apiKey": KEY}
    model = {
        "name": "Moon",
        "tool_call": True,
        "limit": {"context": 128000, "output": 8192},
    }
    config = {
        "provider": {
            "anthropic": {"options": options},
            "openai": {"options": options},
            "local": {
                "npm": "@ai-sdk/openai-compatible",
                "options": options,
                "models": {"moon-1": model},
            },
        },
        "permission": {"bash": "allow"},
        "autoupdate": False,
        "share": "disabled",
    }
    path = place.home / ".config" / "opencode" / "opencode.json"
    _write(path, json.dumps(config))
    return {"OPENCODE_DISABLE_MODELS_FETCH": "1", "OPENCODE_DISABLE_AUTOUPDATE": "1"}


_UNASKED = ("--permission-mode", "bypassPermissions")
CLAUDE = Program(
    "Claude Code",
    "claude",
    ("--output-format", "stream-json", "--verbose", *_UNASKED, "-p"),
    _claude,
)
_CODEX = ("exec", "--json", "--skip-git-repo-check")
_CODEX += ("--dangerously-bypass-approvals-and-sandbox",)
CODEX_HTTP = Program("Codex, HTTP", "codex", _CODEX, _codex_http)
CODEX_WEBSOCKET = Program("Codex, WebSocket", "codex", _CODEX, _codex_websocket)


def opencode(model: str) -> Program:
    provider = model.partition("/")[0]
    arguments = ("run", "--format", "json", "--model", model)
    return Program(f"OpenCode, {provider}", "opencode", arguments, _opencode)
