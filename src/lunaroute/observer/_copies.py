"""Gives copies of what was recorded to the writers of other people's packages.

Each has a queue and a thread of its own: one that fails, or never returns, holds up
neither the record nor the other writers. The record on disk is the truth; a copy that
finds no room is counted and gone.
"""

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

import trio

from lunaroute.errors import ConfigError
from lunaroute.logs import outline
from lunaroute.recording import News
from lunaroute.writers import SessionWriter, Written

log = logging.getLogger("lunaroute.writers")

MAX_WAITING_BYTES = 64 * 1024 * 1024
BATCH_EXCHANGES = 100
PAUSE_SECONDS = 1.0
MAX_PAUSE_SECONDS = 60.0
CLOSING_SECONDS = 5.0

# The writer's name, what happened, and to how many exchanges.
Counted = Callable[[str, str, int], object]


class Copies:
    """One writer. ``make`` gives it, and is called again while it raises."""

    def __init__(
        self, name: str, make: Callable[[], SessionWriter], counted: Counted
    ) -> None:
        self._name = name
        self._make = make
        self._counted = counted
        self._writer: SessionWriter | None = None
        self._waiting: deque[Written] = deque()
        self._bytes = 0
        self._arrived = trio.Event()
        self._closing = trio.Event()
        self._over = trio.Event()
        self._trouble = ""
        self._thread = trio.CapacityLimiter(1)

    def tell(self, news: Sequence[News], *, now: int, seconds: float) -> None:  # noqa: ARG002 - as all who hear of commits
        """Queues what was committed; what has waited longest makes room."""
        day = datetime.now().astimezone().date().isoformat()
        for each in news:
            row = each.row
            self._waiting.append(Written(row.id, row.session_id, day, each.lines))
            self._bytes += len(each.lines)
        dropped = 0
        while self._bytes > MAX_WAITING_BYTES:
            self._bytes -= len(self._waiting.popleft().lines)
            dropped += 1
        if dropped:
            self._counted(self._name, "dropped", dropped)
            self._complain("there is no room for more; the oldest are dropped")
        if self._waiting:
            self._arrived.set()

    def recorded(self, count: int) -> None:
        """Nothing to do: copies are made of what is news."""

    async def run(self) -> None:
        """Writes until closed and empty, then closes the writer."""
        while True:
            await self._arrived.wait()
            batch = [
                self._waiting.popleft()
                for _ in range(min(BATCH_EXCHANGES, len(self._waiting)))
            ]
            self._bytes -= sum(len(each.lines) for each in batch)
            if not self._waiting and not self._closing.is_set():
                self._arrived = trio.Event()
            if batch:
                await self._write(batch)
            elif self._closing.is_set():
                await self._in_thread(self._close)
                self._over.set()
                return

    async def close(self) -> None:
        """Nothing more will come. Gives what waits a few seconds."""
        self._closing.set()
        self._arrived.set()
        with trio.move_on_after(CLOSING_SECONDS) as patience:
            await self._over.wait()
        if patience.cancelled_caught:
            log.warning("the writer %s did not take all in time", self._name)

    async def _write(self, batch: list[Written]) -> None:
        pause = PAUSE_SECONDS
        while True:
            try:
                await self._in_thread(lambda: self._ready().write(batch))
            except Exception as error:  # noqa: BLE001 - theirs, whatever it is
                self._counted(self._name, "failed", len(batch))
                # Their message may quote what passed.
                self._complain(_reason(error))
                with trio.move_on_after(pause):
                    await self._closing.wait()
                if self._closing.is_set():
                    await trio.sleep(PAUSE_SECONDS / 10)
                pause = min(MAX_PAUSE_SECONDS, pause * 2)
                continue
            if self._trouble:
                log.warning("the writer %s works again", self._name)
                self._trouble = ""
            self._counted(self._name, "written", len(batch))
            return

    async def _in_thread(self, work: Callable[[], object]) -> None:
        await trio.to_thread.run_sync(
            work, abandon_on_cancel=True, limiter=self._thread
        )

    def _ready(self) -> SessionWriter:
        if self._writer is None:
            self._writer = self._make()
        return self._writer

    def _close(self) -> None:
        if self._writer is None:
            return
        try:
            self._writer.close()
        except Exception as error:  # noqa: BLE001 - theirs, whatever it is
            self._complain(f"closing: {_reason(error)}")

    def _complain(self, trouble: str) -> None:
        if trouble != self._trouble:
            log.warning("the writer %s: %s", self._name, trouble)
            self._trouble = trouble


def copies_of(
    options: Mapping[str, Mapping[str, object]],
    load: Callable[[str, Mapping[str, object]], SessionWriter],
    counted: Counted,
) -> list[Copies]:
    """One for each writer that is set up."""
    return [
        Copies(name, partial(load, name, each), counted)
        for name, each in options.items()
    ]


def _reason(error: Exception) -> str:
    if isinstance(error, ConfigError):
        return str(error)
    return outline(error).rpartition("\n")[2]
