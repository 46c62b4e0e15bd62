"""The gateway's end of the link: what was forwarded and is not yet on disk.

Bookkeeping only, no sockets: the tap writes into tapes, the link writer takes
buffers out with :meth:`Outbox.gather` and says with :meth:`Outbox.sent` how many
bytes the kernel took. An exchange stays here until it is acknowledged, so that a
restarted observer can be told all of it again.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from lunaroute.link._exchange import Ending, Route
from lunaroute.link._frame import (
    RESENT,
    Gauge,
    Hello,
    Kind,
    pack_ending,
    pack_gauge,
    pack_header,
    pack_hello,
    pack_open,
    unpack_header,
)

# Where the usage stands: the end of a body, kept whatever else is dropped.
TAIL_BYTES = 64 * 1024
# Of an exchange that was shed: a final usage event is a few hundred bytes, and what
# is kept of each is what cannot be kept of another.
SHED_TAIL_BYTES = 16 * 1024

# What a frame costs in memory beside its payload: two bytes objects' heads, the
# packed header and two list slots (sys.getsizeof: 33 + 57 + 16, rounded up for the
# allocator's size classes).
FRAME_OVERHEAD = 128

# Bodies may fill this part of the buffer; the rest is for the facts and tails of
# exchanges whose bodies had to go.
BODY_SHARE = 0.75

# One sendmsg takes at most this: IOV_MAX is 1024 on Linux and macOS.
MAX_BUFFERS = 512
MAX_GATHER = 512 * 1024

Overflow = Literal["shed", "wait"]
_BODY_KINDS = frozenset(
    (Kind.REQUEST, Kind.ANSWER, Kind.TUNNEL_UP, Kind.TUNNEL_DOWN, Kind.TAIL)
)


@dataclass(frozen=True, slots=True)
class TapLimits:
    """Bytes: of one body tapped, and of all unacknowledged exchanges together."""

    max_body: int = 8 * 1024 * 1024
    buffer: int = 256 * 1024 * 1024
    overflow: Overflow = "shed"


class _Direction:
    """What is left to tap of one body, and its last bytes once the limit is passed."""

    __slots__ = ("_kept", "_tail", "_tail_limit", "left", "size")

    def __init__(self, limit: int) -> None:
        self.left = limit
        self._tail_limit = TAIL_BYTES
        self.size = 0
        self._tail: deque[bytes] = deque()
        self._kept = 0

    def keep(self, data: bytes) -> None:
        """Into the tail, which forgets what lies further back than its limit."""
        self._tail.append(data)
        self._kept += len(data)
        while self._tail and self._kept - len(self._tail[0]) >= self._tail_limit:
            self._kept -= len(self._tail.popleft())

    def tail(self) -> bytes:
        return b"".join(self._tail)[-self._tail_limit :]

    def shorten(self, limit: int, tail: bytes) -> None:
        """From now on only the last ``limit`` bytes; ``tail`` is what there is."""
        self.forget()
        self.left = 0
        self._tail_limit = limit
        if limit and tail:
            self.keep(tail[-limit:])

    def forget(self) -> None:
        self._tail.clear()
        self._kept = 0

    @property
    def held(self) -> int:
        return self._kept


class Tape:
    """One exchange on its way to the record. Made by :meth:`Outbox.open` only."""

    __slots__ = (
        "_box",
        "_down",
        "_up",
        "bare",
        "closed",
        "counter",
        "dirty",
        "frames",
        "held",
        "lost",
        "once_sent",
        "sent",
        "shed_bytes",
        "whole",
    )

    def __init__(self, box: "Outbox", counter: int, limit: int) -> None:
        self._box = box
        self._up = _Direction(limit)
        self._down = _Direction(limit)
        self.counter = counter
        self.frames: list[bytes] = []  # header, payload, header, payload, …
        self.sent = 0  # how many of them the present link has taken
        self.held = 0
        self.dirty = False
        self.closed = False
        self.whole = True  # no body byte was dropped for want of room
        self.bare = False  # not even the bodies' tails found room
        self.lost = False  # not even the facts found room
        self.once_sent = False
        self.shed_bytes = 0

    def request(self, now: int, data: bytes) -> None:
        """Body bytes that went up, as framed. ``now`` in monotonic nanoseconds."""
        self._body(Kind.REQUEST, self._up, now, data)

    def answer_head(self, now: int, head: bytes) -> None:
        if not self.lost:
            self._add(Kind.ANSWER_HEAD, 0, now, head)

    def answer(self, now: int, data: bytes) -> None:
        """Body bytes that went down, as framed."""
        self._body(Kind.ANSWER, self._down, now, data)

    def tunnel_up(self, now: int, data: bytes) -> None:
        self._body(Kind.TUNNEL_UP, self._up, now, data)

    def tunnel_down(self, now: int, data: bytes) -> None:
        self._body(Kind.TUNNEL_DOWN, self._down, now, data)

    def close(self, now: int, ending: Ending) -> None:
        """The last frame; whatever tails were kept go before it."""
        self.closed = True
        if self.lost:
            return
        self._box.closed += 1
        for kind, direction in self._directions():
            if tail := direction.tail():
                self._release(direction.held)
                direction.forget()
                self._add(Kind.TAIL, kind, now, tail)
        if not self.whole:
            self._account(now)
        self._add(Kind.CLOSE, 0, now, pack_ending(ending))

    def _body(self, kind: Kind, direction: _Direction, now: int, data: bytes) -> None:
        size = len(data)
        direction.size += size
        if self.whole and direction.left >= size:
            direction.left -= size
            self._add(kind, 0, now, data)
        else:
            direction.left = 0
            if not self.bare:
                before = direction.held
                direction.keep(data)
                self._take(direction.held - before)

    def _add(self, kind: int, flags: int, now: int, payload: bytes) -> None:
        size = len(payload)
        frames = self.frames
        frames.append(pack_header(kind, flags, size, self.counter, now))
        frames.append(payload)
        box = self._box
        if not self.dirty:
            self.dirty = True
            box.dirty.append(self)
        size += FRAME_OVERHEAD
        self.held += size
        box.held += size
        if box.held > box.body_room:
            box.now = now
            box.relieve()

    def _take(self, size: int) -> None:
        self.held += size
        self._box.held += size
        if self._box.held > self._box.body_room:
            self._box.relieve()

    def _release(self, size: int) -> None:
        self.held -= size
        self._box.held -= size

    def _directions(self) -> tuple[tuple[Kind, _Direction], ...]:
        return (Kind.REQUEST, self._up), (Kind.ANSWER, self._down)

    @property
    def delivered(self) -> bool:
        """The present link has taken all of it; only the acknowledgement is due."""
        return self.closed and self.sent >= len(self.frames)

    def shed(self, now: int) -> None:
        """Drops the bodies but for the end of the answer, where the usage stands.

        An exchange that is still under way goes on with that only.
        """
        self.whole = False
        tails = self._take_bodies_out()
        for kind, direction in self._directions():
            limit = SHED_TAIL_BYTES if kind is Kind.ANSWER else 0
            direction.shorten(limit, tails.get(kind, direction.tail()))
            if self.closed and (tail := direction.tail()):
                direction.forget()
                self._insert(Kind.TAIL, kind, now, tail)
        self._account(now)
        self._recount()

    def strip(self, now: int) -> None:
        """Second step: the tails go too, only the facts stay."""
        self.bare = True
        self._take_bodies_out()
        for _, direction in self._directions():
            direction.forget()
        self._account(now)
        self._recount()

    def lose(self) -> None:
        """Last step: nothing of this exchange will reach the record."""
        self.lost = True
        self.frames = []
        self.sent = 0
        for _, direction in self._directions():
            direction.forget()
        self._recount()

    def rewind(self) -> None:
        """For a new link: everything is to be sent again, and marked so."""
        self.sent = 0
        if self.once_sent and self.frames:
            kind, flags, length, counter, time_ns = unpack_header(self.frames[0])
            self.frames[0] = pack_header(kind, flags | RESENT, length, counter, time_ns)

    def _take_bodies_out(self) -> dict[Kind, bytes]:
        """Removes the body frames; gives each direction's last bytes."""
        kept: list[bytes] = []
        sent = 0
        last: dict[Kind, deque[bytes]] = {}
        for at in range(0, len(self.frames), 2):
            header, payload = self.frames[at], self.frames[at + 1]
            kind = Kind(header[0])
            if kind in _BODY_KINDS:
                if kind is Kind.TAIL:
                    kind = Kind(header[1])
                last.setdefault(_tail_of(kind), deque()).append(payload)
            elif kind is not Kind.SHED:
                sent += 2 if at < self.sent else 0
                kept += (header, payload)
        self.frames = kept
        self.sent = sent
        return {kind: b"".join(parts) for kind, parts in last.items()}

    def _account(self, now: int) -> None:
        """Says how many body bytes are missing, in a frame and in the box's sum."""
        tails = [direction.held for _, direction in self._directions()]
        tails += (
            len(payload)
            for header, payload in zip(self.frames[::2], self.frames[1::2], strict=True)
            if header[0] == Kind.TAIL
        )
        missing = self._up.size + self._down.size - sum(tails)
        self._box.shed_bytes += missing - self.shed_bytes
        self.shed_bytes = missing
        self._insert(Kind.SHED, 0, now, missing.to_bytes(8, "little"))

    def _insert(self, kind: int, flags: int, now: int, payload: bytes) -> None:
        """A frame at the end, but before CLOSE."""
        at = len(self.frames)
        if at and self.frames[-2][0] == Kind.CLOSE:
            at -= 2
        self.frames[at:at] = (
            pack_header(kind, flags, len(payload), self.counter, now),
            payload,
        )
        if at < self.sent:
            self.sent += 2  # the link has its end already: this is for the next link
        if not self.dirty:
            self.dirty = True
            self._box.dirty.append(self)

    def _recount(self) -> None:
        size = self._up.held + self._down.held
        size += sum(map(len, self.frames[1::2]))
        size += FRAME_OVERHEAD * (len(self.frames) // 2)
        self._box.held += size - self.held
        self.held = size


class Outbox:
    """All exchanges that are not yet acknowledged, in the order they were opened."""

    def __init__(self, hello: Hello, limits: TapLimits) -> None:
        self._hello = hello
        self._limits = limits
        self._counter = 0
        self.body_room = int(limits.buffer * BODY_SHARE)
        self.held = 0
        self.shed_exchanges = 0
        self.shed_bytes = 0
        self.lost_exchanges = 0
        self.acknowledged = 0
        self.closed = 0  # complete and not yet acknowledged
        self.dirty: deque[Tape] = deque()
        self._unacknowledged: dict[int, Tape] = {}
        # Where shedding looks: dicts keep their order, popitem() gives the newest.
        self._whole: dict[int, Tape] = {}
        self._delivered: dict[int, Tape] = {}
        self._tailed: dict[int, Tape] = {}
        self._bare: dict[int, Tape] = {}
        self._control: deque[bytes] = deque()
        # The rest of a frame that the kernel took in part: it must follow at once,
        # even if its exchange is shed meanwhile.
        self._carry: list[memoryview | bytes] = []
        self._plan: list[tuple[Tape, int]] = []
        self.now = 0  # the latest time seen; shedding stamps its frames with it

    @property
    def is_full(self) -> bool:
        """With ``overflow: wait``: True while the relay has to hold its breath."""
        return (
            self._limits.overflow == "wait"
            and self.held > self.body_room
            and self.closed > 0
        )

    @property
    def waiting(self) -> bool:
        """True while anything is to be sent on a link."""
        return bool(self._carry or self._control or self.dirty)

    @property
    def unacknowledged(self) -> int:
        return len(self._unacknowledged)

    def open(self, now: int, route: Route, head: bytes) -> Tape:
        """A tape for a new exchange; ``head`` is the raw request head."""
        self.now = now
        self._counter += 1
        tape = Tape(self, self._counter, self._limits.max_body)
        self._unacknowledged[tape.counter] = tape
        self._whole[tape.counter] = tape
        tape._add(Kind.OPEN, 0, now, pack_open(route, head))
        return tape

    def gauge(self, now: int, *, live: int, idle_upstream: int) -> None:
        """Queues the gauge frame of this second, instead of one not yet sent."""
        self.now = now
        self._control.clear()
        self._control.append(
            pack_gauge(
                Gauge(
                    live,
                    idle_upstream,
                    self.held,
                    len(self._unacknowledged),
                    self.shed_exchanges,
                    self.shed_bytes,
                    self.lost_exchanges,
                ),
                now,
            )
        )

    def connect(self) -> None:
        """A new link: hello, then every unacknowledged exchange from its start."""
        self._carry = [pack_hello(self._hello)]
        self._control.clear()
        self._plan = []
        self.dirty.clear()
        self._whole = dict(sorted((self._delivered | self._whole).items()))
        self._delivered.clear()
        for tape in self._unacknowledged.values():
            tape.rewind()
            tape.dirty = bool(tape.frames)
            if tape.dirty:
                self.dirty.append(tape)

    def acknowledge(self, counters: Iterable[int]) -> None:
        """These exchanges are committed: they leave the memory."""
        for counter in counters:
            tape = self._unacknowledged.pop(counter, None)
            if tape is None:
                continue
            self.acknowledged += 1
            self.closed -= tape.closed
            self.held -= tape.held
            tape.held = 0
            tape.frames = []
            tape.sent = 0
            for shelf in (
                self._whole,
                self._delivered,
                self._tailed,
                self._bare,
            ):
                shelf.pop(counter, None)

    def gather(self) -> list[memoryview | bytes]:
        """The next buffers for one ``sendmsg``; :meth:`sent` must follow at once."""
        buffers: list[memoryview | bytes] = list(self._carry)
        buffers += self._control
        room = MAX_GATHER
        self._plan = plan = []
        for tape in self.dirty:
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
        total = sum(map(len, buffers))
        if count == total:
            self._carry = []
            self._control.clear()
            for tape, end in self._plan:
                tape.sent = end
                tape.once_sent = True
        else:
            self._sent_in_part(count)
        while self.dirty and self.dirty[0].sent >= len(self.dirty[0].frames):
            self.dirty.popleft().dirty = False
        self._plan = []

    def _sent_in_part(self, count: int) -> None:
        queue: list[memoryview | bytes] = [*self._carry, *self._control]
        self._control.clear()
        self._carry = []
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
                    rest = memoryview(header + payload)[count:]
                    self._carry = [rest]
                    return
                count -= size
            if not count:
                return

    def relieve(self) -> None:
        """Makes room by dropping bodies, the newest exchange's first.

        Order: bodies but for their tails, then the tails, then whole exchanges, so
        that facts and usage are the last to go; what the observer has in hand already
        is the last of the bodies. With ``overflow: wait`` bodies are shed only when
        waiting cannot help: nothing is left that could be acknowledged.
        """
        limit = self._limits.buffer
        if not self.is_full:
            while self.held > self.body_room and self._whole:
                self._shed_newest()
        while self.held > limit and self._whole:
            self._shed_newest()
        while self.held > limit and self._delivered:
            self._shed(*self._delivered.popitem())
        while self.held > limit and self._tailed:
            counter, tape = self._tailed.popitem()
            tape.strip(self.now)
            self._bare[counter] = tape
        while self.held > limit and self._bare:
            _, tape = self._bare.popitem()
            self._lose(tape)

    def _shed_newest(self) -> None:
        counter, tape = self._whole.popitem()
        if tape.delivered:
            self._delivered[counter] = tape
        else:
            self._shed(counter, tape)

    def _shed(self, counter: int, tape: Tape) -> None:
        tape.shed(self.now)
        self.shed_exchanges += 1
        self._tailed[counter] = tape

    def _lose(self, tape: Tape) -> None:
        tape.lose()
        self.lost_exchanges += 1
        self.closed -= tape.closed
        self._unacknowledged.pop(tape.counter, None)


def _tail_of(kind: Kind) -> Kind:
    """Which direction's tail a body frame belongs to."""
    return Kind.REQUEST if kind in (Kind.REQUEST, Kind.TUNNEL_UP) else Kind.ANSWER
