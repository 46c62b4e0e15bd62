"""The commands' own servers: there at once, gone when closed, loud when they are wrong."""

import socket
import socketserver
from contextlib import closing

import pytest

from lunaroute.cli._loopback import LoopbackServer


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(100):
            if data == b"raise":
                raise ValueError("a fault of ours")
            self.request.sendall(data)


def connect(server):
    host, _, port = server.url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=30)


def test_serves_until_it_is_closed():
    with closing(LoopbackServer(Echo)) as server:
        with connect(server) as one, connect(server) as other:
            for each in (one, other):
                each.sendall(b"here")
                assert each.recv(100) == b"here"
    with pytest.raises(ConnectionRefusedError):
        connect(server)


def test_a_fault_is_shown_and_a_client_that_left_is_not(capfd):
    with closing(LoopbackServer(Echo)) as server, connect(server) as client:
        client.sendall(b"raise")
        assert client.recv(100) == b""
    assert "a fault of ours" in capfd.readouterr().err
