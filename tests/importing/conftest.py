import pytest

from lunaroute.store import open_store


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "home" / "sessions.db", writer=True) as store:
        yield store
