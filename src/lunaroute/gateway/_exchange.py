"""One request on its way: out to the provider, the answer back, copies aside.

Calls go down, values come back. ``committed`` is the one boolean that matters: until
the first byte of an answer has gone to the client another answer may be given.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import trio

from lunaroute.errors import ClientFault, Fault, UpstreamFault
from lunaroute.gateway._admission import body_too_long
from lunaroute.gateway._client import Client, ClientGone
from lunaroute.gateway._options import Provider
from lunaroute.gateway._upstream import NoAnswerError, Upstream
from lunaroute.link import Ending, Tape, Times
from lunaroute.model import Dialect, Outcome
from lunaroute.routing import HeaderChange
from lunaroute.wire import (
    Dechunker,
    Framing,
    FramingError,
    RequestHead,
    ResponseHead,
    error_body,
    follower,
    forward_request,
    forward_response,
    parse_response,
    reply,
)

if TYPE_CHECKING:
    from lunaroute.gateway._server import Gateway

# A request on a reused connection is sent once more if nothing of it was answered
# and no more than this had gone out: the idle connection had died unnoticed.
REPLAY_BYTES = 1024 * 1024
# A head and a body of this size leave in one send, a larger body follows its head.
JOIN_BYTES = 64 * 1024
SWITCHING = 101
UPGRADE_REQUIRED = 426
MAX_INFORMATIONAL = 32
FINAL = 200
FAILED = 400

now = time.monotonic_ns
log = logging.getLogger("lunaroute.gateway")


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a request goes and how its head changes on the way."""

    provider: Provider
    target: bytes
    change: HeaderChange


@dataclass(slots=True)
class Clock:
    """Monotonic nanoseconds, written as things happen."""

    accepted: int = 0
    head_received: int = 0
    first_byte_up: int = 0
    last_byte_up: int = 0
    first_byte_down: int = 0
    first_body_down: int = 0

    def times(self, ended: int) -> Times:
        return Times(
            self.accepted,
            self.head_received,
            self.first_byte_up,
            self.last_byte_up,
            self.first_byte_down,
            self.first_body_down,
            ended,
        )


@dataclass(slots=True, eq=False)
class Exchange:
    """The state of one exchange; made, run and finished by ``serve_request``."""

    gateway: "Gateway"
    client: Client
    head: RequestHead
    plan: Plan
    tape: Tape | None
    clock: Clock
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    last_active: int = field(default_factory=now)
    committed: bool = False
    status: int = 0
    up_bytes: int = 0
    down_bytes: int = 0
    attempts: int = 0
    reused: bool = False
    request_done: bool = False
    client_reusable: bool = False
    ends_by_close: bool = False  # only a reset can show the client that it was cut
    # What may have to be sent again; nothing once an answer has begun.
    sent: list[bytes] = field(default_factory=list)
    outcome: Outcome = Outcome.INTERRUPTED
    fault: Fault | None = None
    cancelled_as: Outcome | None = None

    def cancel(self, outcome: Outcome) -> None:
        """Ends the exchange from outside: the client left, the time is up."""
        if self.cancelled_as is None:
            self.cancelled_as = outcome
            self.scope.cancel()

    async def run(self) -> None:
        """Forwards the request and its answer; the result is in the attributes."""
        try:
            with self.scope:
                await _forward(self)
        except ClientGone:
            self.outcome = Outcome.CLIENT_LEFT
        except ClientFault as fault:
            self.outcome, self.fault = Outcome.REFUSED_BY_US, fault
        except UpstreamFault as fault:
            timed_out = fault.status == 504
            self.outcome = Outcome.TIMED_OUT if timed_out else Outcome.UPSTREAM_CUT
            self.fault = fault
        except Exception:
            log.exception("a fault of our own in an exchange with %s", self.client.peer)
            self.fault = Fault("LunaRoute itself failed; its log says how", status=500)
        if self.scope.cancelled_caught:
            self.outcome = self.cancelled_as or Outcome.INTERRUPTED
            if self.outcome is Outcome.TIMED_OUT:
                self.fault = UpstreamFault("no byte for too long", status=504)

    async def finish(self) -> bool:
        """Answers what is still unanswered, closes the tape.

        True if the client's connection can take another request.
        """
        reusable = self.client_reusable and not self.head.close
        if self.fault is not None and not self.committed:
            reusable = await self._answer_fault(self.fault)
        if self.tape is not None:
            ended = now()
            error = str(self.fault) if self.fault is not None else ""
            self.tape.close(
                ended,
                Ending(
                    self.outcome,
                    self.status,
                    error,
                    self.up_bytes,
                    self.down_bytes,
                    self.clock.times(ended),
                    self.reused,
                    max(1, self.attempts),
                ),
            )
        return reusable

    async def _answer_fault(self, fault: Fault) -> bool:
        """Our own error in the dialect's shape; true if we can go on after it."""
        dialect = self.plan.provider.dialect
        body = error_body(dialect, fault.status, str(fault))
        go_on = self.request_done and not self.head.close
        answer = reply(
            fault.status,
            body,
            close=not go_on,
            head_only=self.head.method == b"HEAD",
        )
        self.status = fault.status
        self.committed = True
        self.client.lingers = not go_on
        with trio.move_on_after(5):
            try:
                await self.client.send(answer)
            except ClientGone:
                go_on = False
        return go_on


async def _forward(ex: Exchange) -> None:
    """At most two attempts, the second only for a connection that died in the pool."""
    body = _Body(ex)
    provider = ex.plan.provider
    while True:
        upstream = await ex.gateway.pool.acquire(provider, fresh=ex.attempts > 0)
        ex.attempts += 1
        ex.reused = upstream.reused
        keep = False
        try:
            keep = await _attempt(ex, upstream, body)
        except NoAnswerError:
            if not upstream.reused or ex.attempts > 1 or not body.replayable:
                raise
        else:
            return
        finally:
            if keep:
                ex.gateway.pool.release(upstream)
            else:
                upstream.wire.close()


async def _attempt(ex: Exchange, upstream: Upstream, body: "_Body") -> bool:
    """One request on one connection. True if the connection may serve again."""
    ex.clock.first_byte_up = now()
    unsent = await body.begin(upstream)
    if ex.request_done:
        if unsent is not None:
            upstream_said = await _hears(upstream)
            if not upstream_said:
                raise unsent
        return await _answer(ex, upstream)
    keep = False
    fault: Exception | None = None
    async with trio.open_nursery() as nursery:
        nursery.start_soon(body.upload, upstream, nursery.cancel_scope)
        try:
            keep = await _answer(ex, upstream)
        except (Fault, ClientGone) as error:
            fault = error
        nursery.cancel_scope.cancel()
    fault = body.fault or fault
    if fault is not None:
        raise fault
    return keep and ex.request_done


async def _hears(upstream: Upstream) -> bool:
    """After a failed send: has the provider left an answer all the same?"""
    try:
        upstream.buffer = await upstream.receive()
    except UpstreamFault:
        return False
    return bool(upstream.buffer)


class _Body:
    """The request's body on its way up, and what may have to be sent again."""

    def __init__(self, ex: Exchange) -> None:
        self._ex = ex
        self._follower = follower(ex.head.framing, ex.head.length)
        self._kept = 0
        self._most = ex.gateway.options.server.max_body_bytes
        self._keeps = True
        self.fault: Fault | ClientGone | None = None
        # What came with the head; a small request is whole with it.
        self._first = self._take(ex.client.buffer)
        ex.request_done = self._follower.done
        base = ex.plan.provider.base
        self._head = forward_request(
            ex.head,
            target=ex.plan.target,
            host=base.origin.authority,
            drop=ex.plan.change.drop,
            add=ex.plan.change.add,
        )

    @property
    def replayable(self) -> bool:
        return self._kept <= REPLAY_BYTES

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
            if ex.attempts == 1:
                self._tap(self._first)
        return None

    async def upload(self, upstream: Upstream, scope: trio.CancelScope) -> None:
        """Forwards the rest as it arrives. Faults are left in ``fault``."""
        ex = self._ex
        try:
            while not self._follower.done:
                data = await ex.client.receive()
                if not data:
                    raise ClientGone("closed within its request's body")
                data = self._take(data)
                try:
                    await upstream.send(data)
                finally:  # taken from the client, so it is part of the record
                    self._tap(data)
                tap = ex.gateway.tap
                if tap is not None and tap.outbox.is_full:
                    await tap.room()
            ex.request_done = True
        except NoAnswerError:
            return  # the answer, if there is one, decides
        except (Fault, ClientGone) as fault:
            self.fault = fault
            scope.cancel()

    def _take(self, data: bytes) -> bytes:
        """The body's part of ``data``; what follows it stays with the client."""
        try:
            size = self._follower.feed(data)
        except FramingError as error:
            raise ClientFault(f"bad request body: {error}") from error
        ex = self._ex
        ex.client.buffer = data[size:]
        data = data[:size]
        self._kept += size
        if self._kept > self._most:
            raise body_too_long(self._most)
        if self._keeps and self._kept <= REPLAY_BYTES and not ex.status:
            ex.sent.append(data)
        else:
            ex.sent.clear()
        return data

    def _tap(self, data: bytes) -> None:
        if not data:
            return
        ex = self._ex
        ex.last_active = ex.clock.last_byte_up = now()
        ex.up_bytes += len(data)
        if ex.tape is not None:
            ex.tape.request(ex.last_active, data)


async def _answer(ex: Exchange, upstream: Upstream) -> bool:
    """The answer to the client. True if the provider's connection may serve again."""
    response = await _final_head(ex, upstream)
    if response.status == SWITCHING:
        await _tunnel(ex, upstream, response)
        return False
    dechunk = ex.head.minor == 0 and response.framing is Framing.CHUNKED
    close = ex.head.close or response.framing is Framing.CLOSE or dechunk
    _record_head(ex, response)
    head = forward_response(response, close=close, dechunk=dechunk)
    whole = await _relay(ex, upstream, response, head, dechunk=dechunk)
    ex.outcome = (
        Outcome.ANSWERED if response.status < FAILED else Outcome.REFUSED_BY_PROVIDER
    )
    ex.client_reusable = not close and ex.request_done
    ex.client.lingers = not ex.request_done
    ex.gateway.note_success(ex.plan.provider.name)
    return whole and not response.close and ex.request_done


async def _final_head(ex: Exchange, upstream: Upstream) -> ResponseHead:
    """Reads heads until the final one; informational ones are passed on (RFC 9110
    15.2), but not to an HTTP/1.0 client, which knows none.
    """
    for _ in range(MAX_INFORMATIONAL):
        raw = await upstream.read_head()
        response = parse_response(raw, ex.head.method)
        if response.status == SWITCHING:
            if not ex.head.upgrade or not ex.request_done:
                raise UpstreamFault("the provider switches protocols unasked")
            return response
        if response.status >= FINAL:
            return response
        ex.last_active = now()
        if ex.head.minor:
            await ex.client.send(forward_response(response, close=False))
        await trio.lowlevel.checkpoint()  # many may have come in one packet
    raise UpstreamFault(
        f"the provider sends more than {MAX_INFORMATIONAL} informational answers"
    )


def _record_head(ex: Exchange, response: ResponseHead) -> None:
    ex.last_active = ex.clock.first_byte_down = now()
    ex.status = response.status
    ex.sent.clear()
    if ex.tape is not None:
        ex.tape.answer_head(ex.last_active, response.raw)


async def _relay(
    ex: Exchange,
    upstream: Upstream,
    response: ResponseHead,
    head: bytes,
    *,
    dechunk: bool,
) -> bool:
    """Head and body to the client, chunk by chunk as they come.

    True if the body came to its proper end and nothing came after it. Per chunk: one
    receive, one look at the framing, one send, one note of activity, one hand-off.
    Raises UpstreamFault when the provider breaks off.
    """
    body = follower(response.framing, response.length)
    payload = Dechunker() if dechunk else None
    ex.ends_by_close = dechunk or response.framing is Framing.CLOSE
    client, tape, clock = ex.client, ex.tape, ex.clock
    tap = ex.gateway.tap
    data, upstream.buffer = upstream.buffer, b""
    while True:
        try:
            size = body.feed(data)
        except FramingError as error:
            raise UpstreamFault(f"the provider's framing is broken: {error}") from error
        if size != len(data):
            upstream.buffer = data[size:]
            data = data[:size]
        out = payload.feed(data) if payload is not None else data
        if head:
            out = head + out
            head = b""
            ex.committed = True
        if out:
            await client.send(out)
        if data:
            ex.down_bytes += size
            if not clock.first_body_down:
                clock.first_body_down = ex.last_active
            if tape is not None:
                tape.answer(ex.last_active, data)
        if body.done:
            return not upstream.buffer
        if tap is not None and tap.outbox.is_full:
            await tap.room()
        data = await upstream.receive()
        ex.last_active = now()
        if not data:
            if response.framing is Framing.CLOSE:
                return False
            raise UpstreamFault("the provider broke off within its answer")


async def _tunnel(ex: Exchange, upstream: Upstream, response: ResponseHead) -> None:
    """After a 101: bytes in both directions until either side ends."""
    _record_head(ex, response)
    ex.committed = True
    await ex.client.send(forward_response(response, close=False, tunnel=True))
    ex.clock.first_body_down = ex.last_active
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_pump_up, ex, upstream, nursery.cancel_scope)
        await _pump_down(ex, upstream)
        nursery.cancel_scope.cancel()
    ex.outcome = Outcome.ANSWERED
    ex.gateway.note_success(ex.plan.provider.name)


async def _pump_up(ex: Exchange, upstream: Upstream, scope: trio.CancelScope) -> None:
    try:
        while data := await ex.client.receive():
            await upstream.send(data)
            ex.last_active = now()
            ex.up_bytes += len(data)
            if ex.tape is not None:
                ex.tape.tunnel_up(ex.last_active, data)
    except (NoAnswerError, ClientGone):
        pass  # either side's end is a tunnel's ordinary end
    scope.cancel()


async def _pump_down(ex: Exchange, upstream: Upstream) -> None:
    try:
        while data := await upstream.receive():
            await ex.client.send(data)
            ex.last_active = now()
            ex.down_bytes += len(data)
            if ex.tape is not None:
                ex.tape.tunnel_down(ex.last_active, data)
    except (UpstreamFault, ClientGone):
        return  # as above


def refusal(
    dialect: Dialect | None,
    fault: Fault,
    *,
    head_only: bool,
    extra: Sequence[tuple[str, str]] = (),
) -> bytes:
    """The answer to a request that never became an exchange; closes."""
    if fault.status == UPGRADE_REQUIRED:  # RFC 9110 15.5.22 wants the field
        extra = (*extra, ("upgrade", "HTTP/1.1"))
    body = error_body(dialect, fault.status, str(fault))
    return reply(fault.status, body, close=True, head_only=head_only, extra=extra)
