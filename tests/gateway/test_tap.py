"""The link's near end: copies leave last, together, and never hold anybody up."""

import socket

import pytest
import trio

from lunaroute.gateway._tap import Tap
from lunaroute.link import Assembler, TapLimits, pack_ack, pack_health
from tests.link.build import ANSWER_HEAD, HEAD, HELLO, ROUTE, ending


@pytest.fixture
def ends():
    near, far = socket.socketpair()
    far.setblocking(False)
    yield near, far
    near.close()
    far.close()


def tap_with(buffer=10_000_000, overflow="shed") -> Tap:
    return Tap(HELLO, TapLimits(1_000_000, buffer, overflow))


def play(tap: Tap, answers=(b"reply",)) -> None:
    tape = tap.outbox.open(1, ROUTE, HEAD)
    tape.answer_head(2, ANSWER_HEAD)
    for answer in answers:
        tape.answer(3, answer)
    tape.close(4, ending(0, sum(map(len, answers))))


def arrived(far: socket.socket) -> bytes:
    data = b""
    while True:
        try:
            more = far.recv(1 << 20)
        except BlockingIOError:
            return data
        if not more:
            return data
        data += more


async def test_nothing_is_written_while_anything_is_runnable(ends, nursery):
    """The copy waits until the loop is about to sleep: the clients come first."""
    near, far = ends
    tap = tap_with()
    tap.connect(near)
    nursery.start_soon(tap.run)
    await trio.testing.wait_all_tasks_blocked()
    arrived(far)
    play(tap)
    for _ in range(10):
        await trio.lowlevel.checkpoint()
        assert arrived(far) == b""
    await trio.sleep(0.01)
    complete = Assembler()
    complete.feed(b"")
    assert arrived(far) != b""


async def test_one_turns_frames_leave_in_one_write(ends, nursery, monkeypatch):
    near, far = ends
    tap = tap_with()
    tap.connect(near)
    nursery.start_soon(tap.run)
    await trio.sleep(0.01)
    hello = arrived(far)
    for _ in range(20):
        play(tap, [b"x" * 100] * 5)
    await trio.sleep(0.01)
    assembler = Assembler()
    assembler.feed(hello)
    # One recv gives all: it was one sendmsg of everything that had gathered.
    assert len(assembler.feed(far.recv(1 << 20))) == 20


async def test_a_blocked_link_is_drained_when_it_opens_again(ends, nursery):
    near, far = ends
    tap = tap_with()
    tap.connect(near)
    nursery.start_soon(tap.run)
    for _ in range(40):
        play(tap, [b"y" * 50_000])
    assembler = Assembler()
    complete = []
    with trio.fail_after(30):
        while len(complete) < 40:
            await trio.sleep(0.001)
            complete += assembler.feed(arrived(far))
    assert all(exchange.answer.size == 50_000 for exchange in complete)


async def test_acknowledgements_and_health_are_taken(ends, nursery):
    near, far = ends
    tap = tap_with()
    tap.connect(near)
    nursery.start_soon(tap.run)
    play(tap)
    play(tap)
    await trio.sleep(0.01)
    far.send(pack_ack([1], 0) + pack_health("disk full", 0))
    with trio.fail_after(30):
        while tap.outbox.unacknowledged != 1:
            await trio.sleep(0.001)
    assert tap.trouble == "disk full"


async def test_a_lost_link_keeps_everything_for_the_next(ends, nursery):
    near, far = ends
    tap = tap_with()
    tap.connect(near)
    nursery.start_soon(tap.run)
    play(tap)
    await trio.sleep(0.01)
    far.close()
    with trio.fail_after(30):
        while tap._sock is not None:
            play(tap)
            await trio.sleep(0.001)
    assert "not running" in tap.trouble
    count = tap.outbox.unacknowledged
    again, other = socket.socketpair()
    with other:
        tap.connect(again)
        await trio.sleep(0.05)
        other.setblocking(False)
        exchanges = Assembler().feed(arrived(other))
    assert len(exchanges) == count
    assert exchanges[0].resent


async def test_a_link_that_comes_before_the_reader_runs_is_read(ends, nursery):
    near, far = ends
    tap = tap_with()
    nursery.start_soon(tap.run)
    await trio.testing.wait_all_tasks_blocked()  # it waits for a link already
    tap.connect(near)
    play(tap)
    await trio.sleep(0.01)
    far.send(pack_ack([1], 0))
    with trio.fail_after(30):
        while tap.outbox.unacknowledged:
            await trio.sleep(0.001)


async def test_with_wait_room_opens_with_the_acknowledgement(ends, nursery):
    near, far = ends
    tap = tap_with(buffer=100_000, overflow="wait")
    tap.connect(near)
    nursery.start_soon(tap.run)
    play(tap, [b"z" * 60_000])
    play(tap, [b"z" * 30_000])
    assert tap.outbox.is_full
    with trio.move_on_after(0.05) as waited:
        await tap.room()
    assert waited.cancelled_caught
    await trio.sleep(0.01)
    far.send(pack_ack([1, 2], 0))
    with trio.fail_after(30):
        await tap.room()


async def test_nonsense_on_the_link_drops_it(ends, nursery, caplog):
    near, far = ends
    tap = tap_with()
    tap.connect(near)
    nursery.start_soon(tap.run)
    await trio.sleep(0.01)
    far.send(b"\xff" * 100)
    with trio.fail_after(30):
        while tap._sock is not None:
            await trio.sleep(0.001)
    assert "nonsense" in caplog.text
