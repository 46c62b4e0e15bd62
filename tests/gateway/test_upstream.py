"""The pool: what is kept, what is taken, what is closed."""

import socket

import pytest
import trio

from lunaroute.errors import UpstreamFault
from lunaroute.gateway._options import POOL_IDLE_SECONDS, POOL_MAX_IDLE
from lunaroute.gateway._upstream import NoAnswerError, Pool
from lunaroute.routing import Origin


@pytest.fixture
def server():
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        yield listener


def origin_of(listener: socket.socket) -> Origin:
    return Origin(False, "127.0.0.1", listener.getsockname()[1])


async def test_the_last_used_connection_is_taken_first(server):
    pool = Pool()
    origin = origin_of(server)
    first, second = await pool.acquire(origin), await pool.acquire(origin)
    assert not first.reused
    pool.release(first)
    pool.release(second)
    assert pool.idle_count == 2
    again = await pool.acquire(origin)
    assert again is second
    assert again.reused
    fresh = await pool.acquire(origin, fresh=True)
    assert fresh not in (first, second)
    for upstream in (again, fresh):
        upstream.wire.close()
    pool.close()
    assert pool.idle_count == 0


async def test_a_connection_that_was_closed_or_spoke_is_not_taken(server):
    pool = Pool()
    origin = origin_of(server)
    for act in (lambda sock: sock.close(), lambda sock: sock.send(b"HTTP/1.1 408 ")):
        upstream = await pool.acquire(origin)
        sock, _ = server.accept()
        pool.release(upstream)
        act(sock)
        with trio.fail_after(30):
            while not upstream.wire.is_stale():
                await trio.sleep(0.001)
        other = await pool.acquire(origin)
        assert other is not upstream
        other.wire.close()
        server.accept()[0].close()
        sock.close()


async def test_idle_connections_expire_and_are_bounded(server):
    pool = Pool()
    origin = origin_of(server)
    made = [await pool.acquire(origin) for _ in range(POOL_MAX_IDLE + 3)]
    for upstream in made:
        pool.release(upstream)
    assert pool.idle_count == POOL_MAX_IDLE
    pool.expire(made[-1].idle_since + POOL_IDLE_SECONDS / 2)
    assert pool.idle_count == POOL_MAX_IDLE
    pool.expire(made[-1].idle_since + POOL_IDLE_SECONDS + 1)
    assert pool.idle_count == 0


async def test_nobody_there_is_said_in_words():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        origin = origin_of(listener)
    with pytest.raises(UpstreamFault, match=r"cannot connect to 127\.0\.0\.1") as fault:
        await Pool().acquire(origin)
    assert fault.value.status == 502


async def test_an_answer_that_never_begins_differs_from_one_that_breaks_off(server):
    pool = Pool()
    for said, error in ((b"", NoAnswerError), (b"HTTP/1.1 200", UpstreamFault)):
        upstream = await pool.acquire(origin_of(server))
        sock, _ = server.accept()
        sock.sendall(said)
        sock.close()
        with pytest.raises(UpstreamFault) as fault:
            await upstream.read_head()
        assert type(fault.value) is error
        upstream.wire.close()


async def test_what_follows_a_head_stays_for_the_body(server):
    upstream = await Pool().acquire(origin_of(server))
    sock, _ = server.accept()
    with sock:
        for byte in b"HTTP/1.1 200 OK\r\na: b\r\n\r\nbody":
            sock.sendall(bytes((byte,)))
        head = await upstream.read_head()
        assert head == b"HTTP/1.1 200 OK\r\na: b\r\n\r\n"
        got = b""
        while len(got) < 4:
            got += await upstream.receive()
        assert got == b"body"
    upstream.wire.close()
