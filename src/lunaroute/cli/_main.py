"""The command groups: names and one-line helps here, commands loaded by name."""

import codecs
import errno
import io
import json
import keyword
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from lunaroute._version import __version__

# Name, help, module. The help stands here so that --help loads no command.
COMMANDS = {
    "env": "Start the proxy in the background, print the variables for clients.",
    "run": "Start a client with everything set, and the proxy if need be.",
    "status": "Tell whether the proxy runs, where, and how it does.",
    "stop": "Stop the proxy; what is under way is finished and recorded.",
    "restart": "Put a new server in the place of the one that runs.",
    "doctor": "Look at everything that can be wrong, and say what to do.",
    "logs": "Show what the server in the background has said.",
    "service": "Have the proxy started at every login, and again after a crash.",
    "serve": "Start the proxy and record what passes through it.",
    "demo": "Play a short session through the proxy and show its record.",
    "search": "Find words in everything that was recorded.",
    "sessions": "List recorded sessions; show, export, replay or delete one.",
    "stats": "Count requests, tokens, cost, times and tools.",
    "cache": "Tell what the provider's prompt cache saved, and where it was missed.",
    "cleanup": "Delete what is too old or too much, compress what is old.",
    "verify": "Compare every byte on both sides of the proxy.",
    "tail": "Show requests and answers while they pass.",
    "reindex": "Make the database again from the JSONL files.",
    "reprice": "Work costs out again, by the prices of now.",
    "import": "Bring in transcripts and records that were made elsewhere.",
    "import-sessions": "Bring in JSONL sessions; the flags of earlier releases.",
    "redact": "Take personal data and secrets out of a text.",
    "unredact": "Put back what tokens in a text stand for.",
    "scan": "Look for secrets and personal data in what is recorded.",
    "config": "Check a configuration, show where each value comes from.",
}

# Together on one screen of 24 lines; each command's own --help says the rest.
TOGETHER = (
    (("run", "env"), "Start a client, or set this shell up for one."),
    (("status", "doctor", "logs"), "How it does, what is wrong, what it has said."),
    (("serve", "stop", "restart"), "Start it in the foreground; end it; a new one."),
    (("service",), "Have it started at every login."),
    (("sessions",), "What was recorded: list, show, export, delete."),
    (("search", "tail"), "Find words in all of it; follow what passes now."),
    (("stats", "cache"), "Tokens, cost, times, tools; the provider's cache."),
    (("import", "import-sessions"), "Bring in what was recorded elsewhere."),
    (("scan",), "Look for secrets and personal data in the record."),
    (("redact", "unredact"), "Take them out of a text; put them back."),
    (("cleanup", "reindex"), "Delete what is old; make the database again."),
    (("reprice",), "Work costs out again, by the prices of now."),
    (("verify", "demo"), "Compare every byte on both sides; see it work."),
    (("config",), "Check a configuration; where each value comes from."),
)
# A full disk, or a terminal that is gone; a closed pipe is click's.
_CANNOT_BE_WRITTEN = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)
_ESCAPED = "lunaroute.escaped"


def _escape(error: UnicodeError) -> tuple[str, int]:
    """What the output's encoding lacks, as JSON writes it: so JSON stays JSON."""
    assert isinstance(error, UnicodeEncodeError)
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error(_ESCAPED, _escape)


def _module(command: str) -> str:
    name = command.replace("-", "_")
    return f"{name}_" if keyword.iskeyword(name) else name


class LazyGroup(click.Group):
    """Knows its commands by name, imports one when it is chosen."""

    def main(self, args: Sequence[str] | None = None, **more: Any) -> Any:  # type: ignore[override]  # click's five, handed on
        """Runs the command; what standard output cannot take is no traceback."""
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors=_ESCAPED)
        try:
            return super().main(args, **more)
        except OSError as error:
            if error.errno not in _CANNOT_BE_WRITTEN:
                raise
            click.echo(f"lunaroute: cannot write: {error.strerror}", err=True)
            sys.exit(1)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"lunaroute.cli.{_module(cmd_name)}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(", ".join(names), text) for names, text in TOGETHER])


class ServerGroup(LazyGroup):
    """Serves when the first word is no command: options go to ``serve``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in (*COMMANDS, "-h", "--help", "--version"):
            args = ["serve", *args]
        return super().parse_args(ctx, args)


def _print_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from lunaroute._fast import COMPILED  # noqa: PLC0415 - only when asked

    modules = "compiled" if COMPILED else "pure Python"
    python = ".".join(map(str, sys.version_info[:3]))
    click.echo(f"lunaroute {__version__} ({modules} modules, Python {python})")
    ctx.exit()


_version_option = click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Show the version and whether the compiled modules are in use.",
)


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@_version_option
def main() -> None:
    """A local proxy for AI coding assistants: forwards every byte, records all,
    finds it again. `lunaroute COMMAND --help` says more.
    """


@click.command(
    cls=ServerGroup, context_settings={"help_option_names": ["-h", "--help"]}
)
@_version_option
def main_server() -> None:
    """The same as `lunaroute`; without a subcommand it serves."""
