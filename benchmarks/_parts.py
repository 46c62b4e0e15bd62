"""What the gateway's own work on one small request costs, part by part, in one process.

No sockets and no event loop: what is left of its processor time is theirs.
"""

import time
from collections.abc import Callable, Mapping
from statistics import median

from benchmarks._frames import ROUTE, close, new_outbox
from benchmarks._traffic import answer, request
from lunaroute.model import Dialect
from lunaroute.routing import credentials
from lunaroute.wire import (
    follower,
    forward_request,
    forward_response,
    parse_request,
    parse_response,
)

REPEATS = 9
CALLS = 500


def measure() -> dict[str, float]:
    """µs per call, the median of some rounds."""
    return {name: _cost(call) for name, call in _parts().items()}


def _parts() -> Mapping[str, Callable[[], object]]:
    asked, _, body = (request(500) % 0).partition(b"\r\n\r\n")
    answered, _, said = answer().partition(b"\r\n\r\n")
    asked += b"\r\n\r\n"
    answered += b"\r\n\r\n"
    head = parse_request(asked)
    response = parse_response(answered, b"POST")
    change = credentials(Dialect.ANTHROPIC, None, client_sent=True)
    outbox = new_outbox()

    def follow() -> None:
        follower(head.framing, head.length).feed(body)
        follower(response.framing, response.length).feed(said)

    def forward() -> bytes:
        return forward_request(
            head,
            target=head.target,
            host=b"127.0.0.1:1",
            drop=change.drop,
            add=change.add,
        )

    def tap() -> None:
        now = time.monotonic_ns
        tape = outbox.open(now(), ROUTE, asked)
        tape.request(now(), body)
        tape.answer_head(now(), answered)
        tape.answer(now(), said)
        close(tape, len(said))
        buffers = outbox.gather()
        outbox.sent(sum(map(len, buffers)), buffers)
        outbox.acknowledge([tape.counter])

    return {
        "parse_request": lambda: parse_request(asked),
        "forward_request": forward,
        "parse_response": lambda: parse_response(answered, b"POST"),
        "forward_response": lambda: forward_response(
            response, close=False, dechunk=False
        ),
        "both bodies followed": follow,
        "the tap: five frames, gathered, sent, acknowledged": tap,
    }


def _cost(call: Callable[[], object]) -> float:
    took = []
    for _ in range(REPEATS):
        began = time.perf_counter_ns()
        for _ in range(CALLS):
            call()
        took.append((time.perf_counter_ns() - began) / CALLS / 1e3)
    return median(took)
