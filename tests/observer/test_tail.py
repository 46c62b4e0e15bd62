"""Who listens is told what is recorded, until the observer ends."""

import json

import pytest
import trio
from starlette.applications import Starlette
from starlette.testclient import TestClient

from lunaroute.insight import Follower
from lunaroute.observer import _tail
from lunaroute.observer._tail import Tail
from lunaroute.store import open_store
from tests.store.kit import database, prepared, write


@pytest.fixture
def soon(monkeypatch):
    monkeypatch.setattr(_tail, "LOOK_SECONDS", 0.001)


async def told(lines):
    """The next line that says something."""
    async for line in lines:
        if line.strip():
            return [json.loads(each)["type"] for each in line.splitlines()]
    return None


async def test_what_is_recorded_is_told_until_the_end(tmp_path, soon):
    closing, path = trio.Event(), database(tmp_path)
    tail = Tail(path, closing)
    follower = Follower()
    await tail._look(path, follower)  # there is no database yet
    lines = tail._lines(path, follower)
    assert await told(lines) == ["from"]
    with open_store(path, writer=True) as store:
        write(store, prepared(1, "a"))
        assert await told(lines) == ["request", "end"]
        write(store, prepared(2, "a"))
        assert await told(lines) == ["request", "end"]
    assert tail._listeners == 1
    closing.set()
    assert await told(lines) is None
    assert tail._listeners == 0


async def test_a_database_that_cannot_be_read_ends_nothing(tmp_path, soon):
    path = tmp_path / "sessions.db"
    path.write_text("no database")
    tail, follower = Tail(path, trio.Event()), Follower()
    assert await tail._look(path, follower) == b""
    path.unlink()
    with open_store(path, writer=True) as store:
        assert await tail._look(path, follower) == b""
        write(store, prepared(1, "a"))
    assert await tail._look(path, follower)


async def test_from_where_somebody_has_heard_it(tmp_path, soon):
    path = database(tmp_path)
    with open_store(path, writer=True) as store:
        write(store, prepared(1, "a"), prepared(2, "a"))
    assert (
        len((await Tail(path, trio.Event())._look(path, Follower("", 1))).splitlines())
        == 2
    )


def test_refusals(tmp_path):
    def ask(tail):
        return TestClient(Starlette(routes=[tail.route()]), backend="trio").get("/tail")

    off = ask(Tail(None, trio.Event()))
    assert off.status_code == 503
    assert "sqlite.enabled" in off.json()["error"]["message"]
    full = Tail(tmp_path / "sessions.db", trio.Event())
    full._listeners = _tail.MOST
    assert "8 listen already" in ask(full).json()["error"]["message"]
