"""Does the buffer's own account agree with the memory it takes?

Exchanges of 100 kB that nobody acknowledges, in one process: what the outbox says that
it holds beside what the interpreter has allocated.
"""

import time
import tracemalloc

from benchmarks._flight import HEAD, ROUTE, close
from benchmarks._traffic import answer, request
from lunaroute.link import Anchor, Hello, Outbox, TapLimits

BUFFER = 16 * 1024 * 1024
COUNTS = (100, 1_000, 4_000, 8_000)
CUT = 64 * 1024  # the gateway receives no more at once

now = time.monotonic_ns


def measure() -> list[dict[str, object]]:
    anchor = Anchor(time.time_ns(), now())
    outbox = Outbox(Hello("00" * 16, 0, anchor), TapLimits(buffer=BUFFER))
    outbox.connect()
    body = (request(100_000) % 0).partition(b"\r\n\r\n")[2]
    head, _, said = answer().partition(b"\r\n\r\n")
    rows = []
    tracemalloc.start()
    for number in range(1, COUNTS[-1] + 1):
        tape = outbox.open(now(), ROUTE, _copy(HEAD))
        tape.request(now(), _copy(body[:CUT]))
        tape.request(now(), _copy(body[CUT:]))
        tape.answer_head(now(), _copy(head))
        tape.answer(now(), _copy(said))
        close(tape, len(said))
        del tape
        if number in COUNTS:
            allocated = tracemalloc.get_traced_memory()[0]
            rows.append(
                {
                    "exchanges": number,
                    "shed": outbox.shed_exchanges,
                    "held": outbox.held,
                    "allocated": allocated,
                    "uncounted_each": (allocated - outbox.held) / number,
                }
            )
    tracemalloc.stop()
    return rows


def _copy(data: bytes) -> bytes:
    """Each buffer of its own, as they come from a socket."""
    return bytes(bytearray(data))
