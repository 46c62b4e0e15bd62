"""What the end of a gateway means for the connections it has."""

import os
import socket

import pytest
import trio
import trio.testing

from lunaroute.gateway._client import Client
from lunaroute.gateway._listen import Doorman
from lunaroute.gateway._server import _judge
from lunaroute.gateway._siblings import Siblings
from lunaroute.gateway._socket import PlainSocket
from lunaroute.supervisor._board import make_board
from tests.gateway.test_plan import gateway


@pytest.fixture
def ends():
    near, far = socket.socketpair()
    near.setblocking(False)
    far.settimeout(60)
    yield Client(PlainSocket(near), "peer", "here"), far
    near.close()
    far.close()


def ask(far: socket.socket) -> None:
    far.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")


async def test_a_silent_connection_has_one_more_answer_where_others_take_over(ends):
    client, far = ends
    made = gateway()
    made.begin_drain(5.0)  # it was accepted just now, and nothing has come yet
    async with trio.open_nursery() as nursery:
        nursery.start_soon(made.serve, client, client.wire.sock)
        await trio.testing.wait_all_tasks_blocked()
        ask(far)
    answer = far.recv(10_000)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in answer.lower()


async def test_one_that_stays_silent_is_closed_after_that_time(ends):
    client, _ = ends
    made = gateway()
    made.begin_drain(5.0)
    for later, closed in ((4.9, False), (5.1, True)):
        now = client.idle_since + later
        _judge(client, now, made.options.server, made.keep_alive)
        assert client.scope.cancel_called is closed


async def test_where_nobody_takes_over_it_is_closed_at_once(ends):
    client, far = ends
    made = gateway()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(made.serve, client, client.wire.sock)
        await trio.testing.wait_all_tasks_blocked()
        made.begin_drain()
    assert far.recv(100) == b""


async def test_one_that_ends_leaves_its_place_among_the_workers_to_the_next():
    board = make_board()
    try:
        ending = Siblings(os.dup(board), 0, 2)
        sibling = Siblings(os.dup(board), 1, 2)
    finally:
        os.close(board)
    ending.tell(7)
    made = gateway()
    made.doorman = Doorman(made.options.server, made.serve, ending)
    made.begin_drain()
    made.doorman.tell()  # as the sweep does each second; it holds none
    assert sibling.least() == 7
