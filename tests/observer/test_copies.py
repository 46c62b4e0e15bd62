"""A writer of somebody else's gets everything; one that fails holds up nobody."""

import threading
from collections import Counter
from dataclasses import replace

import pytest
import trio

from lunaroute.errors import ConfigError
from lunaroute.observer import _copies
from lunaroute.observer._copies import Copies, copies_of
from tests.observer.test_tally import row_news


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(_copies, "PAUSE_SECONDS", 0.01)


@pytest.fixture
def counts():
    return Counter()


class Writer:
    def __init__(self, failures=0):
        self.failures = failures
        self.got = []
        self.closed = 0

    def write(self, batch):
        if self.failures:
            self.failures -= 1
            raise ConnectionError("s3cret words of theirs")
        self.got += batch

    def close(self):
        self.closed += 1
        raise OSError("s3cret")


def copies(make, counts):
    def counted(name, result, count):
        counts[name, result] += count

    return Copies("mine", make, counted)


def tell(made, *numbers, size=3):
    news = [replace(row_news(number), lines=b"x" * size) for number in numbers]
    made.tell(news, now=0, seconds=0)
    made.recorded(len(news))


async def finish(made):
    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(made.run)
            await made.close()
            nursery.cancel_scope.cancel()


async def test_all_of_it_once_and_then_the_end(counts, caplog):
    writer = Writer()
    made = copies(lambda: writer, counts)
    tell(made, *range(250))
    await finish(made)
    assert [each.exchange_id for each in writer.got] == [
        f"boot-0-{n}" for n in range(250)
    ]
    assert {each.lines for each in writer.got} == {b"xxx"}
    assert counts == {("mine", "written"): 250}
    assert writer.closed == 1
    assert "s3cret" not in caplog.text


async def test_what_failed_is_given_again(counts, caplog):
    writer = Writer(failures=3)
    made = copies(lambda: writer, counts)
    tell(made, 1, 2)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(made.run)
        with trio.fail_after(30):
            while not writer.got:
                await trio.sleep(0.01)
        nursery.cancel_scope.cancel()
    assert len(writer.got) == 2
    assert counts["mine", "failed"] == 6
    assert caplog.text.count("the writer mine: ConnectionError") == 1
    assert "s3cret" not in caplog.text


async def test_one_that_cannot_be_made_is_tried_again(counts, caplog):
    writer = Writer()
    tries = iter([ConfigError("no bucket"), None])

    def make():
        if (error := next(tries)) is not None:
            raise error
        return writer

    made = copies(make, counts)
    tell(made, 1)
    await finish(made)
    assert len(writer.got) == 1
    assert "the writer mine: no bucket" in caplog.text


async def test_one_that_never_returns_holds_up_nobody(counts, monkeypatch, caplog):
    monkeypatch.setattr(_copies, "CLOSING_SECONDS", 0.1)
    gate = threading.Event()
    stuck = Writer()
    stuck.write = lambda _batch: gate.wait(60)
    good = Writer()
    one, other = copies(lambda: stuck, counts), copies(lambda: good, counts)
    try:
        with trio.fail_after(30):
            async with trio.open_nursery() as nursery:
                for made in (one, other):
                    tell(made, 1)
                    nursery.start_soon(made.run)
                await one.close()
                await other.close()
                nursery.cancel_scope.cancel()
    finally:
        gate.set()
    assert len(good.got) == 1
    assert "did not take all in time" in caplog.text


async def test_what_waits_is_bounded(counts, monkeypatch, caplog):
    monkeypatch.setattr(_copies, "MAX_WAITING_BYTES", 50)
    writer = Writer()
    made = copies(lambda: writer, counts)
    tell(made, *range(8), size=10)
    await finish(made)
    assert [each.exchange_id for each in writer.got] == [
        f"boot-0-{n}" for n in range(3, 8)
    ]
    assert counts == {("mine", "dropped"): 3, ("mine", "written"): 5}
    assert "no room" in caplog.text


def test_one_for_each_that_is_set_up(counts):
    asked = []

    def load(name, options):
        asked.append((name, options))
        return Writer()

    made = copies_of({"a": {"x": 1}, "b": {}}, load, lambda *_: None)
    for each in made:
        each._ready()
    assert asked == [("a", {"x": 1}), ("b", {})]
