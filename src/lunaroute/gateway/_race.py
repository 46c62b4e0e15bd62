"""Happy eyeballs (RFC 8305): the first of several addresses that connects."""

import os
import socket
from collections.abc import Sequence
from itertools import chain, zip_longest

import trio
from trio import lowlevel

from lunaroute.gateway._names import Address
from lunaroute.gateway._socket import tune

# RFC 8305 section 5: how long one attempt is waited for before the next one begins.
STAGGER_SECONDS = 0.25


def interleave(addresses: Sequence[Address]) -> list[Address]:
    """The families in turn, that of the first address first (RFC 8305 section 4)."""
    first = addresses[0][0]
    own = [each for each in addresses if each[0] == first]
    others = [each for each in addresses if each[0] != first]
    turns = chain.from_iterable(zip_longest(own, others))
    return [each for each in turns if each is not None]


async def connect_first(
    addresses: Sequence[Address], keepalive_secs: int
) -> socket.socket:
    """A connected, tuned socket; the others are closed.

    Raises OSError: why the first of the addresses that failed did.
    """
    if len(addresses) == 1:
        return await connect(addresses[0], keepalive_secs)
    race = _Race(keepalive_secs)
    try:
        async with trio.open_nursery() as nursery:
            race.over = nursery.cancel_scope
            for address in interleave(addresses):
                failed = trio.Event()
                nursery.start_soon(race.run, address, failed)
                with trio.move_on_after(STAGGER_SECONDS):
                    await failed.wait()
    except BaseException:
        if race.winner is not None:
            race.winner.close()
        raise
    if race.winner is None:
        raise race.errors[0]
    return race.winner


async def connect(address: Address, keepalive_secs: int) -> socket.socket:
    """One attempt, for as long as the kernel takes. Raises OSError."""
    family, where = address
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        tune(sock, keepalive_secs)
        try:
            sock.connect(where)
        except BlockingIOError:
            if family == socket.AF_UNIX:
                raise  # its backlog is full; the kernel goes on with nothing
            await lowlevel.wait_writable(sock)
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, os.strerror(code)) from None
    except BaseException:
        sock.close()
        raise
    return sock


class _Race:
    def __init__(self, keepalive_secs: int) -> None:
        self.over = trio.CancelScope()
        self.winner: socket.socket | None = None
        self.errors: list[OSError] = []
        self._keepalive_secs = keepalive_secs

    async def run(self, address: Address, failed: trio.Event) -> None:
        try:
            sock = await connect(address, self._keepalive_secs)
        except OSError as error:
            self.errors.append(error)
            failed.set()
            return
        if self.winner is None:
            self.winner = sock
            self.over.cancel()
        else:  # both were there in the same turn of the loop
            sock.close()
