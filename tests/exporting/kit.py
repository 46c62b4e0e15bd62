"""A recorded session with all that makes exporting hard."""

import json
from datetime import date

import pytest
import zstandard

from lunaroute.exporting import copy_session, exported
from lunaroute.model import Outcome
from lunaroute.recording import Recorder
from lunaroute.store import Store, open_store
from tests.recording.build import (
    SESSION,
    anthropic_message,
    anthropic_stream,
    exchange,
    question,
    sse,
)

EVIL = (
    "it's </pre><script>alert('x')</script> ``` \\ $HOME `id` $(id) %s\u202e\x00\x1b"
    "\n````\nlast 'line'\n"
)
FIRST, SECOND = date(2026, 1, 2), date(2026, 1, 3)
HEADERS = [
    ("Content-Type", "application/json"),
    ("Accept-Encoding", "gzip"),
    ("X-Api-Key", "sk-ant-secret"),
    ("Anthropic-Version", "2023-06-01"),
]


def bodies() -> list[bytes]:
    """What the four requests sent; the second repeats the first one's history."""
    long = "a long history " * 50
    first = {**question(EVIL, stream=True), "system": long}
    second = {**question(EVIL), "system": long, "n": 1.50}
    return [
        json.dumps(first).encode(),
        json.dumps(second, indent=1).replace("1.5", "1.50").encode(),
        b"not json \x01 'quoted'",
        json.dumps(question("third")).encode(),
    ]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Two days of one session; the first day's file is compressed."""
    place = tmp_path_factory.mktemp("exporting")
    one, two, three, four = bodies()
    error = {"type": "error", "error": {"type": "overloaded_error", "message": EVIL}}
    with open_store(place / "sessions.db", writer=True) as made:
        recorder = Recorder(place / "sessions", made, today=lambda: FIRST)
        recorder.record(
            [
                anthropic_stream(1, request_pieces=[one], request_fields=HEADERS),
                anthropic_message(2, request_pieces=[two], request_fields=HEADERS),
            ]
        )
        (path,) = (place / "sessions").rglob("*.jsonl")
        path.with_name(f"{path.name}.zst").write_bytes(
            zstandard.compress(path.read_bytes())
        )
        path.unlink()
        recorder = Recorder(place / "sessions", made, today=lambda: SECOND)
        recorder.record(
            [
                exchange(
                    3,
                    request_pieces=[three],
                    status=529,
                    answer=[json.dumps(error).encode()],
                ),
                anthropic_stream(
                    4,
                    request_pieces=[four],
                    answer=sse({"type": "ping"}),
                    outcome=Outcome.UPSTREAM_CUT,
                ),
                anthropic_message(5, session="another"),
            ]
        )
        yield made


def text_of(store: Store, name: str, session: str = SESSION) -> str:
    return b"".join(exported(copy_session(store, session), name)).decode("utf-8")
