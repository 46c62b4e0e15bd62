"""A small record to read, hostile parts included."""

import json
from pathlib import Path

from lunaroute.recording import Recorder
from lunaroute.store import open_store
from tests.recording.build import (
    anthropic_message,
    anthropic_stream,
    exchange,
    question,
)

HOSTILE = "needle \x1b]0;owned\x07\x1b[2J\x9b31m [bold]not markup[/] \u202egnp.exe\r\nnext line"


def make_record(directory: Path) -> Path:
    path = directory / "sessions.db"
    reply = {
        "type": "message",
        "model": "claude-x-1\x1b[31m",
        "content": [{"type": "text", "text": HOSTILE}],
        "usage": {"input_tokens": 1, "output_tokens": 2},
    }
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}}
    with open_store(path, writer=True) as store:
        Recorder(None, store).record(
            [
                anthropic_stream(1),
                exchange(2, body=question("a hostile one"), session="hostile",
                         answer=[json.dumps(reply).encode()]),
                anthropic_message(3, status=529, answer=[json.dumps(error).encode()]),
            ]
        )  # fmt: skip
    return path


def is_harmless(output: str) -> bool:
    return not any(
        (ord(letter) < 32 and letter not in "\n\t") or 0x7F <= ord(letter) < 0xA0
        or letter in "\u202e\u2066" for letter in output
    )  # fmt: skip
