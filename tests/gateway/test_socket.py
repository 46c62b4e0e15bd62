"""TLS over a non-blocking socket: records, ends of file, writes in parts."""

import socket
import ssl
import threading
from contextlib import asynccontextmanager, contextmanager, suppress

import pytest
import trio
import trustme

from lunaroute.gateway._socket import RECEIVE_BYTES, RECORD_BYTES, TlsSocket


@pytest.fixture(scope="module")
def contexts():
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("api.test").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return server, client


@contextmanager
def peer(act, context):
    """Our end of a connection whose other end, in a thread, does ``act(secured)``."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    failed = []

    def run():
        try:
            with context.wrap_socket(theirs, server_side=True) as secured:
                act(secured)
        except (OSError, AssertionError) as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        with ours:
            yield ours
    finally:
        thread.join(60)
    assert failed == []


@asynccontextmanager
async def connected(act, contexts):
    """The client's end of TLS with ``act``."""
    server, client = contexts
    with peer(act, server) as ours:
        wire = TlsSocket(ours, client, "api.test")
        try:
            with trio.fail_after(60):
                await wire.handshake()
                yield wire
        finally:
            wire.close()


async def test_full_records_are_taken_together_and_none_is_waited_for(contexts):
    sent, go_on = threading.Event(), threading.Event()

    def act(secured):
        secured.sendall(b"a" * (5 * RECORD_BYTES))
        secured.sendall(b"b")
        sent.set()
        assert go_on.wait(60)
        secured.sendall(b"c" * RECORD_BYTES)
        with suppress(ssl.SSLError):  # it wants our close_notify, which we never send
            secured.unwrap()

    async with connected(act, contexts) as wire:
        await trio.to_thread.run_sync(sent.wait, 60)
        assert await wire.receive() == b"a" * RECEIVE_BYTES
        assert await wire.receive() == b"a" * RECORD_BYTES + b"b"
        assert not wire.is_stale()
        go_on.set()
        assert await wire.receive() == b"c" * RECORD_BYTES
        assert await wire.receive() == b""


async def test_a_cut_behind_a_full_record_is_no_end_of_file(contexts):
    cut = threading.Event()

    def act(secured):
        secured.sendall(b"a" * RECORD_BYTES)
        secured.shutdown(socket.SHUT_RDWR)  # without a close_notify
        cut.set()

    async with connected(act, contexts) as wire:
        await trio.to_thread.run_sync(cut.wait, 60)
        assert await wire.receive() == b"a" * RECORD_BYTES
        for _ in range(2):
            with pytest.raises(OSError):
                await wire.receive()
        assert wire.is_stale()


async def test_a_write_in_parts_while_the_answer_comes(contexts):
    """More than the kernel takes at once; what is read meanwhile disturbs nothing."""
    body = bytes(range(256)) * 16 * 1024  # 4 MB
    seen = bytearray()

    def act(secured):
        secured.sendall(b"early")
        while len(seen) < len(body):
            seen.extend(secured.recv(RECORD_BYTES))
            secured.sendall(b".")
        secured.sendall(b"!")

    async with connected(act, contexts) as wire:
        got = b""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wire.send, body)
            while not got.endswith(b"!"):
                got += await wire.receive()
        assert got.startswith(b"early.")
        assert seen == body


async def test_tickets_that_come_while_it_is_idle_are_no_reason_to_drop_it(contexts):
    async with connected(lambda secured: secured.recv(1), contexts) as wire:
        while not wire.sock.session.has_ticket:  # they follow the handshake
            assert not wire.is_stale()
            await trio.sleep(0.001)
        assert not wire.is_stale()
        await wire.send(b".")
        while not wire.is_stale():  # the peer has ended
            await trio.sleep(0.001)
