"""The gateway's end of the link: what was forwarded and is not yet on disk.

Bookkeeping only, no sockets: the tap writes into tapes, the link writer takes
buffers out with :meth:`Outbox.gather` and says with :meth:`Outbox.sent` how many
bytes the kernel took. An exchange stays here until it is acknowledged, so that a
restarted observer can be told all of it again.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from lunaroute.link._exchange import Route
from lunaroute.link._frame import (
    Gauge,
    Hello,
    Kind,
    pack_gauge,
    pack_header,
    pack_hello,
    pack_open,
)
from lunaroute.link._tape import Tape

# Bodies may fill this part of the buffer; the rest is for the facts and answers of
# exchanges whose requests had to go.
BODY_SHARE = 0.75

# One sendmsg takes at most this: IOV_MAX is 1024 on Linux and macOS.
MAX_BUFFERS = 512
MAX_GATHER = 512 * 1024

Overflow = Literal["shed", "wait"]


@dataclass(frozen=True, slots=True)
class TapLimits:
    """Bytes: of one body tapped, and of all unacknowledged exchanges together."""

    max_body: int = 8 * 1024 * 1024
    buffer: int = 256 * 1024 * 1024
    overflow: Overflow = "shed"


class Outbox:
    """All exchanges that are not yet acknowledged, in the order they were opened."""

    def __init__(self, hello: Hello, limits: TapLimits) -> None:
        self._hello = hello
        self._limits = limits
        self._body_room = int(limits.buffer * BODY_SHARE)
        self._counter = 0
        self.held = 0
        self.closed = 0  # complete and not yet acknowledged
        self.shed_exchanges = 0
        self.shed_bytes = 0
        self.lost_exchanges = 0
        self._dirty: deque[Tape] = deque()
        self._unacknowledged: dict[int, Tape] = {}
        # Where relief is looked for, richest first; dicts keep their order, popitem()
        # gives the newest. Delivered ones come last of those with bodies: the
        # observer has them in hand, and they will be acknowledged soonest.
        self._whole: dict[int, Tape] = {}
        self._delivered: dict[int, Tape] = {}
        self._shed: dict[int, Tape] = {}
        self._short: dict[int, Tape] = {}
        self._bare: dict[int, Tape] = {}
        self._gauge = b""
        self._forget: list[bytes] = []
        # The rest of a frame that the kernel took in part: it must follow at once,
        # even if its exchange is shed meanwhile.
        self._carry: list[memoryview | bytes] = []
        self._plan: list[tuple[Tape, int]] = []

    @property
    def is_full(self) -> bool:
        """With ``overflow: wait``: True while the relay has to hold its breath."""
        return (
            self._limits.overflow == "wait"
            and self.held > self._body_room
            and self.closed > 0
        )

    @property
    def waiting(self) -> bool:
        """True while anything is to be sent on a link."""
        return bool(self._carry or self._gauge or self._forget or self._dirty)

    @property
    def unacknowledged(self) -> int:
        """How many exchanges are under way or not yet committed."""
        return len(self._unacknowledged)

    def open(self, now: int, route: Route, head: bytes) -> Tape:
        """A tape for a new exchange; ``head`` is the raw request head."""
        self._counter += 1
        tape = Tape(self, self._counter, self._limits.max_body)
        self._unacknowledged[tape.counter] = tape
        self._whole[tape.counter] = tape
        self.held += tape.held
        tape._add(Kind.OPEN, 0, now, pack_open(route, head))
        return tape

    def changed(self, tape: Tape, size: int, now: int) -> None:
        """A tape's word: it holds ``size`` more bytes, and has something to send."""
        if not tape.dirty:
            tape.dirty = True
            self._dirty.append(tape)
        self.held += size
        if size > 0 and self.held > self._body_room:
            self._relieve(now)

    def ended(self, tape: Tape) -> None:
        """A tape's word: its exchange is complete."""
        self.closed += 1
        self._count(tape)

    def gauge(
        self, now: int, *, live: int, clients: int, idle: Mapping[str, int]
    ) -> None:
        """Queues the gauge frame of this second, instead of one not yet sent."""
        self._gauge = pack_gauge(
            Gauge(
                live,
                clients,
                self.held,
                len(self._unacknowledged),
                self.shed_exchanges,
                self.shed_bytes,
                self.lost_exchanges,
                idle,
            ),
            now,
        )

    def connect(self) -> None:
        """A new link: hello, then every unacknowledged exchange from its start."""
        self._carry = [pack_hello(self._hello)]
        self._gauge = b""
        self._forget = []
        self._plan = []
        self._dirty.clear()
        self._whole = dict(sorted((self._delivered | self._whole).items()))
        self._delivered.clear()
        for tape in self._unacknowledged.values():
            tape.rewind()
            tape.dirty = bool(tape.frames)
            if tape.dirty:
                self._dirty.append(tape)
            self._count(tape)

    def acknowledge(self, counters: Iterable[int]) -> None:
        """These exchanges are committed: they leave the memory."""
        for counter in counters:
            tape = self._unacknowledged.pop(counter, None)
            if tape is None:
                continue
            self.closed -= tape.closed
            self.held += tape.lose()
            for shelf in self._shelves():
                shelf.pop(counter, None)

    def _shelves(self) -> tuple[dict[int, Tape], ...]:
        return self._whole, self._delivered, self._shed, self._short, self._bare

    def gather(self) -> list[memoryview | bytes]:
        """The next buffers for one ``sendmsg``; :meth:`sent` must follow at once."""
        buffers: list[memoryview | bytes] = [*self._carry, *self._forget]
        if self._gauge:
            buffers.append(self._gauge)
        room = MAX_GATHER
        self._plan = plan = []
        for tape in self._dirty:
            frames = tape.frames
            at = tape.sent
            end = len(frames)
            while at < end and room > 0 and len(buffers) < MAX_BUFFERS:
                buffers.append(frames[at])
                payload = frames[at + 1]
                room -= len(payload) + 24
                if payload:
                    buffers.append(payload)
                at += 2
            plan.append((tape, at))
            if room <= 0 or len(buffers) >= MAX_BUFFERS:
                break
        return buffers

    def sent(self, count: int, buffers: list[memoryview | bytes]) -> None:
        """The kernel took the first ``count`` bytes of what was gathered."""
        if count == sum(map(len, buffers)):
            self._carry = []
            self._forget = []
            self._gauge = b""
            for tape, end in self._plan:
                tape.sent = end
                tape.once_sent = True
        else:
            self._sent_in_part(count)
        while self._dirty and self._dirty[0].sent >= len(self._dirty[0].frames):
            self._dirty.popleft().dirty = False
        self._plan = []

    def _sent_in_part(self, count: int) -> None:
        queue = [*self._carry, *self._forget, *([self._gauge] if self._gauge else [])]
        self._carry = []
        self._forget = []
        self._gauge = b""
        for at, buffer in enumerate(queue):
            if count < len(buffer):
                self._carry = [memoryview(buffer)[count:], *queue[at + 1 :]]
                return
            count -= len(buffer)
        for tape, end in self._plan:
            while tape.sent < end and count:
                header, payload = tape.frames[tape.sent], tape.frames[tape.sent + 1]
                tape.sent += 2
                tape.once_sent = True
                size = len(header) + len(payload)
                if count < size:
                    self._carry = [memoryview(header + payload)[count:]]
                    return
                count -= size
            if not count:
                return

    def _relieve(self, now: int) -> None:
        """Makes room, at the newest exchanges' cost: requests first, then what of the
        answers is not beginning or end, then those, then whole exchanges. With
        ``overflow: wait`` only when waiting cannot help, because nothing is left that
        could be acknowledged.
        """
        limit = self._limits.buffer
        if not self.is_full:
            while self.held > self._body_room and self._whole:
                self._shed_newest(now)
        while self.held > limit and self._whole:
            self._shed_newest(now)
        while self.held > limit and self._delivered:
            self._shed_one(*self._delivered.popitem(), now)
        self._squeeze(self._shed, self._short, Tape.shorten, now)
        self._squeeze(self._short, self._bare, Tape.strip, now)
        while self.held > limit and self._bare:
            self._lose(self._bare.popitem()[1], now)

    def _squeeze(
        self,
        shelf: dict[int, Tape],
        lower: dict[int, Tape],
        step: Callable[[Tape, int], int],
        now: int,
    ) -> None:
        while self.held > self._limits.buffer and shelf:
            counter, tape = shelf.popitem()
            lower[counter] = tape
            self.held += step(tape, now)
            self._count(tape)

    def _shed_newest(self, now: int) -> None:
        counter, tape = self._whole.popitem()
        if tape.delivered:
            self._delivered[counter] = tape
        else:
            self._shed_one(counter, tape, now)

    def _shed_one(self, counter: int, tape: Tape, now: int) -> None:
        delivered = tape.delivered
        self._shed[counter] = tape
        self.held += tape.shed(now)
        if not delivered:
            self._count(tape)

    def _count(self, tape: Tape) -> None:
        """Into the sums, once it is sure that the record will lack something: what is
        cut from a delivered one it has, unless it must be told again.
        """
        if not tape.missing or tape.lost or tape.delivered:
            return
        self.shed_exchanges += not tape.is_counted
        self.shed_bytes += tape.missing - tape.counted
        tape.is_counted = True
        tape.counted = tape.missing

    def _lose(self, tape: Tape, now: int) -> None:
        delivered = tape.delivered
        self.held += tape.lose()
        self.closed -= tape.closed
        self._unacknowledged.pop(tape.counter, None)
        if delivered:
            return  # the observer has it all; only telling it again is out of reach
        self.lost_exchanges += 1
        if tape.once_sent:
            self._forget.append(pack_header(Kind.LOST, 0, 0, tape.counter, now))
