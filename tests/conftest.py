"""Fixtures that more than one package's tests use."""

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.kit import Serve
from tests.provider import Provider

# Tests start hundreds of processes: each would compile our source anew, and the runner
# rewrite every test's asserts, where the environment forbids to keep what comes of it.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

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
