"""The messages in docs/troubleshooting.md are those that are said."""

import ast
import errno
import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text()
# A message may hold a command in backticks of its own: a code span of a table's first
# column ends at the column, any other at its backtick.
MESSAGES = [
    message
    for line in PAGE.splitlines()
    for message in (
        re.findall(r"^\|[^|`]*`(.*)` \|", line.partition(" | ")[0] + " |")
        if line.startswith("|")
        else re.findall(r"`([^`]*…[^`]*)`", line)
    )
    if message != "…"
]
LEAST = 8  # shorter pieces than this prove nothing


def said() -> list[str]:
    """Every text of the source, with … where it has a value."""
    texts = []
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                texts.append(
                    "".join(
                        str(part.value) if isinstance(part, ast.Constant) else "…"
                        for part in node.values
                    )
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    return texts


# The last is the system's own.
SAID = [*said(), os.strerror(errno.EADDRINUSE)]


def test_there_are_messages():
    assert len(MESSAGES) > 20


@pytest.mark.parametrize("message", MESSAGES)
def test_each_piece_of_a_message_is_said(message):
    pieces = [each.strip(" :;") for each in message.split("…")]
    long = [each for each in pieces if len(each) >= LEAST]
    assert long, "nothing of it can be looked for"
    for piece in long:
        assert any(piece in text for text in SAID), piece
