"""Happy eyeballs: in which order, how fast, and that the losers are closed."""

import socket

import pytest
import trio

from lunaroute.gateway import _race
from lunaroute.gateway._race import connect, connect_first, interleave
from tests.gateway.kit import nothing_left

V4, V6 = socket.AF_INET, socket.AF_INET6


@pytest.mark.parametrize(
    ("families", "order"),
    [
        ([V4], [0]),
        ([V6, V6, V6, V4, V4], [0, 3, 1, 4, 2]),
        ([V4, V4, V6, V6, V6], [0, 2, 1, 3, 4]),
        ([V6, V4, V6, V4], [0, 1, 2, 3]),
    ],
)
def test_the_families_take_turns(families, order):
    addresses = [(family, number) for number, family in enumerate(families)]
    assert [number for _, number in interleave(addresses)] == order


@pytest.fixture
def server():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield V4, listener.getsockname()


@pytest.fixture
def silent():
    """An address that never answers: its queue is full."""
    with (
        socket.socket() as listener,
        socket.socket() as first,
        socket.socket() as second,
    ):
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for sock in (first, second):
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        yield V4, listener.getsockname()


@pytest.fixture
def refusing():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield V4, bound.getsockname()


async def test_a_refusal_brings_the_next_one_at_once(server, refusing, monkeypatch):
    monkeypatch.setattr(_race, "STAGGER_SECONDS", 1000)
    async with nothing_left():
        with trio.fail_after(30):
            sock = await connect_first([refusing, server], 60)
        assert sock.getpeername() == server[1]
        sock.close()


async def test_silence_brings_the_next_one_beside_it(server, silent):
    async with nothing_left():
        with trio.fail_after(30):
            sock = await connect_first([silent, server], 60)
        assert sock.getpeername() == server[1]
        sock.close()


async def test_who_connects_in_the_same_moment_is_closed(server, monkeypatch):
    monkeypatch.setattr(_race, "STAGGER_SECONDS", 0)
    async with nothing_left():
        for _ in range(20):
            (await connect_first([server] * 5, 60)).close()


async def test_when_all_fail_the_first_reason_is_told(refusing):
    unreachable = (V6, ("::1", 1, 0, 999_999))
    async with nothing_left():
        with pytest.raises(ConnectionRefusedError):
            await connect_first([refusing, unreachable, refusing], 60)


async def test_who_gives_up_leaves_nothing(silent):
    async with nothing_left():
        with trio.move_on_after(0.4) as scope:
            await connect_first([silent, silent, silent], 60)
    assert scope.cancelled_caught


async def test_a_full_unix_backlog_is_a_failure(tmp_path):
    address = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(0)
        async with nothing_left():
            (await connect((socket.AF_UNIX, address), 0)).close()
            with pytest.raises(BlockingIOError):
                await connect((socket.AF_UNIX, address), 0)
