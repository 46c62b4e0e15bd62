"""Clients that hang up are noticed without reading, by either watcher."""

import select
import socket

import pytest
import trio

from lunaroute.gateway._client import Client
from lunaroute.gateway._hangup import EpollWatch, PeekWatch
from lunaroute.gateway._socket import PlainSocket
from lunaroute.model import Outcome

WATCHES = [PeekWatch] + ([EpollWatch] if hasattr(select, "epoll") else [])


class Spy:
    """Stands where an exchange would; remembers how it was cancelled."""

    def __init__(self) -> None:
        self.outcome = None

    def cancel(self, outcome) -> None:
        self.outcome = outcome


@pytest.fixture(params=WATCHES, ids=lambda made: made.__name__)
def watched(request):
    """A watcher with one client in an exchange, and the client's own socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        own = socket.create_connection(listener.getsockname())
        sock, _ = listener.accept()
    sock.setblocking(False)
    client = Client(PlainSocket(sock), "peer", "listener")
    client.exchange = Spy()
    watch = request.param()
    watch.add(client, sock)
    yield watch, client, own, sock
    watch.remove(sock)
    sock.close()
    own.close()


async def look(watch, until) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch.run)
        with trio.fail_after(30):
            while not until():
                watch.peek()
                await trio.sleep(0.005)
        nursery.cancel_scope.cancel()


async def test_a_reset_cancels_at_once(watched):
    watch, client, own, _ = watched
    own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    own.close()
    await look(watch, lambda: client.exchange.outcome)
    assert client.exchange.outcome is Outcome.CLIENT_LEFT


async def test_a_half_close_starts_the_grace_only(watched):
    watch, client, own, _ = watched
    own.shutdown(socket.SHUT_WR)
    await look(watch, lambda: client.half_closed_at)
    assert client.exchange.outcome is None


async def test_bytes_that_arrive_are_no_hangup_and_stay(watched):
    watch, client, own, sock = watched
    own.sendall(b"pipelined")
    rounds = iter(range(10))
    await look(watch, lambda: next(rounds) == 9)
    assert client.exchange.outcome is None
    assert not client.half_closed_at
    assert sock.recv(100) == b"pipelined"
