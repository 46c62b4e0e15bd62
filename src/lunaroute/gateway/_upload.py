"""A request's body on its way up, and what of it may have to be sent again."""

from typing import TYPE_CHECKING

import trio

from lunaroute.errors import ClientFault, Fault
from lunaroute.gateway._admission import body_too_long
from lunaroute.gateway._client import ClientGone
from lunaroute.gateway._socket import BULK_BYTES, RECEIVE_BYTES
from lunaroute.gateway._times import now
from lunaroute.gateway._upstream import NoAnswerError, Upstream
from lunaroute.wire import FramingError, follower, forward_request

if TYPE_CHECKING:
    from lunaroute.gateway._exchange import Exchange

# A request on a reused connection is sent once more if nothing of it was answered
# and no more than this had gone out: the idle connection had died unnoticed.
REPLAY_BYTES = 1024 * 1024
# A head and a body of this size leave in one send, a larger body follows its head.
JOIN_BYTES = 64 * 1024
# Then the answer is looked for as well.
PUSH_BYTES = 512 * 1024


class Upload:
    """Head and body of one request; ``fault`` says why the body did not come whole."""

    __slots__ = (
        "_ex",
        "_first",
        "_follower",
        "_head",
        "_keeps",
        "_most",
        "_size",
        "fault",
    )

    def __init__(self, ex: "Exchange") -> None:
        head, plan = ex.head, ex.plan
        self._ex = ex
        self._follower = follower(head.framing, head.length)
        self._size = 0
        self._most = ex.gateway.options.server.max_body_bytes
        self._keeps = True
        self.fault: Fault | ClientGone | None = None
        # What came with the head; a small request is whole with it.
        self._first = self._take(ex.client.buffer)
        ex.request_done = self._follower.done
        self._head = forward_request(
            head,
            target=plan.target,
            host=plan.host,
            drop=plan.change.drop,
            add=plan.change.add,
        )

    @property
    def replayable(self) -> bool:
        return self._size <= REPLAY_BYTES

    async def begin(self, upstream: Upstream) -> NoAnswerError | None:
        """Sends the head and what is there of the body.

        A failed send is returned, not raised: the provider may have answered early.
        """
        ex = self._ex
        first = self._first if ex.attempts == 1 else b"".join(ex.sent)
        if not upstream.reused:  # there is no other attempt after this one
            self._keeps = False
            ex.sent.clear()
        try:
            if len(first) <= JOIN_BYTES:
                await upstream.send(self._head + first)
            else:
                await upstream.send(self._head)
                await upstream.send(first)
        except NoAnswerError as error:
            return error
        finally:
            if ex.attempts == 1 and first:
                self._tap(first)
        return None

    async def push(self, upstream: Upstream) -> NoAnswerError | None:
        """Forwards what has come meanwhile, up to PUSH_BYTES: a request that is whole
        by then needs no task of its own. A failed send is returned, as above.
        """
        room = PUSH_BYTES
        tap = self._ex.gateway.tap
        while not self._follower.done and room > 0:
            if tap is not None and tap.outbox.is_full:
                await tap.room()
            data = self._ex.client.receive_now(self._limit)
            if data is None:
                return None
            room -= len(data)
            try:
                await self._pass_on(data, upstream)
            except NoAnswerError as error:
                return error
        self._ex.request_done = self._follower.done
        return None

    async def run(self, upstream: Upstream, scope: trio.CancelScope) -> None:
        """Forwards the rest as it arrives. Faults are left in ``fault``."""
        ex = self._ex
        tap = ex.gateway.tap
        try:
            while not self._follower.done:
                await self._pass_on(await ex.client.receive(self._limit), upstream)
                if tap is not None and tap.outbox.is_full:
                    await tap.room()
            ex.request_done = True
        except NoAnswerError:
            return  # the answer, if there is one, decides
        except (Fault, ClientGone) as fault:
            self.fault = fault
            scope.cancel()

    async def _pass_on(self, data: bytes, upstream: Upstream) -> None:
        if not data:
            raise ClientGone("closed within its request's body")
        data = self._take(data)
        try:
            await upstream.send(data)
        finally:  # taken from the client, so it is part of the record
            self._tap(data)

    @property
    def _limit(self) -> int:
        """More at a time where much is due: a call less for each 64 kB."""
        due = self._ex.head.length - self._size
        return BULK_BYTES if due > RECEIVE_BYTES else RECEIVE_BYTES

    def _take(self, data: bytes) -> bytes:
        """The body's part of ``data``; what follows it stays with the client."""
        ex = self._ex
        try:
            size = self._follower.feed(data)
        except FramingError as error:
            raise ClientFault(f"bad request body: {error}") from error
        ex.client.buffer = data[size:]
        data = data[:size]
        self._size += size
        if self._size > self._most:
            raise body_too_long(self._most)
        if self._keeps and self._size <= REPLAY_BYTES and not ex.status:
            ex.sent.append(data)
        else:
            ex.sent.clear()
        return data

    def _tap(self, data: bytes) -> None:
        ex = self._ex
        ex.last_active = ex.clock.last_byte_up = now()
        ex.up_bytes += len(data)
        if ex.tape is not None:
            ex.tape.request(ex.last_active, data)
