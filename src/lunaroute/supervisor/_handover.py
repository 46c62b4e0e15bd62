"""What goes from one server to the next: the listening sockets, the home's lock.

The one that runs listens on a Unix socket of its own (``Door``). Who wants its place
connects there, asks ``hand_over``, and gets ``sockets`` with descriptors: both then
listen at the same sockets, so that the kernel refuses nobody. ``stop`` makes the old
one drain, and ``stopping`` comes back. A connection that ends before has changed
nothing.
"""

import os
import socket
from collections.abc import Mapping, Sequence
from typing import Any

import trio

from lunaroute.control import Control, Message
from lunaroute.supervisor._places import sign

# The old one has to mark a file and to tell its observer; else we go on without it.
STOPPING_SECONDS = 5.0
PAGE_KEYS = ("ui_enabled", "ui_host", "ui_port", "recording")


def offer(
    options: Mapping[str, Any],
    listeners: Sequence[socket.socket],
    page: Sequence[socket.socket],
    claimed: int | None,
) -> dict[str, Any]:
    """The ``sockets`` message of a supervisor with these options: what it has, and the
    descriptors in that order.
    """
    descriptors = [sock.fileno() for sock in (*listeners, *page)]
    return {
        "host": options["host"],
        "ports": [options["port"], listeners[0].getsockname()[1]],
        "home": options["home"],
        "page": {name: options[name] for name in PAGE_KEYS},
        "counts": [len(listeners), len(page)],
        "descriptors": descriptors if claimed is None else [*descriptors, claimed],
    }


class Predecessor:
    """The server whose place we take, at the end of a connection to its door."""

    def __init__(self, control: Control, message: Message) -> None:
        self._control = control
        self._told = message.values
        own = message.descriptors
        first, second = message.values["counts"]
        self._listeners = [socket.socket(fileno=own.pop(0)) for _ in range(first)]
        self._page = [socket.socket(fileno=own.pop(0)) for _ in range(second)]
        self._claimed = own.pop(0) if own else None
        self._ours: tuple[int, str] | None = None  # the lock that we took, our address

    def listeners(self, options: Mapping[str, Any]) -> list[socket.socket]:
        """Its listening sockets, if that is where we are to listen; else none."""
        same = (
            options["host"] == self._told["host"]
            and options["port"] in self._told["ports"]
        )
        return self._take(self._listeners, same=same)

    def page(self, options: Mapping[str, Any]) -> list[socket.socket]:
        """Those of its web page, if ours is to be there."""
        same = all(options[name] == self._told["page"][name] for name in PAGE_KEYS)
        return self._take(self._page, same=same)

    def claimed(self, options: Mapping[str, Any], address: str) -> int | None:
        """The lock of its home, if we record into the same."""
        descriptor, self._claimed = self._claimed, None
        if descriptor is None:
            return None
        if options["recording"] and options["home"] == self._told["home"]:
            self._ours = descriptor, address
            return descriptor
        os.close(descriptor)
        return None

    async def stop(self) -> None:
        """Returns when it takes no new connection any more, or is gone."""
        with trio.move_on_after(STOPPING_SECONDS):
            if await self._control.send("stop"):
                await self._control.receive()
        if self._ours is not None:
            sign(*self._ours)
        self.close()

    def close(self) -> None:
        """Whatever was not taken is left to it."""
        self._control.close()
        for sock in (*self._listeners, *self._page):
            sock.close()
        if self._claimed is not None:
            os.close(self._claimed)

    def _take(self, sockets: list[socket.socket], *, same: bool) -> list[socket.socket]:
        taken = sockets[:] if same else []
        for sock in sockets:
            if not same:
                sock.close()
        sockets.clear()
        return taken


async def predecessor(descriptor: str | None) -> Predecessor | None:
    """Of the connection that we inherited, where ``hand_over`` was asked already. None
    if there is none, or it has ended.
    """
    if not descriptor:
        return None
    os.set_inheritable(int(descriptor), False)
    control = Control(socket.socket(fileno=int(descriptor)))
    message = await control.receive()
    if message is None or message.op != "sockets":
        control.close()
        return None
    return Predecessor(control, message)
