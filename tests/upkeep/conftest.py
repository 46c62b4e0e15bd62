import time

import pytest


@pytest.fixture(autouse=True)
def in_utc(monkeypatch):
    """Local days are those of UTC, wherever the tests run."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()
