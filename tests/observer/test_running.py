"""What is under way: due when its request is whole and it lasts; orphans once."""

import pytest

from lunaroute.link import Assembler, Kind, Outbox, TapLimits
from lunaroute.link._frame import pack_header
from lunaroute.observer._running import MAX_BEGUN, Running
from lunaroute.recording import CameFrames
from tests.link.build import HEAD, HELLO, ROUTE, drain, ending

BEGINS = f"{HELLO.boot}-{HELLO.worker}-"


class Clock:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return int(self.seconds * 1e9)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def running(clock):
    return Running(clock)


class Link:
    """A gateway's outbox, fed to an assembler as the observer does."""

    def __init__(self, running, hello=True):
        self.box = Outbox(HELLO, TapLimits())
        self.assembler = Assembler()
        running.add(self)
        if hello:
            self.box.connect()
            self.feed()

    def feed(self):
        return self.assembler.feed(drain(self.box))

    def open(self, head=HEAD, count=1):
        tapes = [self.box.open(0, ROUTE, head) for _ in range(count)]
        self.feed()
        return tapes[-1]


def counters(due):
    return [raw.id.counter for raw in due.begun]


def test_it_is_begun_once_it_lasts(running, clock):
    link = Link(running)
    assert not running.is_any
    link.open()
    assert running.is_any
    assert not running.due(())
    clock.seconds = 0.1
    assert counters(running.due(())) == [1]
    assert not running.due(())


def test_what_ended_soon_is_not(running, clock):
    link = Link(running)
    link.open().close(1, ending())
    assert len(link.feed()) == 1
    clock.seconds = 0.1
    assert not running.due(())
    assert not running.is_any


def test_the_request_must_be_whole(running, clock):
    link = Link(running)
    head = HEAD.replace(b"host", b"content-length: 4\r\nhost")
    tape = link.open(head)
    clock.seconds = 0.1
    assert not running.due(())
    tape.request(1, b"ab")
    link.feed()
    assert not running.due(())
    tape.request(1, b"cd")
    link.feed()
    (raw,) = running.due(()).begun
    assert raw.request.head_bytes() == b"abcd"


def test_what_comes_of_an_answer_is_told_from_time_to_time(running, clock):
    link = Link(running)
    tape = link.open()
    clock.seconds = 0.1
    assert running.due(()).begun
    tape.answer_head(1, b"HTTP/1.1 200 OK\r\n\r\n")
    tape.answer(1, b"one")
    tape.answer(2, b"two")
    link.feed()
    assert not running.due(())
    clock.seconds = 1.2
    ((so_far, came),) = running.due(()).heard
    assert [chunk for _, chunk in came.chunks] == [b"one", b"two"]
    tape.answer(3, b"three")
    link.feed()
    assert not running.due(())
    clock.seconds = 2.3
    ((again, came),) = running.due(()).heard
    assert again is so_far
    assert [chunk for _, chunk in came.chunks] == [b"three"]
    clock.seconds = 9
    assert not running.due(())  # nothing came
    running.forget()
    assert running.due(()).begun
    clock.seconds = 11
    ((anew, came),) = running.due(()).heard
    assert anew is not so_far
    assert len(came.chunks) == 3


def test_a_websocket_is_looked_at_when_something_is_asked(running, clock):
    link = Link(running)
    tape = link.open(HEAD.replace(b"host", b"upgrade: websocket\r\nhost"))
    clock.seconds = 0.1
    assert not running.due(())  # not before it is one
    tape.answer_head(1, b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
    link.feed()
    ((so_far, came),) = running.due(()).sockets
    assert came == CameFrames((), ())
    tape.tunnel_up(2, b"ask")
    link.feed()
    ((again, came),) = running.due(()).sockets
    assert again is so_far
    assert [chunk for _, chunk in came.up] == [b"ask"]
    tape.tunnel_down(3, b"answer")
    link.feed()
    assert not running.due(())
    clock.seconds = 1.2
    ((_, came),) = running.due(()).sockets
    assert came.up == ()
    assert [chunk for _, chunk in came.down] == [b"answer"]
    (raw,) = link.assembler.opened
    raw.tunnel_up.chunks.clear()  # shed
    clock.seconds = 5
    assert not running.due(())


def test_what_was_shed_is_not_told_on(running, clock):
    link = Link(running)
    tape = link.open()
    clock.seconds = 0.1
    running.due(())
    tape.answer_head(1, b"HTTP/1.1 200 OK\r\n\r\n")
    tape.answer(1, b"one")
    link.feed()
    clock.seconds = 2
    assert running.due(()).heard
    (raw,) = link.assembler.opened
    raw.answer.chunks.clear()
    clock.seconds = 4
    assert not running.due(())


def test_what_failed_is_due_again(running, clock):
    link = Link(running)
    link.open()
    clock.seconds = 0.1
    due = running.due(())
    running.failed(due)
    assert counters(running.due(())) == [1]
    running.forget()  # another store
    assert counters(running.due(())) == [1]


def test_not_too_many_at_once(running, clock):
    Link(running).open(count=MAX_BEGUN + 5)
    clock.seconds = 0.1
    assert len(running.due(()).begun) == MAX_BEGUN
    assert len(running.due(()).begun) == 5


def test_what_the_gateway_lost_is_told_once(running):
    link = Link(running)
    link.open()
    link.assembler.feed(pack_header(Kind.LOST, 0, 0, 1, 1))
    due = running.due(())
    assert due.lost == (f"{BEGINS}1",)
    running.failed(due)
    assert running.is_any
    assert running.due(()).lost == (f"{BEGINS}1",)
    assert not running.due(())


def test_orphans_are_looked_for_when_all_gateways_have_said_who_they_are(running):
    first, second = Link(running, hello=False), Link(running, hello=False)
    assert not running.due(())  # there may be more links
    running.all_linked()
    first.box.connect()
    first.feed()
    assert running.due(()).living is None
    second.box.connect()
    second.feed()
    assert running.due(("waiting",)).living == (BEGINS, BEGINS, "waiting")
    assert not running.due(())
    assert not running.is_any


def test_who_hands_over_takes_no_living_gateways_rows_for_orphans(running):
    running.all_linked()
    lives, died = Link(running), Link(running)
    assert running.due(()).living is not None
    lives.open()
    running.remove(died, is_dead=True)  # its rows would be looked for now,
    running.hand_over()
    running.remove(lives, is_dead=False)  # but nobody is there who owns the others
    assert running.due(()).living is None
    assert not running.is_any


def test_a_gateway_that_dies_leaves_orphans_and_one_that_is_handed_over_none(running):
    running.all_linked()
    first, second = Link(running), Link(running)
    assert running.due(()).living == (BEGINS, BEGINS)
    running.remove(first, is_dead=False)
    assert not running.due(())
    running.remove(second, is_dead=True)
    due = running.due(("w",))
    assert due.living == ("w",)
    running.failed(due)
    assert running.due(()).living == ()


def test_a_silent_gateway_that_dies_is_not_waited_for(running):
    link = Link(running, hello=False)
    running.all_linked()
    assert running.due(()).living is None
    running.remove(link, is_dead=True)
    assert running.due(()).living == ()
