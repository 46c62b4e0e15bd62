"""What is under way: when its request is due to be committed, and whose end will not
come any more.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lunaroute.link import ExchangeId, RawExchange
from lunaroute.observer._links import LinkEnd
from lunaroute.recording import (
    Asked,
    Came,
    CameFrames,
    SocketSoFar,
    SoFar,
    snapshot,
)

# What ends sooner is written once, when it has ended.
MIN_AGE_SECONDS = 0.05
# What comes of an answer is committed so often, and a moment later.
HEAR_SECONDS = 1.0
# Of one commit, so that those that have ended do not wait for long.
MAX_BEGUN = 100

_SWITCHED = (b"HTTP/1.1 101", b"HTTP/1.0 101")


@dataclass(slots=True)
class _Watched:
    asked: Asked
    is_begun: bool = False
    so_far: SoFar | None = None
    heard_ns: int = 0  # when it was looked at, or began
    heard_chunks: int = 0
    socket: SocketSoFar | None = None
    up_chunks: int = 0
    down_chunks: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be committed now.

    ``living`` is None unless open rows are to be looked for that belong to nobody: it
    has how the ids of living gateways begin, and the ids of what waits.
    """

    begun: tuple[RawExchange, ...] = ()
    heard: tuple[tuple[SoFar, Came], ...] = ()
    sockets: tuple[tuple[SocketSoFar, CameFrames], ...] = ()
    living: tuple[str, ...] | None = None
    lost: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return (
            bool(self.begun or self.heard or self.sockets or self.lost)
            or self.living is not None
        )


class Running:
    """The exchanges under way on all links."""

    def __init__(self, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._clock = clock
        self._links: set[LinkEnd] = set()
        self._watched: dict[ExchangeId, _Watched] = {}
        self._lost: list[str] = []
        # Links whose gateways may own open rows and have not said who they are.
        self._awaited: set[LinkEnd] = set()
        self._looks_for_orphans = False
        self._are_all_linked = False

    @property
    def is_any(self) -> bool:
        """Whether anything may become due."""
        return (
            (self._looks_for_orphans and self._are_all_linked)
            or bool(self._lost)
            or any(link.assembler.open_count for link in self._links)
        )

    def add(self, link: LinkEnd) -> None:
        self._links.add(link)

    def remove(self, link: LinkEnd, *, is_dead: bool) -> None:
        """The link has ended; if ``is_dead`` with its gateway."""
        self._links.discard(link)
        self._awaited.discard(link)
        self._looks_for_orphans |= is_dead

    def all_linked(self) -> None:
        """Every gateway that lives has a link now: open rows of others are orphans."""
        self._awaited = set(self._links)
        self._are_all_linked = True
        self._looks_for_orphans = True

    def hand_over(self) -> None:
        """The links end, and their gateways do not: nothing is known to be an orphan
        any more. The next recorder is told by the gateways what they have under way.
        """
        self._are_all_linked = False

    def forget(self) -> None:
        """Another store is written to: nothing is known to be in it."""
        self._watched.clear()
        self._looks_for_orphans = True

    def due(self, waiting: tuple[str, ...]) -> Due:
        """What is to be committed. ``waiting`` are the ids of those that have ended
        and are not recorded yet.
        """
        now = self._clock()
        begun: list[RawExchange] = []
        heard: list[tuple[SoFar, Came]] = []
        sockets: list[tuple[SocketSoFar, CameFrames]] = []
        watched: dict[ExchangeId, _Watched] = {}
        for link in self._links:
            lost, link.assembler.lost = link.assembler.lost, []
            self._lost += map(str, lost)
            for raw in link.assembler.opened:
                one = self._watched.get(raw.id)
                if one is None:
                    one = _Watched(Asked(raw.request_head))
                watched[raw.id] = one
                if raw.answer_head.startswith(_SWITCHED):
                    sockets += _passed(one, raw, now)
                elif one.is_begun:
                    heard += _heard(one, raw, now)
                elif now - raw.opened < MIN_AGE_SECONDS * 1e9:
                    continue
                elif len(begun) < MAX_BEGUN and one.asked.is_whole(raw):
                    one.is_begun = True
                    one.heard_ns = now
                    begun.append(snapshot(raw))
        self._watched = watched
        lost_ids, self._lost = tuple(self._lost), []
        return Due(
            begun=tuple(begun),
            heard=tuple(heard),
            sockets=tuple(sockets),
            living=self._living(waiting),
            lost=lost_ids,
        )

    def failed(self, due: Due) -> None:
        """It was not committed: all of it is due again."""
        for raw in due.begun:
            if (one := self._watched.get(raw.id)) is not None:
                one.is_begun = False
        self._lost += due.lost
        self._looks_for_orphans |= due.living is not None

    def _living(self, waiting: tuple[str, ...]) -> tuple[str, ...] | None:
        """Once, when all who may own open rows have said who they are."""
        self._awaited = {link for link in self._awaited if not link.assembler.ids_begin}
        is_known = self._are_all_linked and not self._awaited
        if not self._looks_for_orphans or not is_known:
            return None
        self._looks_for_orphans = False
        named = (link.assembler.ids_begin for link in self._links)
        return (*(name for name in named if name), *waiting)


def _heard(one: _Watched, raw: RawExchange, now: int) -> Iterator[tuple[SoFar, Came]]:
    """What came of an answer, if it is time and anything did."""
    chunks = raw.answer.chunks
    if not raw.answer_head or now - one.heard_ns < HEAR_SECONDS * 1e9:
        return
    if one.so_far is None:
        one.so_far = SoFar(raw)
    elif len(chunks) <= one.heard_chunks:  # less than there were: they were shed
        return
    one.heard_ns = now
    came = Came(raw.answer_head, tuple(chunks[one.heard_chunks :]))
    one.heard_chunks = len(chunks)
    yield one.so_far, came


def _passed(
    one: _Watched, raw: RawExchange, now: int
) -> Iterator[tuple[SocketSoFar, CameFrames]]:
    """What passed on a WebSocket: at once where something was asked."""
    up, down = raw.tunnel_up.chunks, raw.tunnel_down.chunks
    is_time = now - one.heard_ns >= HEAR_SECONDS * 1e9
    was_shed = len(up) < one.up_chunks or len(down) < one.down_chunks
    is_news = len(up) > one.up_chunks or (is_time and len(down) > one.down_chunks)
    if one.socket is None:
        one.socket = SocketSoFar(raw)
    elif was_shed or not is_news:
        return
    one.heard_ns = now
    came = CameFrames(tuple(up[one.up_chunks :]), tuple(down[one.down_chunks :]))
    one.up_chunks, one.down_chunks = len(up), len(down)
    yield one.socket, came
