"""Reads bodies and streams the way the observer does."""

import json
from pathlib import Path

import pytest

from lunaroute.dialects import answer_reader

STREAMS = Path(__file__).parents[1] / "corpora" / "streams"


@pytest.fixture(scope="session")
def stream():
    """The bytes of a stream of the corpus, by name."""
    return lambda name: (STREAMS / f"{name}.sse").read_bytes()


@pytest.fixture(scope="session")
def read_stream():
    """Facts of a stream, given in pieces."""

    def read(endpoint, *pieces):
        reader = answer_reader(
            endpoint, content_type="text/event-stream; charset=utf-8", status=200
        )
        for piece in pieces:
            reader.feed(piece)
        return reader.close()

    return read


@pytest.fixture(scope="session")
def read_events(read_stream):
    """Facts of a stream of the given events."""

    def read(endpoint, *events):
        lines = [e if isinstance(e, str) else json.dumps(e) for e in events]
        return read_stream(
            endpoint, "".join(f"data: {line}\n\n" for line in lines).encode()
        )

    return read


@pytest.fixture(scope="session")
def read_body():
    """Facts of a whole body, given as a value or as bytes."""

    def read(endpoint, body, status=200, content_type="application/json"):
        reader = answer_reader(endpoint, content_type=content_type, status=status)
        reader.feed(body if isinstance(body, bytes) else json.dumps(body).encode())
        return reader.close()

    return read
