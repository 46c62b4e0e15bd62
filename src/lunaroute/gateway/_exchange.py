"""One request on its way: out to the provider, the answer back, copies aside.

Calls go down, values come back. ``committed`` is the one boolean that matters: until
the first byte of an answer has gone to the client another answer may be given.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import trio

from lunaroute.errors import ClientFault, Fault, UpstreamFault
from lunaroute.gateway._client import Client, ClientGone
from lunaroute.gateway._options import Provider
from lunaroute.gateway._relay import answer
from lunaroute.gateway._times import Clock, now
from lunaroute.gateway._upload import Upload
from lunaroute.gateway._upstream import NoAnswerError, Upstream
from lunaroute.link import Ending, Tape
from lunaroute.model import Dialect, Outcome
from lunaroute.routing import HeaderChange
from lunaroute.wire import RequestHead, error_body, reply

if TYPE_CHECKING:
    from lunaroute.gateway._server import Gateway

UPGRADE_REQUIRED = 426
GATEWAY_TIMEOUT = 504
# What an answer of our own may take to be sent.
FAULT_SECONDS = 5.0

log = logging.getLogger("lunaroute.gateway")


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a request goes and how its head changes on the way."""

    provider: Provider
    target: bytes
    change: HeaderChange
    host: bytes  # the value of Host


@dataclass(slots=True, eq=False)
class Exchange:
    """The state of one exchange; made, run and finished by ``Gateway``."""

    gateway: "Gateway"
    client: Client
    head: RequestHead
    plan: Plan
    tape: Tape | None
    clock: Clock
    last_active: int
    committed: bool = False
    status: int = 0
    up_bytes: int = 0
    down_bytes: int = 0
    attempts: int = 0
    reused: bool = False
    request_done: bool = False
    body_due: bool = False  # the next byte to wait for is the client's
    client_reusable: bool = False
    is_over: bool = False  # nothing can follow on the client's connection
    ends_by_close: bool = False  # only a reset can show the client that it was cut
    # What may have to be sent again; nothing once an answer has begun.
    sent: list[bytes] = field(default_factory=list)
    upstream: Upstream | None = None
    unsent: int = 0  # bytes in the kernel's buffers, when it was last asked
    outcome: Outcome = Outcome.INTERRUPTED
    fault: Fault | None = None
    cancelled_as: Outcome | None = None

    def cancel(self, outcome: Outcome) -> None:
        """Ends the exchange from outside: the client left, the time is up. Its
        connection ends with it: an answer that was cut cannot be followed by another.
        """
        if self.cancelled_as is None:
            self.cancelled_as = outcome
            self.client.scope.cancel()

    def note_movement(self) -> None:
        """Bytes that a slow peer takes out of the kernel's buffer are activity, too."""
        unsent = self.client.wire.unsent()
        if self.upstream is not None:
            unsent += self.upstream.wire.unsent()
        if unsent != self.unsent:
            self.unsent = unsent
            self.last_active = now()

    async def run(self) -> None:
        """Forwards the request and its answer; the result is in the attributes."""
        try:
            await self._forward()
        except ClientGone:
            self.outcome = Outcome.CLIENT_LEFT
        except ClientFault as fault:
            self.outcome, self.fault = Outcome.REFUSED_BY_US, fault
        except UpstreamFault as fault:
            timed_out = fault.status == GATEWAY_TIMEOUT
            self.outcome = Outcome.TIMED_OUT if timed_out else Outcome.UPSTREAM_CUT
            self.fault = fault
        except Exception:
            log.exception("a fault of our own in an exchange with %s", self.client.peer)
            self.fault = Fault("LunaRoute itself failed; its log says how", status=500)

    def interrupted(self) -> None:
        """``run`` was cancelled, and the connection with it; says why."""
        self.is_over = True
        self.outcome = self.cancelled_as or Outcome.INTERRUPTED
        if self.outcome is Outcome.TIMED_OUT and self._is_owed_a_body:
            self.fault = ClientFault("the request's body did not go on", status=408)
        elif self.outcome is Outcome.TIMED_OUT:
            self.fault = UpstreamFault("no byte for too long", status=GATEWAY_TIMEOUT)
        elif self.outcome is Outcome.INTERRUPTED:
            self.fault = Fault("LunaRoute is stopping", status=503)

    @property
    def _is_owed_a_body(self) -> bool:
        """The silence is the client's (RFC 9110 15.5.9), and it waits for no 100."""
        return self.body_due and (self.up_bytes > 0 or not self.head.first(b"expect"))

    async def finish(self) -> bool:
        """Answers what is still unanswered, closes the tape, whatever happens.

        True if the client's connection can take another request.
        """
        try:
            if self.fault is not None and not self.committed:
                return await self._answer_fault(self.fault)
            return self.client_reusable and not self.head.close
        finally:
            if self.tape is not None:
                self._close(self.tape)

    def _close(self, tape: Tape) -> None:
        ended = now()
        tape.close(
            ended,
            Ending(
                self.outcome,
                self.status,
                "" if self.fault is None else str(self.fault),
                self.up_bytes,
                self.down_bytes,
                self.clock.times(ended),
                self.reused,
                max(1, self.attempts),
            ),
        )

    async def _answer_fault(self, fault: Fault) -> bool:
        """Our own error in the dialect's shape; true if we can go on after it."""
        dialect = self.plan.provider.dialect
        body = error_body(dialect, fault.status, str(fault))
        go_on = self.request_done and not self.head.close and not self.is_over
        own = reply(
            fault.status,
            body,
            close=not go_on,
            head_only=self.head.method == b"HEAD",
        )
        self.status = fault.status
        self.committed = True
        self.client.lingers = not go_on
        with trio.move_on_after(FAULT_SECONDS) as sending:
            try:
                await self.client.send(own)
            except ClientGone:
                go_on = False
        return go_on and not sending.cancelled_caught

    async def _forward(self) -> None:
        """At most two attempts, the second only for a connection that died in the
        pool.
        """
        upload = Upload(self)
        pool, provider = self.gateway.pool, self.plan.provider
        while True:
            upstream = await pool.acquire(provider, fresh=self.attempts > 0)
            self.attempts += 1
            self.reused = upstream.reused
            self.upstream = upstream
            keep = False
            try:
                keep = await self._attempt(upstream, upload)
            except NoAnswerError as error:
                again = upstream.reused and self.attempts == 1 and error.has_ended
                if not again or not upload.replayable:
                    raise
            else:
                return
            finally:
                if keep:
                    pool.release(upstream)
                else:
                    upstream.wire.close()

    async def _attempt(self, upstream: Upstream, upload: Upload) -> bool:
        """One request on one connection. True if the connection may serve again."""
        self.clock.first_byte_up = now()
        unsent = upload.begin(upstream)
        if unsent is not None and not await _hears(upstream):
            raise unsent
        if self.request_done or unsent is not None:
            return await answer(self, upstream)
        keep = False
        fault: Exception | None = None
        async with trio.open_nursery() as nursery:
            nursery.start_soon(upload.run, upstream, nursery.cancel_scope)
            try:
                keep = await answer(self, upstream)
            except (Fault, ClientGone) as error:
                fault = error
            nursery.cancel_scope.cancel()
        fault = upload.fault or fault
        if fault is not None:
            raise fault
        return keep and self.request_done


async def _hears(upstream: Upstream) -> bool:
    """After a failed send: has the provider left an answer all the same?"""
    try:
        upstream.buffer = await upstream.receive()
    except UpstreamFault:
        return False
    return bool(upstream.buffer)


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
