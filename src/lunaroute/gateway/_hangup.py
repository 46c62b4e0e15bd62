"""Notices at once when a client hangs up, at no cost to the bytes that flow.

A client that is gone costs no more tokens, so silence is not enough: the kernel is
asked for hang-ups apart from reading. Linux tells them through one epoll set for all
clients; elsewhere the sweeper peeks.
"""

import select
import socket
import time
from typing import Protocol

from trio import lowlevel

from lunaroute.gateway._client import Client
from lunaroute.model import Outcome


class HangupWatch(Protocol):
    """Tells ``Client.half_closed_at`` and cancels the exchange of a reset client."""

    def add(self, client: Client, sock: socket.socket) -> None: ...

    def remove(self, sock: socket.socket) -> None: ...

    def peek(self) -> None:
        """For watchers that are not told: looks at every client now."""
        ...

    async def run(self) -> None: ...


def hung_up(client: Client, *, reset: bool) -> None:
    """A reset ends the exchange at once, a half-close starts the grace."""
    if reset:
        client.is_gone = True
        if client.exchange is not None:
            client.exchange.cancel(Outcome.CLIENT_LEFT)
    elif not client.half_closed_at:
        client.half_closed_at = time.monotonic()


class EpollWatch:
    """Edge-triggered EPOLLRDHUP, EPOLLHUP and EPOLLERR; never EPOLLIN."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._clients: dict[int, Client] = {}

    def add(self, client: Client, sock: socket.socket) -> None:
        self._clients[sock.fileno()] = client
        self._epoll.register(sock.fileno(), select.EPOLLRDHUP | select.EPOLLET)

    def remove(self, sock: socket.socket) -> None:
        if self._clients.pop(sock.fileno(), None) is not None:
            self._epoll.unregister(sock.fileno())

    def peek(self) -> None:
        """Nothing to do: the kernel tells."""

    async def run(self) -> None:
        try:
            while True:
                await lowlevel.wait_readable(self._epoll.fileno())
                for descriptor, events in self._epoll.poll(0):
                    client = self._clients.get(descriptor)
                    if client is not None:
                        gone = select.EPOLLHUP | select.EPOLLERR
                        hung_up(client, reset=bool(events & gone))
        finally:
            self._clients.clear()
            lowlevel.notify_closing(self._epoll.fileno())
            self._epoll.close()


class PeekWatch:
    """Looks at the receive queue of every client; the sweeper says when."""

    def __init__(self) -> None:
        self._clients: dict[socket.socket, Client] = {}

    def add(self, client: Client, sock: socket.socket) -> None:
        self._clients[sock] = client

    def remove(self, sock: socket.socket) -> None:
        self._clients.pop(sock, None)

    def peek(self) -> None:
        for sock, client in list(self._clients.items()):
            if client.exchange is None:
                continue
            try:
                if not sock.recv(1, socket.MSG_PEEK):
                    hung_up(client, reset=False)
            except BlockingIOError:
                continue
            except OSError:
                hung_up(client, reset=True)

    async def run(self) -> None:
        await lowlevel.checkpoint()


def hangup_watch() -> HangupWatch:
    """The best one this system has."""
    return EpollWatch() if hasattr(select, "epoll") else PeekWatch()
