"""One exchange on its way to the record: its frames, and what is kept when room is
short. The books over all of them are the outbox's.
"""

from collections import deque
from typing import Protocol

from lunaroute.link._exchange import Ending
from lunaroute.link._frame import (
    RESENT,
    Kind,
    pack_ending,
    pack_header,
    pack_shed,
    unpack_header,
)

# Where the usage stands: the end of a body, kept whatever else is dropped.
TAIL_BYTES = 64 * 1024
# An answer up to this stays whole when its exchange is shed: requests carry the
# history, answers are small, and a compressed one can only be read from its start.
SHED_ANSWER_BYTES = 256 * 1024
# When even that is too much: the beginning, which names the model, and a final
# usage event's worth of the end.
SHORT_HEAD_BYTES = 4 * 1024
SHORT_TAIL_BYTES = 16 * 1024

# What a frame costs in memory beside its payload: two bytes objects' heads, the
# packed header and two list slots (sys.getsizeof: 33 + 57 + 16, rounded up for the
# allocator's size classes).
FRAME_OVERHEAD = 128
# What an exchange costs beside its frames: the tape, its two directions, its places
# in the books (tracemalloc over 8,000 of them: benchmarks/_memory.py).
TAPE_OVERHEAD = 1024

_UP_KINDS = frozenset((Kind.REQUEST, Kind.TUNNEL_UP))
_DOWN_KINDS = frozenset((Kind.ANSWER, Kind.TUNNEL_DOWN))


class Books(Protocol):
    """What a tape tells the outbox."""

    def changed(self, tape: "Tape", size: int, now: int) -> None:
        """``size`` more bytes are held; frames may wait to be sent."""
        ...

    def ended(self, tape: "Tape") -> None:
        """The exchange is complete."""
        ...


class _Direction:
    """What is left to tap of one body, and its last bytes once the limit is passed."""

    __slots__ = ("_tail", "_tail_limit", "held", "left", "size")

    def __init__(self, limit: int) -> None:
        self.left = limit
        self.size = 0
        self.held = 0
        self._tail_limit = TAIL_BYTES
        # Made on first use: an empty deque takes 760 bytes, and most need none.
        self._tail: deque[bytes] | None = None

    def keep(self, data: bytes) -> None:
        """Into the tail, which forgets what lies further back than its limit."""
        if not self._tail_limit:
            return
        if self._tail is None:
            self._tail = deque()
        self._tail.append(data)
        self.held += len(data)
        while self.held - len(self._tail[0]) >= self._tail_limit:
            self.held -= len(self._tail.popleft())

    def take_tail(self) -> bytes:
        """The last bytes, which are forgotten here."""
        tail = b"".join(self._tail)[-self._tail_limit :] if self._tail else b""
        self._tail = None
        self.held = 0
        return tail

    def shorten(self, limit: int, tail: bytes) -> None:
        """From now on only the last ``limit`` bytes; ``tail`` is what there is."""
        self.take_tail()
        self.left = 0
        self._tail_limit = limit
        if limit and tail:
            self.keep(tail[-limit:])


class Tape:
    """Made by :meth:`Outbox.open` only; times are monotonic nanoseconds."""

    __slots__ = (
        "_box",
        "_down",
        "_up",
        "closed",
        "counted",
        "counter",
        "dirty",
        "frames",
        "held",
        "is_counted",
        "lost",
        "missing",
        "once_sent",
        "sent",
        "whole",
    )

    def __init__(self, box: Books, counter: int, limit: int) -> None:
        self._box = box
        self._up = _Direction(limit)
        self._down = _Direction(limit)
        self.counter = counter
        self.frames: list[bytes] = []  # header, payload, header, payload, …
        self.sent = 0  # how many of them the present link has taken
        self.held = TAPE_OVERHEAD
        self.dirty = False
        self.closed = False
        self.whole = True  # no body byte was dropped for want of room
        self.lost = False  # not even the facts found room
        self.once_sent = False
        self.missing = 0  # body bytes dropped for want of room
        # How many of them are in the outbox's sums, and whether the exchange is.
        self.counted = 0
        self.is_counted = False

    def request(self, now: int, data: bytes) -> None:
        """Body bytes that went up, as framed."""
        self._body(Kind.REQUEST, self._up, now, data)

    def answer_head(self, now: int, head: bytes) -> None:
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
        for kind, direction in ((Kind.REQUEST, self._up), (Kind.ANSWER, self._down)):
            held = direction.held
            if tail := direction.take_tail():
                self._grow(-held, now)
                self._add(Kind.TAIL, kind, now, tail)
        if not self.whole:
            self._say_missing(now)
        self._add(Kind.CLOSE, 0, now, pack_ending(ending))
        if not self.lost:
            self._box.ended(self)

    def _body(self, kind: Kind, direction: _Direction, now: int, data: bytes) -> None:
        size = len(data)
        direction.size += size
        if direction.left >= size:
            direction.left -= size
            self._add(kind, 0, now, data)
        elif not self.lost:
            direction.left = 0
            before = direction.held
            direction.keep(data)
            self._grow(direction.held - before, now)

    def _add(self, kind: int, flags: int, now: int, payload: bytes) -> None:
        if self.lost:
            return
        size = len(payload)
        frames = self.frames
        frames.append(pack_header(kind, flags, size, self.counter, now))
        frames.append(payload)
        self.held += size + FRAME_OVERHEAD
        self._box.changed(self, size + FRAME_OVERHEAD, now)

    def _grow(self, size: int, now: int) -> None:
        self.held += size
        self._box.changed(self, size, now)

    @property
    def delivered(self) -> bool:
        """The present link has taken all of it; only the acknowledgement is due."""
        return self.closed and self.sent >= len(self.frames)

    # Each of these gives the change of ``held``, a negative number.

    def shed(self, now: int) -> int:
        """First step: the request's body goes, and an answer's that is very long."""
        self.whole = False
        self._cut_request()
        if self._tapped(_DOWN_KINDS) + self._down.held > SHED_ANSWER_BYTES:
            self._cut_answer(SHORT_HEAD_BYTES, SHORT_TAIL_BYTES, now)
        else:
            room = SHED_ANSWER_BYTES - self._tapped(_DOWN_KINDS)
            self._down.left = min(self._down.left, room)
        return self._recount(now)

    def shorten(self, now: int) -> int:
        """Second step: of every answer only beginning and end stay."""
        self._cut_answer(SHORT_HEAD_BYTES, SHORT_TAIL_BYTES, now)
        return self._recount(now)

    def strip(self, now: int) -> int:
        """Third step: only the facts stay."""
        self._cut_answer(0, 0, now)
        return self._recount(now)

    def lose(self) -> int:
        """Last step: nothing of this exchange will reach the record."""
        change = -self.held
        self.lost = True
        self.frames = []
        self.sent = self.held = 0
        for direction in (self._up, self._down):
            direction.shorten(0, b"")
        return change

    def rewind(self) -> None:
        """For a new link: everything is to be sent again, and marked so."""
        self.sent = 0
        if self.once_sent and self.frames:
            kind, flags, length, counter, time_ns = unpack_header(self.frames[0])
            self.frames[0] = pack_header(kind, flags | RESENT, length, counter, time_ns)

    def _tapped(self, kinds: frozenset[Kind]) -> int:
        return sum(
            len(self.frames[at + 1])
            for at in range(0, len(self.frames), 2)
            if self.frames[at][0] in kinds
        )

    def _cut_request(self) -> None:
        self._keep_frames(lambda kind, flags, _: not _is_part(kind, flags, up=True))
        self._up.shorten(0, b"")

    def _cut_answer(self, head: int, tail: int, now: int) -> None:
        """Keeps frames of the first ``head`` bytes and the last ``tail`` bytes."""
        tapped = self._tapped(_DOWN_KINDS)
        if self._down.size == tapped <= head + tail:
            self._down.left = min(self._down.left, head + tail - tapped)
            return  # all of it is there, and short enough
        last = self._last_of_answer(tail)
        taken = 0

        def keep(kind: Kind, flags: int, size: int) -> bool:
            nonlocal taken
            if not _is_part(kind, flags, up=False):
                return True
            taken += size
            return kind is not Kind.TAIL and taken <= head

        self._keep_frames(keep)
        self._down.shorten(tail, last)
        if self.closed and (kept := self._down.take_tail()):
            self._insert(Kind.TAIL, Kind.ANSWER, now, kept)

    def _last_of_answer(self, limit: int) -> bytes:
        """The end of what there is of the answer, at least ``limit`` bytes of it."""
        if not limit:
            return b""
        if self._down.held:
            return self._down.take_tail()
        parts: deque[bytes] = deque()
        size = 0
        for at in range(len(self.frames) - 2, -1, -2):
            header, payload = self.frames[at], self.frames[at + 1]
            if _is_part(Kind(header[0]), header[1], up=False):
                parts.appendleft(payload)
                size += len(payload)
                if size >= limit or header[0] == Kind.TAIL:
                    break  # before a tail there is a gap
        return b"".join(parts)

    def _keep_frames(self, wanted: "_Wanted") -> None:
        kept: list[bytes] = []
        sent = 0
        for at in range(0, len(self.frames), 2):
            header, payload = self.frames[at], self.frames[at + 1]
            if wanted(Kind(header[0]), header[1], len(payload)):
                sent += 2 if at < self.sent else 0
                kept += (header, payload)
        self.frames = kept
        self.sent = sent

    def _recount(self, now: int) -> int:
        self._say_missing(now)
        before = self.held
        self.held = TAPE_OVERHEAD + self._up.held + self._down.held
        self.held += sum(map(len, self.frames[1::2]))
        self.held += FRAME_OVERHEAD * (len(self.frames) // 2)
        return self.held - before

    def _say_missing(self, now: int) -> None:
        """A SHED frame: how much is missing, and how much of the answer stands."""
        answer = self._tapped(_DOWN_KINDS)
        there = answer + self._tapped(_UP_KINDS) + self._tapped(frozenset((Kind.TAIL,)))
        there += self._up.held + self._down.held
        self.missing = self._up.size + self._down.size - there
        self._keep_frames(lambda kind, _flags, _size: kind is not Kind.SHED)
        self._insert(Kind.SHED, 0, now, pack_shed(self.missing, answer))

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
        self._box.changed(self, 0, now)


class _Wanted(Protocol):
    def __call__(self, kind: Kind, flags: int, size: int, /) -> bool: ...


def _is_part(kind: Kind, flags: int, *, up: bool) -> bool:
    """Is it a frame of that direction's body, its tail included?"""
    if kind is Kind.TAIL:
        return (flags == Kind.REQUEST) is up
    return kind in (_UP_KINDS if up else _DOWN_KINDS)
