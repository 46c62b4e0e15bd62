"""An answer on its way down: heads, body, or a tunnel in both directions."""

from typing import TYPE_CHECKING

import trio
from trio import lowlevel

from lunaroute.errors import UpstreamFault
from lunaroute.gateway._client import ClientGone
from lunaroute.gateway._times import now
from lunaroute.gateway._upstream import NoAnswerError, Upstream
from lunaroute.model import Outcome
from lunaroute.wire import (
    Dechunker,
    Framing,
    FramingError,
    ResponseHead,
    follower,
    forward_response,
    parse_response,
)

if TYPE_CHECKING:
    from lunaroute.gateway._exchange import Exchange

SWITCHING = 101
MAX_INFORMATIONAL = 32
FINAL = 200
FAILED = 400


async def answer(ex: "Exchange", upstream: Upstream) -> bool:
    """The answer to the client. True if the provider's connection may serve again."""
    response = parse_response(await upstream.read_head(), ex.head.method)
    if response.status < FINAL:
        response = await _final_head(ex, upstream, response)
        if response.status == SWITCHING:
            await _tunnel(ex, upstream, response)
            return False
    dechunk = ex.head.minor == 0 and response.framing is Framing.CHUNKED
    close = ex.head.close or response.framing is Framing.CLOSE or dechunk
    close = close or ex.gateway.draining  # there will be no next request
    _record_head(ex, response)
    head = forward_response(response, close=close, dechunk=dechunk)
    ex.ends_by_close = dechunk or response.framing is Framing.CLOSE
    whole = await _relay(ex, upstream, response, head, dechunk=dechunk)
    ex.outcome = (
        Outcome.ANSWERED if response.status < FAILED else Outcome.REFUSED_BY_PROVIDER
    )
    ex.client_reusable = not close and ex.request_done
    ex.client.lingers = not ex.request_done
    ex.gateway.note_success(ex.plan.provider.name)
    return whole and not response.close and ex.request_done


async def _final_head(
    ex: "Exchange", upstream: Upstream, response: ResponseHead
) -> ResponseHead:
    """Reads heads until the final one; informational ones are passed on (RFC 9110
    15.2), but not to an HTTP/1.0 client, which knows none.
    """
    for _ in range(MAX_INFORMATIONAL):
        if response.status == SWITCHING:
            if not ex.head.upgrade or not ex.request_done:
                raise UpstreamFault("the provider switches protocols unasked")
            return response
        if response.status >= FINAL:
            return response
        ex.last_active = now()
        if ex.head.minor:
            await ex.client.send(forward_response(response, close=False))
        await lowlevel.checkpoint()  # many may have come in one packet
        response = parse_response(await upstream.read_head(), ex.head.method)
    raise UpstreamFault(
        f"the provider sends more than {MAX_INFORMATIONAL} informational answers"
    )


def _record_head(ex: "Exchange", response: ResponseHead) -> None:
    ex.last_active = ex.clock.first_byte_down = now()
    ex.status = response.status
    ex.sent.clear()
    if ex.tape is not None:
        ex.tape.answer_head(ex.last_active, response.raw)


async def _relay(
    ex: "Exchange",
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
    client, tape, clock = ex.client, ex.tape, ex.clock
    tap = ex.gateway.tap
    data, upstream.buffer = upstream.buffer, b""
    came = ex.last_active  # which a slow reader's progress moves on
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
                clock.first_body_down = came
            if tape is not None:
                tape.answer(came, data)
        if body.done:
            return not upstream.buffer
        if tap is not None and tap.outbox.is_full:
            await tap.room()
        data = await upstream.receive()
        ex.last_active = came = now()
        if not data:
            if response.framing is Framing.CLOSE:
                return False
            raise UpstreamFault("the provider broke off within its answer")


async def _tunnel(ex: "Exchange", upstream: Upstream, response: ResponseHead) -> None:
    """After a 101: bytes in both directions until either side ends. Either is the
    ordinary end of a tunnel; the record is told when it was the client's.
    """
    _record_head(ex, response)
    ex.committed = True
    await ex.client.send(forward_response(response, close=False, tunnel=True))
    ex.clock.first_body_down = ex.last_active
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_pump_up, ex, upstream, nursery.cancel_scope)
        await _pump_down(ex, upstream)
        nursery.cancel_scope.cancel()
    if ex.outcome is not Outcome.CLIENT_LEFT:
        ex.outcome = Outcome.ANSWERED
    ex.gateway.note_success(ex.plan.provider.name)


async def _pump_up(ex: "Exchange", upstream: Upstream, scope: trio.CancelScope) -> None:
    try:
        while data := await ex.client.receive():
            await upstream.send(data)
            ex.last_active = now()
            ex.up_bytes += len(data)
            if ex.tape is not None:
                ex.tape.tunnel_up(ex.last_active, data)
        ex.outcome = Outcome.CLIENT_LEFT
    except ClientGone:
        ex.outcome = Outcome.CLIENT_LEFT
    except NoAnswerError:
        pass  # the provider's end, which is no failure either
    scope.cancel()


async def _pump_down(ex: "Exchange", upstream: Upstream) -> None:
    try:
        while data := await upstream.receive():
            await ex.client.send(data)
            ex.last_active = now()
            ex.down_bytes += len(data)
            if ex.tape is not None:
                ex.tape.tunnel_down(ex.last_active, data)
    except ClientGone:
        ex.outcome = Outcome.CLIENT_LEFT
    except UpstreamFault:
        return  # as above
