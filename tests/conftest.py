"""Fixtures that more than one package's tests use."""

import signal
from pathlib import Path

import pytest

from tests.kit import Serve
from tests.provider import Provider

# A shell's background job ignores SIGINT, and so would all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def provider():
    made = Provider()
    yield made
    made.close()


@pytest.fixture
def serve(tmp_path: Path, provider: Provider):
    """A running proxy in front of ``provider``, recording below ``tmp_path``."""
    with Serve(tmp_path / "home", provider.url) as running:
        yield running
