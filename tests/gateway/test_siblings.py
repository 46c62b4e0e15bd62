"""What workers know of each other, and how they share the connections of one socket."""

import os
import socket
from contextlib import ExitStack

import pytest
import trio

from lunaroute.gateway import _siblings
from lunaroute.gateway._listen import Doorman
from lunaroute.gateway._options import ServerLimits
from lunaroute.gateway._run import _board
from lunaroute.gateway._siblings import Siblings
from lunaroute.supervisor._board import make_board
from tests.gateway.kit import until

WORKERS = 2


@pytest.fixture
def board():
    made = make_board()
    yield made
    os.close(made)


def workers_at(board: int, count: int = WORKERS) -> list[Siblings]:
    return [Siblings(os.dup(board), worker, count) for worker in range(count)]


def test_each_knows_the_idlest_of_the_others(board):
    first, second, third = workers_at(board, 3)
    first.tell(5)
    second.tell(7)
    third.tell(9)
    assert [each.least() for each in (first, second, third)] == [7, 5, 5]


def test_one_that_is_not_heard_of_any_more_counts_no_longer(board, monkeypatch):
    first, second = workers_at(board)
    assert second.least() == 0
    monkeypatch.setattr(_siblings, "FORGOTTEN_NS", 0)
    assert second.least() is None
    assert Siblings(os.dup(board), 0, 1).least() is None
    del first


def test_the_board_is_told_from_the_listeners_that_come_with_it(board):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        own = [listener.fileno(), board]
        assert _board(own) == board
        assert own == [listener.fileno()]
        assert _board(own) is None  # a single worker, or an older supervisor's
        assert own == [listener.fileno()]
        assert _board([]) is None


class Worker:
    """A doorman whose clients stay until the test ends."""

    def __init__(self, siblings: Siblings, limits: ServerLimits) -> None:
        self.held = 0
        self.doorman = Doorman(limits, self.serve, siblings)

    async def serve(self, client, sock) -> None:
        self.held += 1
        try:
            await trio.sleep_forever()
        finally:
            sock.close()


async def test_connections_are_shared_evenly_and_the_last_one_full_refuses(board):
    most = 20
    limits = ServerLimits(max_connections=most)
    workers = [Worker(siblings, limits) for siblings in workers_at(board)]
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        listener.setblocking(False)
        shared = stack.enter_context(listener.dup())
        shared.setblocking(False)

        def connect() -> socket.socket:
            address = listener.getsockname()
            return stack.enter_context(socket.create_connection(address))

        async with trio.open_nursery() as nursery:
            for worker, sock in zip(workers, (listener, shared), strict=True):
                nursery.start_soon(worker.doorman.accept, sock, nursery)
            for count in range(1, 2 * most + 1):
                connect()
                await until(lambda: sum(each.held for each in workers) == count)  # noqa: B023
                assert abs(workers[0].held - workers[1].held) <= 1 + count // 8
            assert [worker.held for worker in workers] == [most, most]
            refused = trio.SocketStream(trio.socket.from_stdlib_socket(connect()))
            assert (await refused.receive_some()).startswith(b"HTTP/1.1 503 ")
            nursery.cancel_scope.cancel()
