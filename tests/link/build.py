"""Small builders for link tests: an outbox, a route, and an assembler fed from it."""

from lunaroute.link import (
    Anchor,
    Assembler,
    Ending,
    Hello,
    Outbox,
    RawExchange,
    Route,
    TapLimits,
    Times,
)
from lunaroute.model import Outcome

HELLO = Hello("ab" * 16, 3, Anchor(1_700_000_000_000_000_000, 5_000))
ROUTE = Route("anthropic", "anthropic", "http://p", "127.0.0.1:5", "127.0.0.1:8081")
HEAD = b"POST /v1/messages HTTP/1.1\r\nhost: a\r\n\r\n"
ANSWER_HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


def outbox(buffer=10_000_000, max_body=1_000_000, overflow="shed") -> Outbox:
    return Outbox(HELLO, TapLimits(max_body, buffer, overflow))


def ending(up=0, down=0, outcome=Outcome.ANSWERED, status=200, error="") -> Ending:
    times = Times(1, 2, 3, 4, 5, 6, 7)
    return Ending(outcome, status, error, up, down, times, reused=True, attempts=2)


def play(box: Outbox, request=(b"ask",), answer=(b"reply",), *, close=True):
    """One whole exchange through the outbox; returns its tape."""
    tape = box.open(10, ROUTE, HEAD)
    for data in request:
        tape.request(11, data)
    tape.answer_head(12, ANSWER_HEAD)
    for data in answer:
        tape.answer(13, data)
    if close:
        tape.close(14, ending(sum(map(len, request)), sum(map(len, answer))))
    return tape


def take(box: Outbox, limit: int | None = None) -> bytes:
    """What the kernel takes of the next gather: all of it, or ``limit`` bytes."""
    buffers = box.gather()
    data = b"".join(buffers)[:limit]
    box.sent(len(data), buffers)
    return data


def drain(box: Outbox, step: int | None = None) -> bytes:
    """Everything that waits, ``step`` bytes at a time."""
    taken = []
    while box.waiting:
        data = take(box, step)
        if not data:
            break
        taken.append(data)
    return b"".join(taken)


def assemble(
    data: bytes, step: int | None = None
) -> tuple[Assembler, list[RawExchange]]:
    """An assembler fed with ``data`` in pieces of ``step``, and what came out."""
    assembler = Assembler()
    complete: list[RawExchange] = []
    for at in range(0, len(data), step or max(1, len(data))):
        complete += assembler.feed(data[at : at + (step or len(data))])
    return assembler, complete
