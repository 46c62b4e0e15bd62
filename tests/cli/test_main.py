"""What all commands have in common: helps, and an output that takes not everything."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from lunaroute.cli import main
from lunaroute.cli._main import COMMANDS, TOGETHER
from tests.kit import BIN, clean_environment, run

FULL = Path("/dev/full")


def every(command: click.Command, *words: str) -> Iterator[tuple[str, ...]]:
    yield words
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from every(inner, *words, name)


@pytest.mark.parametrize("words", list(every(main)), ids=" ".join)
def test_each_help_fits_a_screen(words):
    shown = CliRunner().invoke(main, [*words, "--help"], terminal_width=80)
    assert shown.exit_code == 0
    lines = shown.output.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80


def test_each_command_is_named_once():
    named = [name for names, _ in TOGETHER for name in names]
    assert sorted(named) == sorted(COMMANDS)


def test_what_an_encoding_lacks_is_escaped(tmp_path):
    name = "stadtchen→😀"
    done = run(
        tmp_path / name,
        *("status", "--json"),
        environment={"PYTHONIOENCODING": "latin-1"},
    )
    assert done.stderr == ""
    assert "dtchen\\u2192\\ud83d\\ude00" in done.stdout
    assert json.loads(done.stdout)["home"] == str(tmp_path / name)


@pytest.mark.skipif(not FULL.exists(), reason="there is no such device")
def test_a_full_disk_is_a_sentence(tmp_path):
    with FULL.open("w") as full:
        done = subprocess.run(
            [str(BIN / "lunaroute"), "status"],
            env=clean_environment(tmp_path),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert (done.returncode, done.stderr) == (
        1,
        "lunaroute: cannot write: No space left on device\n",
    )
