"""``lunaroute run``: a client with everything set, and what it used in the end."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

import click

from lunaroute.cli._clients import Client, NotServedError, known, led
from lunaroute.cli._launch import NotStartedError, ensure
from lunaroute.cli._serving import given_flags, start_options
from lunaroute.errors import ConfigError, StoreError
from lunaroute.running import Server

NOT_FOUND = 127  # as shells have it
NOT_EXECUTABLE = 126
# A terminal sends these to the client as well: it decides what they mean.
_FROM_THE_TERMINAL = (signal.SIGINT, signal.SIGQUIT)
_TO_HAND_ON = (signal.SIGTERM, signal.SIGHUP)


@click.command(
    name="run",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@start_options
@click.argument("client", nargs=-1, required=True, type=click.UNPROCESSED)
def command(client: tuple[str, ...], **flags: object) -> None:
    """Start CLIENT with everything set, and the proxy if it does not run.

    \b
    lunaroute run claude
    lunaroute run codex exec "say hello"
    lunaroute run opencode
    lunaroute run python my_script.py

    All options of `lunaroute serve` are taken before CLIENT. Codex and OpenCode are
    told by their own settings, others by ANTHROPIC_BASE_URL and OPENAI_BASE_URL. The
    exit code is the client's. A line at the end says what was used: of a client that
    we know all that it did meanwhile, in other windows, too; of any other program
    all that came through the proxy.
    """
    words = list(client)
    if not _is_there(words[0]):  # before a server is started for it
        click.echo(f"lunaroute: there is no program {words[0]}", err=True)
        sys.exit(NOT_FOUND)
    one = known(words[0])
    try:
        found = ensure(given_flags(flags), os.environ)
        line, environment = led(one, words, found.server, os.environ)
    except (NotStartedError, ConfigError) as error:
        click.echo(f"lunaroute: not started: {error}", err=True)
        sys.exit(1)
    except NotServedError as error:
        click.echo(f"lunaroute: {error}", err=True)
        sys.exit(1)
    if found.is_new:
        click.echo(f"lunaroute: started on {found.server.url}", err=True)
    since = time.time()
    code = run_client(line, environment)
    if code not in (NOT_FOUND, NOT_EXECUTABLE):
        click.echo(f"lunaroute: {closing_line(one, found.server, since)}", err=True)
    sys.exit(code)


def _is_there(program: str) -> bool:
    """A path may be anything: whoever runs it says what is wrong."""
    return shutil.which(program) is not None or (
        os.sep in program and Path(program).exists()
    )


def run_client(line: Sequence[str], environment: Mapping[str, str]) -> int:
    """Its exit code, as shells have it: 128 and its number for a signal."""
    held: list[int] = []  # signals that came before there was a client
    client: subprocess.Popen[bytes] | None = None

    def hand_on(number: int, _frame: FrameType | None) -> None:
        if client is None:
            held.append(number)
        elif client.poll() is None:
            client.send_signal(number)

    def leave_it(_number: int, _frame: FrameType | None) -> None:
        """Not SIG_IGN, which the client would inherit."""

    before = {number: signal.signal(number, leave_it) for number in _FROM_THE_TERMINAL}
    before |= {number: signal.signal(number, hand_on) for number in _TO_HAND_ON}
    try:
        client = subprocess.Popen(list(line), env=dict(environment))
        for number in held:
            client.send_signal(number)
        code = client.wait()
    except FileNotFoundError:
        click.echo(f"lunaroute: there is no program {line[0]}", err=True)
        return NOT_FOUND
    except OSError as error:
        click.echo(f"lunaroute: cannot run {line[0]}: {error.strerror}", err=True)
        return NOT_EXECUTABLE
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def closing_line(one: Client, server: Server, since: float) -> str:
    """What was used; never an error: the client's work is done."""
    if not server.sqlite_path:
        return "recording is off, so it is not known what was used"
    # Imported here: the client should start at once.
    from lunaroute.cli._account import sentence, settled  # noqa: PLC0415
    from lunaroute.cli._ask import unrecorded  # noqa: PLC0415

    try:
        found = settled(
            Path(server.sqlite_path),
            int(since * 1_000_000),
            one.agents,
            lambda: unrecorded(server),
        )
    except StoreError as error:
        return f"what was used cannot be read: {error}"
    return sentence(one.name, since, found)
