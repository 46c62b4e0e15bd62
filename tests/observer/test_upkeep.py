"""Tasks are done between commits, for whoever knows the word, one after the other."""

import logging

import orjson
import pytest
import trio
from starlette.applications import Starlette
from starlette.testclient import TestClient

from lunaroute.errors import StoreError
from lunaroute.observer import _upkeep
from lunaroute.observer._upkeep import PATH, TOKEN_HEADER, Upkeep
from lunaroute.upkeep import Limits, Site

TASK = {"task": "cleanup"}


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path, tmp_path / "sessions", tmp_path / "sessions.db", Limits())


@pytest.fixture
def upkeep(site):
    return Upkeep(site, trio.Lock())


def headers(upkeep):
    return {TOKEN_HEADER: upkeep.contact("").token}


async def ask(upkeep, task):
    """What is said to whoever asks."""
    lines = upkeep._lines(task)
    return [orjson.loads(line) async for line in lines]


def steps_of(monkeypatch, function):
    monkeypatch.setattr(_upkeep, "begin", lambda _site, task: function(task))


async def test_progress_then_the_result(upkeep, monkeypatch):
    def steps(task):
        yield "one"
        yield "one"
        yield "two"
        return {"done": task["n"]}

    steps_of(monkeypatch, steps)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(upkeep.run, 1e9)
        with trio.fail_after(30):
            said = await ask(upkeep, {"n": 7})
        nursery.cancel_scope.cancel()
    assert said == [
        {"progress": "one"},
        {"progress": "two"},
        {"result": {"done": 7}},
    ]


async def test_a_commit_comes_between_two_steps(upkeep, site, monkeypatch):
    turn = upkeep._turn
    order = []

    def steps(_task):
        for number in range(3):
            order.append(f"step {number}")
            yield f"step {number}"
        return {}

    async def recorder():
        # It waits for its turn as soon as there is one to wait for.
        for _ in range(2):
            while not turn.locked():
                await trio.lowlevel.checkpoint()
            async with turn:
                order.append("commit")

    steps_of(monkeypatch, steps)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(recorder)
        nursery.start_soon(upkeep.run, 1e9)
        with trio.fail_after(30):
            await ask(upkeep, {})
        nursery.cancel_scope.cancel()
    assert order == ["step 0", "commit", "step 1", "commit", "step 2"]


@pytest.mark.parametrize(
    ("error", "words"),
    [(StoreError("disk full"), "disk full"), (KeyError("x"), "KeyError: 'x'")],
)
async def test_what_fails_is_said_and_the_next_is_done(
    upkeep, monkeypatch, error, words
):
    closed = []

    def steps(task):
        try:
            yield "begun"
            if task.get("fails"):
                raise error
            return {}
        finally:
            closed.append(1)

    steps_of(monkeypatch, steps)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(upkeep.run, 1e9)
        with trio.fail_after(30):
            assert (await ask(upkeep, {"fails": 1}))[-1] == {"error": words}
            assert (await ask(upkeep, {}))[-1] == {"result": {}}
        nursery.cancel_scope.cancel()
    assert closed == [1, 1]


async def test_no_such_task(upkeep):
    async with trio.open_nursery() as nursery:
        nursery.start_soon(upkeep.run, 1e9)
        with trio.fail_after(30):
            assert "no task" in (await ask(upkeep, {"task": 5}))[0]["error"]
        nursery.cancel_scope.cancel()


async def test_who_leaves_stops_the_task(upkeep, monkeypatch):
    closed = trio.Event()
    token = trio.lowlevel.current_trio_token()

    def steps(_task):
        try:
            for number in range(10**9):
                yield str(number)
        finally:
            token.run_sync_soon(closed.set)

    steps_of(monkeypatch, steps)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(upkeep.run, 1e9)
        lines = upkeep._lines({})
        await anext(lines)
        await lines.aclose()
        with trio.fail_after(30):
            await closed.wait()
        nursery.cancel_scope.cancel()


async def test_it_looks_by_itself_and_says_what_it_did(upkeep, monkeypatch, caplog):
    caplog.set_level(logging.INFO, "lunaroute.observer")
    looked = trio.Event()
    token = trio.lowlevel.current_trio_token()
    item = {"what": "age", "day": "d", "name": "n", "bytes": 1, "exchanges": 3}
    result = {"items": [item], "warnings": ["hm"], "stopped": "", "bytes_before": 1}

    def steps(task):
        assert task == TASK
        yield "looking"
        token.run_sync_soon(looked.set)
        return result

    steps_of(monkeypatch, steps)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(upkeep.run, 0)
        with trio.fail_after(30):
            await looked.wait()
            while "deleted" not in caplog.text:
                await trio.sleep(0.01)
        nursery.cancel_scope.cancel()
    assert "3 exchanges deleted with 1 file, 0 files compressed" in caplog.text
    await upkeep._report({"result": {**result, "stopped": "the clock"}})
    await upkeep._report({"result": {**result, "stopped": "the clock"}})
    await upkeep._report({"error": "locked"})
    assert caplog.text.count("hm") == 1
    assert caplog.text.count("retention has stopped: the clock") == 1
    assert "not looked after: locked" in caplog.text


async def test_a_new_database_is_filled(upkeep, monkeypatch, caplog):
    asked = []

    def steps(task):
        yield "reading"
        asked.append(task)
        return {"rebuilt": 0, "added": 7, "warnings": ["a file"]}

    steps_of(monkeypatch, steps)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(upkeep.run, 1e9)
        upkeep.rebuild()
        with trio.fail_after(30):
            while "7 exchanges came back" not in caplog.text:
                await trio.sleep(0.01)
        nursery.cancel_scope.cancel()
    assert asked == [{"task": "reindex", "missing": True}]
    assert "a file" in caplog.text
    for _ in range(30):
        upkeep.rebuild()  # nobody takes them
    assert "too much waits" in caplog.text


def test_a_word_is_asked_for(upkeep):
    app = Starlette(routes=[upkeep.route()])
    with TestClient(app, backend="trio") as client:
        for given in ({}, {TOKEN_HEADER: "x"}, {TOKEN_HEADER: ""}):
            assert client.post(PATH, json=TASK, headers=given).status_code == 403
        assert client.get(PATH, headers=headers(upkeep)).status_code == 405
        for body in (b"{", b"[]", b"5"):
            answer = client.post(PATH, content=body, headers=headers(upkeep))
            assert answer.status_code == 400
