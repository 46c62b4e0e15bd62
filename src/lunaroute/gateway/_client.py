"""A client's connection: its bytes, what it is doing, when it was last heard."""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import trio

from lunaroute.errors import LunarouteError
from lunaroute.gateway._socket import RECEIVE_BYTES, PlainSocket
from lunaroute.wire import HeadReader

if TYPE_CHECKING:
    from lunaroute.gateway._exchange import Exchange, Plan

LINGER_SECONDS = 2.0


class ClientGone(LunarouteError):
    """The client is not there any more."""


@dataclass(slots=True, eq=False)
class Client:
    """One accepted connection."""

    wire: PlainSocket
    peer: str
    listener: str
    local_host: str = ""  # the address it reached us by, without port
    peer_host: str = ""
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    buffer: bytes = b""
    exchange: "Exchange | None" = None
    head_since: float = 0.0  # monotonic; 0 while no head has begun
    idle_since: float = field(default_factory=time.monotonic)
    half_closed_at: float = 0.0
    head_too_slow: bool = False
    is_gone: bool = False  # it has reset the connection
    # What its last request was decided by, and the plan if that holds for all alike.
    decided_by: object = None
    plan: "Plan | None" = None
    lingers: bool = False  # it was answered before all it sends was read

    async def send(self, data: bytes) -> None:
        """Raises ClientGone."""
        try:
            await self.wire.send(data)
        except OSError as error:
            raise ClientGone(str(error)) from error

    async def receive(self, limit: int = RECEIVE_BYTES) -> bytes:
        """Next bytes, those already read first; empty at the end of file."""
        if self.buffer:
            data, self.buffer = self.buffer, b""
            return data
        try:
            return await self.wire.receive(limit)
        except OSError as error:
            raise ClientGone(str(error)) from error

    def receive_now(self, limit: int = RECEIVE_BYTES) -> bytes | None:
        """What is there now, None if nothing is; empty at the end of file."""
        try:
            return self.wire.receive_now(limit)
        except OSError as error:
            raise ClientGone(str(error)) from error

    async def linger(self) -> None:
        """Reads on for a while, so that the answer is not lost.

        A close with unread bytes is a reset, which takes the answer off the client's
        hands (RFC 9112 9.6).
        """
        try:
            self.wire.end_sending()
            with trio.move_on_after(LINGER_SECONDS):
                while await self.wire.receive():
                    pass
        except OSError as error:
            raise ClientGone(str(error)) from error

    async def read_head(self) -> bytes:
        """The next request head, with its empty line; empty if the client closed.

        Raises ClientFault for what is no head, ClientGone for one that breaks off.
        """
        self.idle_since = time.monotonic()
        reader = HeadReader()
        while True:
            data = await self.receive()
            if not data and reader.begun:
                raise ClientGone("closed within a request head")
            if not data:
                return b""
            if head := reader.feed(data):
                break
            if reader.begun and not self.head_since:
                self.head_since = time.monotonic()
        self.buffer = reader.rest
        self.head_since = 0.0
        return head
