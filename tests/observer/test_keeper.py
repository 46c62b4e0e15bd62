"""The keeper: batches, acknowledgements after the commit, patience with a disk."""

from collections import defaultdict
from types import SimpleNamespace

import pytest
import trio
import trio.testing

from lunaroute.errors import StoreError
from lunaroute.link import Anchor, ExchangeId, RawExchange, Route, Tapped
from lunaroute.logs import TRACE
from lunaroute.observer._keeper import MAX_WAITING_BYTES, Keeper
from lunaroute.observer._running import Due


class FakeLink:
    def __init__(self) -> None:
        self.acknowledged: list[int] = []

    async def acknowledge(self, counters) -> None:
        self.acknowledged += counters


class FakeRecorder:
    """Commits what it is told to; fails as often as it is told to."""

    def __init__(self) -> None:
        self.batches: list[list[ExchangeId]] = []
        self.failures = 0
        self.at_most: int | None = None
        self.times = defaultdict(int)
        self.closed = 0
        self.noted: list[object] = []

    def note(self, due) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreError("the disk is full")
        self.noted.append((due, len(self.batches)))
        return ()

    def is_in_place(self) -> bool:
        return True

    def close(self) -> None:
        self.closed += 1

    def record(self, batch):
        if self.failures:
            self.failures -= 1
            raise StoreError("the disk is full")
        ids = tuple(e.id for e in batch)[: self.at_most]
        self.batches.append(list(ids))
        for one in ids:
            self.times[one] += 1
        return SimpleNamespace(ids=ids, news=("news",))


def exchanges(count: int, size: int = 10):
    return [
        RawExchange(
            id=ExchangeId("ab", 0, n + 1),
            anchor=Anchor(0, 0),
            route=Route("", "", "", "", ""),
            opened=0,
            request_head=b"",
            answer=Tapped(chunks=[(0, b"x" * size)], size=size),
        )
        for n in range(count)
    ]


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("lunaroute.observer._keeper.RETRY_SECONDS", 0.01)


@pytest.fixture
def recorder():
    return FakeRecorder()


async def run_to_the_end(keeper: Keeper) -> None:
    keeper.close()
    with trio.fail_after(30):
        await keeper.run()


async def test_everything_is_committed_once_then_acknowledged(recorder, caplog):
    caplog.set_level(TRACE)
    keeper = Keeper(lambda: recorder)
    links = FakeLink(), FakeLink()
    some = exchanges(250)
    await keeper.put(links[0], some[:120])
    await keeper.put(links[1], some[120:])
    await run_to_the_end(keeper)
    assert [len(batch) for batch in recorder.batches] == [100, 100, 50]
    assert links[0].acknowledged == list(range(1, 121))
    assert links[1].acknowledged == list(range(121, 251))
    assert keeper.recorded == 250
    assert caplog.text.count("100 exchanges committed in ") == 2


class Told:
    """Hears what was committed; fails if it is told to."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.count = 0
        self.news: list[object] = []

    def recorded(self, count: int) -> None:
        self.count += count

    def tell(self, news, *, now, seconds) -> None:
        assert now > 0
        assert seconds >= 0
        self.news += news
        if self.fails:
            raise ZeroDivisionError


@pytest.mark.parametrize("fails", [False, True])
async def test_who_counts_hears_of_it_and_cannot_hinder_it(recorder, caplog, fails):
    told = Told(fails=fails)
    keeper = Keeper(lambda: recorder, (told,))
    link = FakeLink()
    await keeper.put(link, exchanges(3))
    await run_to_the_end(keeper)
    assert (told.count, told.news) == (3, ["news"])
    assert link.acknowledged == [1, 2, 3]
    assert ("could not be counted" in caplog.text) == fails


async def test_a_failing_disk_is_retried_and_said(recorder, impatient):
    recorder.failures = 3
    keeper = Keeper(lambda: recorder)
    link = FakeLink()
    await keeper.put(link, exchanges(3))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(keeper.run)
        while not keeper.trouble:
            await trio.sleep(0.01)
        assert keeper.trouble == "the disk is full"
        assert link.acknowledged == []
        while len(link.acknowledged) < 3:
            await trio.sleep(0.01)
        assert keeper.trouble == ""
        keeper.close()
    assert set(recorder.times.values()) == {1}
    assert recorder.closed == 3  # and opened anew each time


async def test_only_what_was_committed_is_acknowledged(recorder):
    recorder.at_most = 2
    keeper = Keeper(lambda: recorder)
    link = FakeLink()
    await keeper.put(link, exchanges(5))
    await run_to_the_end(keeper)
    assert [len(batch) for batch in recorder.batches] == [2, 2, 1]
    assert sorted(link.acknowledged) == [1, 2, 3, 4, 5]
    assert set(recorder.times.values()) == {1}


async def test_a_recorder_that_cannot_be_opened_is_tried_again(recorder, impatient):
    tries = iter((OSError("no such device"), None))

    def opener():
        error = next(tries)
        if error:
            raise error
        return recorder

    keeper = Keeper(opener)
    link = FakeLink()
    await keeper.put(link, exchanges(1))
    await run_to_the_end(keeper)
    assert link.acknowledged == [1]


async def test_too_much_waiting_holds_the_reader_back(recorder):
    keeper = Keeper(lambda: recorder)
    link = FakeLink()
    big = exchanges(1, size=MAX_WAITING_BYTES + 1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(keeper.put, link, big)
        await trio.testing.wait_all_tasks_blocked()
        assert nursery.child_tasks  # put() does not return
        await run_to_the_end(keeper)
    assert link.acknowledged == [1]


class FakeRunning:
    """Has one thing due, and is asked for it."""

    is_any = True

    def __init__(self) -> None:
        self.dues = [Due(lost=("one",))]
        self.waiting: list[tuple[str, ...]] = []
        self.forgotten = 0

    def due(self, waiting) -> Due:
        self.waiting.append(waiting)
        return self.dues.pop() if self.dues else Due()

    def failed(self, due) -> None:
        self.dues.append(due)

    def forget(self) -> None:
        self.forgotten += 1


async def test_what_is_under_way_is_committed_after_what_has_ended(recorder):
    running = FakeRunning()
    keeper = Keeper(lambda: recorder, running=running)
    await keeper.put(FakeLink(), exchanges(150))
    await run_to_the_end(keeper)
    assert recorder.noted == [(Due(lost=("one",)), 2)]
    assert [len(waiting) for waiting in running.waiting] == [50]
    assert running.forgotten == 1  # the recorder was opened


async def test_what_is_under_way_is_tried_again(recorder, impatient):
    recorder.failures = 2
    running = FakeRunning()
    keeper = Keeper(lambda: recorder, running=running)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(keeper.run)
        while not keeper.trouble:
            await trio.sleep(0.01)
        while keeper.trouble:
            await trio.sleep(0.01)
        keeper.close()
    assert recorder.noted[0] == (Due(lost=("one",)), 0)


async def test_trouble_passes_without_anything_to_record(recorder, impatient):
    """What failed may have ended meanwhile, or been told to nobody."""
    recorder.failures = 1
    running = FakeRunning()
    running.failed = lambda due: None
    keeper = Keeper(lambda: recorder, running=running)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(keeper.run)
        while not recorder.noted:
            await trio.sleep(0.01)
        keeper.close()
    assert keeper.trouble == ""
