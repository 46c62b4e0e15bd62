"""The keeper: takes ended exchanges, commits them in batches, then acknowledges. What
is under way it commits between two batches: after what ended before, in its order.

A batch that cannot be committed is tried again until it can: the gateways keep what
is not acknowledged, and reading stops while too much waits here, so that trouble
with a disk costs neither records nor memory without bound.
"""

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Protocol, TypeVar

import trio

from lunaroute.errors import StoreError
from lunaroute.link import ExchangeId, RawExchange
from lunaroute.logs import TRACE
from lunaroute.observer._links import LinkEnd
from lunaroute.observer._running import Due, Running
from lunaroute.recording import News

log = logging.getLogger("lunaroute.observer")

BATCH_EXCHANGES = 100
BATCH_SECONDS = 0.1
# How often is looked at what is under way.
LOOK_SECONDS = 0.05
# Waiting here beside the gateway's own buffer; then the link is not read any more.
MAX_WAITING_BYTES = 32 * 1024 * 1024
# What the objects around the bytes take, roughly.
OBJECT_BYTES = 2048
RETRY_SECONDS = 0.5
MAX_RETRY_SECONDS = 2.0

Result = TypeVar("Result")


class Writes(Protocol):
    """What the keeper needs of a recorder."""

    def record(self, batch: Sequence[RawExchange]) -> "Committed":
        """Commits what it can of ``batch``. Raises StoreError or OSError if it could
        commit nothing.
        """
        ...

    def note(self, due: Due) -> tuple[News, ...]:
        """Commits what is due of those under way, and returns what of it has ended.
        Raises as ``record`` does.
        """
        ...

    def is_in_place(self) -> bool:
        """False once its files are not where they were."""
        ...

    def close(self) -> None: ...


class Committed(Protocol):
    """Which exchanges are on disk now, and which of them were not before."""

    @property
    def ids(self) -> tuple[ExchangeId, ...]: ...

    @property
    def news(self) -> tuple[News, ...]: ...


class Tells(Protocol):
    """Who hears of what was committed."""

    def tell(self, news: Sequence[News], *, now: int, seconds: float) -> None: ...

    def recorded(self, count: int) -> None: ...


class Keeper:
    """Between the links and the recorder."""

    def __init__(
        self,
        open_recorder: Callable[[], Writes],
        listeners: Sequence[Tells] = (),
        running: Running | None = None,
    ) -> None:
        self._listeners = listeners
        self._open_recorder = open_recorder
        self._running = Running() if running is None else running
        self._recorder: Writes | None = None
        self._waiting: deque[tuple[LinkEnd, RawExchange]] = deque()
        self._waiting_bytes = 0
        self._waiting_since = 0.0
        self._arrived = trio.Event()
        self._room = trio.Event()
        self._room.set()
        self._closed = False
        self._is_new = False  # the recorder was opened since the last commit
        # Held for each commit: whoever else writes takes turns with us.
        self.turn = trio.Lock()
        self.trouble = ""
        self.recorded = 0

    async def put(self, link: LinkEnd, exchanges: Iterable[RawExchange]) -> None:
        """Hands exchanges over; waits while too much is waiting."""
        if not self._waiting:
            self._waiting_since = trio.current_time()
        for exchange in exchanges:
            self._waiting.append((link, exchange))
            self._waiting_bytes += _size(exchange)
        self._arrived.set()
        if self._waiting_bytes > MAX_WAITING_BYTES and self._room.is_set():
            self._room = trio.Event()
        await self._room.wait()

    def look(self) -> None:
        """Something is under way, or has ceased to be."""
        self._arrived.set()

    def close(self) -> None:
        """Nothing more will come: ``run`` returns after the last commit."""
        self._closed = True
        self._arrived.set()

    async def run(self) -> None:
        """Commits until closed and empty."""
        while True:
            await self._wait()
            if not self._waiting and self._closed:
                return
            batch = [
                self._waiting.popleft()
                for _ in range(min(BATCH_EXCHANGES, len(self._waiting)))
            ]
            due = Due()
            if not self._waiting:  # else the next batch goes before
                due = self._running.due(tuple(str(raw.id) for _, raw in batch))
            if not self._waiting and not self._closed:
                self._arrived = trio.Event()
            await self._commit(batch)
            self._waiting_bytes -= sum(_size(exchange) for _, exchange in batch)
            if self._waiting_bytes <= MAX_WAITING_BYTES:
                self._room.set()
            if due or (self.trouble and not batch):
                await self._note(due)

    async def _wait(self) -> None:
        """Until there is something to do; what arrives may become more for a moment."""
        is_idle = not (self.trouble or self._running.is_any)
        with trio.move_on_after(math.inf if is_idle else LOOK_SECONDS):
            await self._arrived.wait()
        if 0 < len(self._waiting) < BATCH_EXCHANGES and not self._closed:
            # What came during the last commit has waited already.
            await trio.sleep_until(self._waiting_since + BATCH_SECONDS)

    async def _note(self, due: Due) -> None:
        """Commits what is under way, or, with nothing due, sees whether it could."""
        began = trio.current_time()
        try:
            async with self.turn:
                news = await trio.to_thread.run_sync(
                    self._with_recorder, lambda r: r.note(due)
                )
        except (StoreError, OSError) as error:
            self._complain(str(error))
            self._running.failed(due)
            await trio.sleep(RETRY_SECONDS)
        else:
            self._recovered()
            if news:
                self._tell((), news, trio.current_time() - began)

    async def _commit(self, batch: list[tuple[LinkEnd, RawExchange]]) -> None:
        """Returns when all of ``batch`` is committed and acknowledged."""
        pause = RETRY_SECONDS
        while batch:
            exchanges = [exchange for _, exchange in batch]
            began = trio.current_time()
            try:
                async with self.turn:
                    committed = await trio.to_thread.run_sync(
                        self._with_recorder, lambda r, e=exchanges: r.record(e)
                    )
            except (StoreError, OSError) as error:
                self._complain(str(error))
                await trio.sleep(pause)
                pause = min(MAX_RETRY_SECONDS, pause * 2)
                continue
            self._recovered()
            done = frozenset(committed.ids)
            self.recorded += len(done)
            took = trio.current_time() - began
            log.log(TRACE, "%d exchanges committed in %.1f ms", len(done), took * 1000)
            self._tell(committed.ids, committed.news, took)
            await _acknowledge(entry for entry in batch if entry[1].id in done)
            batch = [entry for entry in batch if entry[1].id not in done]

    def _tell(
        self, ids: Sequence[ExchangeId], news: Sequence[News], seconds: float
    ) -> None:
        now = time.monotonic_ns()
        for listener in self._listeners:
            try:
                listener.recorded(len(ids))
                listener.tell(news, now=now, seconds=seconds)
            except Exception:
                # What is on disk must be acknowledged, whatever becomes of its figures.
                log.exception("a batch could not be counted")

    def _with_recorder(self, work: Callable[[Writes], Result]) -> Result:
        """Runs in a worker thread."""
        if self._recorder is not None and not self._recorder.is_in_place():
            log.warning("the database is not where it was: recording into a new one")
            self._drop()
        if self._recorder is None:
            self._recorder = self._open_recorder()
            self._is_new = True
        try:
            return work(self._recorder)
        except (StoreError, OSError):
            # Opened again for the next try: the file may have been damaged.
            self._drop()
            raise

    def _drop(self) -> None:
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            with suppress(StoreError):  # what cannot be closed is not used any more
                recorder.close()

    def _recovered(self) -> None:
        if self.trouble:
            log.warning("recording goes on")
            self.trouble = ""
        if self._is_new:
            self._is_new = False
            self._running.forget()

    def _complain(self, trouble: str) -> None:
        if not self.trouble:
            log.warning("cannot record, records wait in memory: %s", trouble)
        elif trouble != self.trouble:  # the same cause, most often, in other words
            log.info("still cannot record: %s", trouble)
        self.trouble = trouble


async def _acknowledge(batch: Iterable[tuple[LinkEnd, RawExchange]]) -> None:
    by_link: dict[LinkEnd, list[int]] = {}
    for link, exchange in batch:
        by_link.setdefault(link, []).append(exchange.id.counter)
    for link, counters in by_link.items():
        await link.acknowledge(counters)


def _size(exchange: RawExchange) -> int:
    """About the bytes that an exchange holds in memory."""
    heads = len(exchange.request_head) + len(exchange.answer_head)
    return (
        OBJECT_BYTES
        + heads
        + sum(
            len(tapped.tail) + sum(len(chunk) for _, chunk in tapped.chunks)
            for tapped in (
                exchange.request,
                exchange.answer,
                exchange.tunnel_up,
                exchange.tunnel_down,
            )
        )
    )
