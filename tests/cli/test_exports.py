"""The variables in the words of each shell."""

import subprocess

import pytest

from lunaroute.cli._exports import SHELLS, assignment, variables
from lunaroute.running import Server


def server(*dialects: str) -> Server:
    return Server(1, "/h", 0.0, "1", "http://127.0.0.1:8081", dialects=dialects)


def test_only_what_is_served_is_exported():
    assert variables(server("openai")) == {
        "OPENAI_BASE_URL": "http://127.0.0.1:8081/v1"
    }
    assert list(variables(server("anthropic", "openai"))) == [
        "ANTHROPIC_BASE_URL",
        "OPENAI_BASE_URL",
    ]


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", "export A=http://h:1/v1"),
        ("zsh", "export A=http://h:1/v1"),
        ("fish", "set -gx A http://h:1/v1;"),
        ("powershell", "$env:A = 'http://h:1/v1'"),
    ],
)
def test_each_shell_has_its_words(shell, line):
    assert shell in SHELLS
    assert assignment(shell, "A", "http://h:1/v1") == line


@pytest.mark.parametrize("value", ["http://[::1]:80", "it's; a $(trap)", "", "a b"])
def test_no_value_becomes_anything_else(value):
    script = f'{assignment("bash", "A", value)}\nprintf %s "$A"'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True)
    assert done.stdout == value
