"""The pool: what is kept, what is taken, what is closed."""

import socket

import pytest

from lunaroute.gateway._pool import Pool
from tests.gateway.kit import nothing_left, provider_at, until


@pytest.fixture
def server():
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        yield listener


async def test_the_last_used_connection_is_taken_first(server):
    pool = Pool()
    provider = provider_at(server)
    async with nothing_left():
        first, second = await pool.acquire(provider), await pool.acquire(provider)
        assert not first.reused
        pool.release(first)
        pool.release(second)
        assert sum(pool.idle.values()) == 2
        again = await pool.acquire(provider)
        assert again is second
        assert again.reused
        fresh = await pool.acquire(provider, fresh=True)
        assert fresh not in (first, second)
        for upstream in (again, fresh):
            upstream.wire.close()
        pool.close()
        assert sum(pool.idle.values()) == 0


async def test_a_connection_that_was_closed_or_spoke_is_not_taken(server):
    pool = Pool()
    provider = provider_at(server)
    for act in (lambda sock: sock.close(), lambda sock: sock.send(b"HTTP/1.1 408 ")):
        upstream = await pool.acquire(provider)
        sock, _ = server.accept()
        pool.release(upstream)
        act(sock)
        await until(upstream.wire.is_stale)
        other = await pool.acquire(provider)
        assert other is not upstream
        other.wire.close()
        server.accept()[0].close()
        sock.close()


async def test_idle_connections_expire_and_are_bounded(server):
    pool = Pool()
    provider = provider_at(server, pool_max_idle=4, pool_idle_secs=90)
    async with nothing_left():
        made = [await pool.acquire(provider) for _ in range(7)]
        for upstream in made:
            pool.release(upstream)
        assert sum(pool.idle.values()) == 4
        pool.expire(made[3].idle_since + 90)
        assert sum(pool.idle.values()) == 4
        pool.expire(made[-1].idle_since + 91)
        assert sum(pool.idle.values()) == 0


@pytest.mark.parametrize("setting", ["pool_max_idle", "pool_idle_secs"])
async def test_zero_keeps_nothing(server, setting):
    pool = Pool()
    provider = provider_at(server, **{setting: 0})
    async with nothing_left():
        pool.release(await pool.acquire(provider))
        assert sum(pool.idle.values()) == 0


async def test_each_provider_has_its_own_and_its_own_limits(server):
    pool = Pool()
    one = provider_at(server, pool_max_idle=1, pool_idle_secs=10)
    two = provider_at(server, pool_metrics=False)
    made = [await pool.acquire(each) for each in (one, one, two, two)]
    for upstream in made:
        pool.release(upstream)
    assert sum(pool.idle.values()) == 1  # those of the second are not to be seen
    pool.expire(made[-1].idle_since + 11)
    assert sum(pool.idle.values()) == 0
    taken = [await pool.acquire(each) for each in (two, one)]
    assert [upstream.reused for upstream in taken] == [True, False]
    for upstream in taken:
        upstream.wire.close()
    pool.close()


@pytest.mark.parametrize("seconds", [0, 60, 10**9])
async def test_keepalive(server, seconds):
    upstream = await Pool().acquire(provider_at(server, keepalive_secs=seconds))
    sock = upstream.wire.sock
    assert bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)) == bool(
        seconds
    )
    if seconds and hasattr(socket, "TCP_KEEPIDLE"):
        for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL):
            limit = min(seconds, 32767)
            assert sock.getsockopt(socket.IPPROTO_TCP, option) == limit
    upstream.wire.close()
