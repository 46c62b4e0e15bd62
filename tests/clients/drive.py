"""Drives the real command-line clients, directly and through `lunaroute serve`.

    python -m tests.clients.drive [--programs DIR] [--control] [PART-OF-A-NAME ...]

Each scenario runs twice against a simulated provider, and both runs must be the same
but for ids and times: what the client prints, its exit code, and every request that
the provider gets. During the second run a relay in front of the proxy also compares
each byte on both sides of it, and the record must hold what was said. One table at the
end; the exit code is 1 if anything differs.

Everything runs in a network namespace that has loopback and nothing else. Where that
is not permitted (it takes root or user namespaces on Linux), only environment variables
keep the clients from the network: proxies that lead nowhere.
"""

import argparse
import contextlib
import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import lunaroute
from tests.clients import programs
from tests.clients.answers import PRINTED
from tests.clients.compare import Run, changes, differences
from tests.clients.programs import Ended, Place, Program
from tests.clients.provider import SWITCHING, ClientProvider, Scene
from tests.clients.record import missing
from tests.clients.wiretap import Wiretap
from tests.kit import Serve

ROOT = Path(__file__).parents[2]
PROMPT = "Tell me about Kilimanjaro."


@dataclass(frozen=True)
class Scenario:
    program: Program
    name: str
    scene: Scene = field(default_factory=Scene)
    prompt: str = PROMPT
    # What a search must find afterwards. Nothing where no turn is recorded, as of
    # counting.
    word: str = "Kilimanjaro"
    says: str = "travellers"  # what the client must have printed

    @property
    def label(self) -> str:
        return f"{self.program.name}: {self.name}"


TOOL = Scene(wants_tool=True)
_ANTHROPIC = programs.opencode("anthropic/claude-sonnet-4-5")
_OPENAI = programs.opencode("openai/gpt-5.4")
_COMPATIBLE = programs.opencode("local/moon-1")
_SOCKET = programs.CODEX_WEBSOCKET
SCENARIOS = (
    Scenario(programs.CLAUDE, "answer"),
    Scenario(programs.CLAUDE, "tool", TOOL),
    Scenario(programs.CLAUDE, "gzip stream", Scene(coding="gzip")),
    Scenario(programs.CLAUDE, "br stream", Scene(coding="br")),
    Scenario(programs.CLAUDE, "zstd stream", Scene(coding="zstd")),
    Scenario(programs.CLAUDE, "429, then answer", Scene(first="limited")),
    Scenario(programs.CLAUDE, "529, then answer", Scene(first="overloaded")),
    Scenario(programs.CLAUDE, "cut mid-stream", Scene(first="cut")),
    Scenario(programs.CLAUDE, "error mid-stream", Scene(first="error")),
    Scenario(
        programs.CLAUDE, "count_tokens", prompt="/context", word="", says="tokens"
    ),
    Scenario(programs.CODEX_HTTP, "answer"),
    Scenario(programs.CODEX_HTTP, "tool", TOOL),
    Scenario(programs.CODEX_HTTP, "429, then answer", Scene(first="limited")),
    Scenario(programs.CODEX_HTTP, "cut mid-stream", Scene(first="cut")),
    Scenario(_SOCKET, "answer"),
    Scenario(_SOCKET, "tool", TOOL),
    Scenario(_SOCKET, "tool, deflate", Scene(wants_tool=True, deflate=True)),
    Scenario(_SOCKET, "429, then answer", Scene(first="limited")),
    Scenario(_SOCKET, "cut mid-stream", Scene(first="cut")),
    Scenario(_SOCKET, "426, then HTTP", Scene(wants_tool=True, upgrade=426)),
    Scenario(_ANTHROPIC, "answer"),
    Scenario(_ANTHROPIC, "tool", TOOL),
    Scenario(_ANTHROPIC, "429, then answer", Scene(first="limited")),
    Scenario(_OPENAI, "answer"),
    Scenario(_OPENAI, "tool", TOOL),
    Scenario(_COMPATIBLE, "answer"),
    Scenario(_COMPATIBLE, "tool", TOOL),
)


@dataclass
class Line:
    """One line of the table."""

    scenario: Scenario
    direct: str
    proxied: str
    problems: list[str]


def direct(scenario: Scenario, place: Path, folder: Path) -> Run:
    """The client and its provider, nothing between."""
    provider = ClientProvider(scene=scenario.scene)
    with contextlib.closing(provider):
        home = fresh(place)
        where = Place(folder, home, provider.url, is_isolated())
        ended = scenario.program.run(where, scenario.prompt)
        return seen_by(provider, ended)


def proxied(scenario: Scenario, place: Path, folder: Path) -> tuple[Run, list[str]]:
    """The same through a proxy of its own; also what is wrong about bytes and record."""
    provider = ClientProvider(scene=scenario.scene)
    config = json.dumps(
        {
            "providers": {
                "anthropic": {"base_url": provider.url},
                "openai": {"base_url": f"{provider.url}/v1"},
            }
        }
    )
    with contextlib.closing(provider), tempfile.TemporaryDirectory() as record:
        with Serve(Path(record) / "home", "", config=config) as serve:
            with Wiretap(serve.port) as tap:
                home = fresh(place)
                where = Place(folder, home, tap.url, is_isolated())
                ended = scenario.program.run(where, scenario.prompt)
            run = seen_by(provider, ended)
            problems = changes(tap.connections, provider)
            problems += missing(serve, provider, scenario.word)
            problems += unexpected(serve.stderr, scenario.scene)
    return run, problems


def unexpected(errors: str, scene: Scene) -> list[str]:
    """What the proxy complained about without a reason in the scene."""
    lines = errors.splitlines()
    if scene.first == "cut":
        lines = [line for line in lines if "the provider broke off" not in line]
    return [f"the proxy says: {line}" for line in lines]


def fresh(place: Path) -> Path:
    """An empty home, always at the same path: clients tell their models where it is."""
    home = place / "home"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    return home


def seen_by(provider: ClientProvider, ended: Ended) -> Run:
    if provider.faults:
        raise AssertionError(f"the simulated provider failed: {provider.faults}")
    return Run(ended, provider.seen, provider.frames)


def unplayed(scenario: Scenario, run: Run) -> list[str]:
    """What of the scene did not take place: equal runs of nothing prove nothing."""
    scene, problems = scenario.scene, []
    wanted = [scenario.says] + [PRINTED] * scene.wants_tool
    problems += [
        f"the client did not print {word!r}: {run.ended}"
        for word in wanted
        if word not in run.ended.output
    ]
    if run.ended.code != 0:
        problems.append(f"the client failed: {run.ended}")
    if scenario.program is programs.CODEX_WEBSOCKET:
        if bool(run.frames) != (scene.upgrade == SWITCHING):
            problems.append(f"{len(run.frames)} frames after {scene.upgrade}")
        if any(frame.compressed != scene.deflate for frame in run.frames):
            problems.append("compression of frames was not agreed on as it should be")
    if scene.first and len(run.requests) < 2:
        problems.append("the client did not try again")
    return problems


def drive(
    scenario: Scenario, place: Path, folder: Path, *, control: bool = False
) -> Line:
    """Both runs; with ``control`` both are direct, and show what varies by itself."""
    first = direct(scenario, place, folder)
    problems: list[str] = []
    if control:
        second = direct(scenario, place, folder)
    else:
        try:
            second, problems = proxied(scenario, place, folder)
        except pytest.fail.Exception as error:  # an event never came
            return Line(scenario, summary(first), "-", [str(error)])
    problems = unplayed(scenario, first) + differences(first, second) + problems
    return Line(scenario, summary(first), summary(second), problems)


def summary(run: Run) -> str:
    """Exit code, requests and frames, in a few characters."""
    code = "hung" if run.ended.code is None else f"exit {run.ended.code}"
    frames = f" + {len(run.frames)} frames" if run.frames else ""
    return f"{code}, {len(run.requests)} req{frames}"


def table(lines: list[Line]) -> str:
    rows = [("client", "scenario", "direct", "proxied", "same?")]
    rows += [
        (
            line.scenario.program.name,
            line.scenario.name,
            line.direct,
            line.proxied,
            "NO" if line.problems else "yes",
        )
        for line in lines
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


# Nothing but loopback.

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def is_isolated() -> bool:
    """Whether this process can reach nothing but itself."""
    return [name for _, name in socket.if_nameindex()] == ["lo"]


def isolate(arguments: list[str]) -> None:
    """Starts this program again in a network namespace of its own, where that is
    permitted: as root, or as a user who may make user namespaces.
    """
    for options in (["--net"], ["--net", "--map-root-user"]):
        command = ["unshare", *options, "--"]
        with contextlib.suppress(OSError):
            if subprocess.run([*command, "true"], capture_output=True).returncode == 0:
                command += [sys.executable, "-m", "tests.clients.drive", *arguments]
                os.execvp(command[0], command)


def loopback_up() -> None:
    """What `ip link set lo up` does (netdevice(7))."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16sh14x", b"lo", 0)
        name, flags = struct.unpack("16sh14x", fcntl.ioctl(sock, SIOCGIFFLAGS, request))
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sh14x", name, flags | IFF_UP))


def main(arguments: list[str]) -> int:
    options = parsed(arguments)
    if is_isolated():
        loopback_up()
    else:
        isolate(arguments)  # does not come back where it is permitted
        print("no network namespace is permitted here: proxies lead nowhere instead")
    print(f"lunaroute is {Path(lunaroute.__file__).parent}")
    lines = []
    # Codex warns about a home below /tmp.
    with tempfile.TemporaryDirectory(dir="/var/tmp") as place:
        for scenario in options.chosen:
            started = time.monotonic()
            folder = options.programs.resolve()
            line = drive(scenario, Path(place), folder, control=options.control)
            lines.append(line)
            took = time.monotonic() - started
            print(f"{scenario.label}: {took:.1f} s", flush=True)
            for problem in line.problems:
                print(f"  {problem}", flush=True)
    print(f"\n{table(lines)}")
    return 1 if any(line.problems for line in lines) else 0


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.clients.drive", description=(__doc__ or "").split("\n")[0]
    )
    default = ROOT / ".clients" / "node_modules" / ".bin"
    parser.add_argument("--programs", type=Path, default=default, metavar="DIR")
    parser.add_argument("--control", action="store_true", help="both runs direct")
    parser.add_argument("names", nargs="*", help="parts of 'client: scenario'")
    options = parser.parse_args(arguments)
    options.chosen = [
        scenario
        for scenario in SCENARIOS
        if not options.names or any(name in scenario.label for name in options.names)
    ]
    if not options.chosen:
        parser.error(f"no scenario is called {' or '.join(options.names)}")
    for scenario in options.chosen:
        if not (options.programs / scenario.program.binary).exists():
            parser.error(
                f"{options.programs / scenario.program.binary} is not installed; "
                "`make e2e-clients` installs all of them"
            )
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
