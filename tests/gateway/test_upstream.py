"""How an answer's beginning is read off a provider's connection."""

import socket

import pytest

from lunaroute.errors import UpstreamFault
from lunaroute.gateway._pool import Pool
from lunaroute.gateway._upstream import NoAnswerError
from tests.gateway.kit import provider_at


@pytest.fixture
def server():
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        yield listener


async def test_an_answer_that_never_begins_differs_from_one_that_breaks_off(server):
    pool = Pool()
    for said, error in ((b"", NoAnswerError), (b"HTTP/1.1 200", UpstreamFault)):
        upstream = await pool.acquire(provider_at(server))
        sock, _ = server.accept()
        sock.sendall(said)
        sock.close()
        with pytest.raises(UpstreamFault) as fault:
            await upstream.read_head()
        assert type(fault.value) is error
        upstream.wire.close()


async def test_what_follows_a_head_stays_for_the_body(server):
    upstream = await Pool().acquire(provider_at(server))
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
