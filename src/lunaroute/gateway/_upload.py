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
        "_rest",
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
        self._rest = b""  # taken from the client, and not by the kernel
        self.fault: Fault | ClientGone | None = None
        # What came with the head; a small request is whole with it.
        self._first = self._take(ex.client.buffer) if ex.client.buffer else b""
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

    def begin(self, upstream: Upstream) -> NoAnswerError | None:
        """Sends the head and what is there of the body, as far as that takes no
        waiting: an early answer must be heard. ``ex.request_done``: that was all.

        A failed send is returned, not raised: the provider may have answered early.
        """
        ex = self._ex
        first = self._first if ex.attempts == 1 else b"".join(ex.sent)
        self._first = b""
        if not upstream.reused:  # there is no other attempt after this one
            self._keeps = False
            ex.sent.clear()
        try:
            if len(first) <= JOIN_BYTES:
                self._rest = upstream.send_now(self._head + first)
            else:
                self._rest = upstream.send_now(self._head)
                self._rest = self._rest + first or upstream.send_now(first)
        except NoAnswerError as error:
            return error
        finally:
            if ex.attempts == 1 and first:
                self._tap(first)
        return self._push(upstream)

    def _push(self, upstream: Upstream) -> NoAnswerError | None:
        """Forwards what has come meanwhile, up to PUSH_BYTES: a request that is whole
        by then needs no task of its own.
        """
        ex = self._ex
        tap = ex.gateway.tap
        room = PUSH_BYTES
        while not self._follower.done and not self._rest and room > 0:
            if tap is not None and tap.outbox.is_full:
                break
            data = ex.client.receive_now(self._limit)
            if data is None:
                break
            room -= len(data)
            data = self._take(data)
            try:
                self._rest = upstream.send_now(data)
            except NoAnswerError as error:
                return error
            finally:  # taken from the client, so it is part of the record
                self._tap(data)
        ex.request_done = self._follower.done and not self._rest
        return None

    async def run(self, upstream: Upstream, scope: trio.CancelScope) -> None:
        """Forwards the rest as it arrives. Faults are left in ``fault``."""
        ex = self._ex
        tap = ex.gateway.tap
        try:
            if self._rest:
                await upstream.send(self._rest)
                self._rest = b""
            while not self._follower.done:
                if tap is not None and tap.outbox.is_full:
                    await tap.room()
                ex.body_due = True
                data = self._take(await ex.client.receive(self._limit))
                ex.body_due = False
                try:
                    await upstream.send(data)
                finally:  # as above
                    self._tap(data)
            ex.request_done = True
        except NoAnswerError:
            return  # the answer, if there is one, decides
        except (Fault, ClientGone) as fault:
            self.fault = fault
            scope.cancel()

    @property
    def _limit(self) -> int:
        """More at a time where much is due: a call less for each 64 kB."""
        due = self._ex.head.length - self._size
        return BULK_BYTES if due > RECEIVE_BYTES else RECEIVE_BYTES

    def _take(self, data: bytes) -> bytes:
        """The body's part of ``data``; what follows it stays with the client."""
        ex = self._ex
        if not data and not self._follower.done:
            raise ClientGone("closed within its request's body")
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
