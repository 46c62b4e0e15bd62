"""A process of ours, and how it is started."""

import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import trio

from lunaroute.control import SUPERVISORS_SIGNALS, Control
from lunaroute.supervisor._priority import put_behind, put_first

# A child that dies is back at once; one that keeps dying waits ever longer.
QUIET_DEATHS = 5
DEATHS_WINDOW = 10.0
MAX_BACKOFF = 2.0
# For glibc (mallopt(3)): a buffer of a few 100 kB comes from the heap instead of from
# a mapping of its own, and the heap's end is kept for the next one, so that not every
# body costs page faults again: a 400 kB request takes the gateway 165 us instead of
# 310. What the environment says goes before.
ALLOCATOR = {
    "MALLOC_MMAP_THRESHOLD_": str(1024 * 1024),
    "MALLOC_TRIM_THRESHOLD_": str(2 * 1024 * 1024),
}
PYTHON = (sys.executable, "-P", "-m")


@dataclass(slots=True, eq=False)
class Child:
    """A process of ours, with the channel to it."""

    name: str
    process: "subprocess.Popen[bytes]"
    control: Control
    on_ready: Callable[[], object]
    worker: int = 0
    gone: trio.Event = field(default_factory=trio.Event)
    released: trio.Event = field(default_factory=trio.Event)
    closed: trio.Event = field(default_factory=trio.Event)  # takes no new connection
    cut: int = 0  # exchanges that a gateway had to cut at its end
    unrecorded: int = 0  # exchanges that it could not get recorded
    summary: str = ""  # an observer's last words

    async def listen(self) -> None:
        """Follows what the child says until it is gone, and reaps it."""
        while (message := await self.control.receive()) is not None:
            if message.op == "ready":
                self.on_ready()
            elif message.op == "released":
                self.released.set()
            elif message.op == "closed":
                self.closed.set()
            elif message.op == "summary":
                self.summary = message.values["text"]
            elif message.op == "drained":
                self.cut = message.values["cut"]
                self.unrecorded = message.values["unrecorded"]
        await trio.to_thread.run_sync(self.process.wait, abandon_on_cancel=True)
        self.control.close()
        self.gone.set()
        self.released.set()
        self.closed.set()

    def kill(self) -> None:
        """Ends it now; ``listen`` reaps it."""
        if self.process.poll() is None:
            self.process.kill()

    def discard(self) -> None:
        """Ends one that nobody listens to and that has been told nothing."""
        self.control.close()  # it ends by that; it has nothing to finish
        self.process.kill()
        self.process.wait()

    @property
    def how_it_ended(self) -> str:
        code = self.process.returncode
        return f"signal {-code}" if code < 0 else f"exit code {code}"


class Patience:
    """How long to wait before the next start, from the latest deaths."""

    def __init__(self) -> None:
        self._deaths: deque[float] = deque()

    def after_death(self, now: float) -> float:
        """Seconds to wait; 0 for the first few deaths within DEATHS_WINDOW."""
        self._deaths.append(now)
        while now - self._deaths[0] > DEATHS_WINDOW:
            self._deaths.popleft()
        over = len(self._deaths) - QUIET_DEATHS
        return 0.0 if over <= 0 else min(MAX_BACKOFF, 0.1 * 2 ** (over - 1))


def start(name: str, on_ready: Callable[[], object], worker: int = 0) -> Child:
    """Starts ``python -m lunaroute.NAME``. Raises OSError if the system refuses."""
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            process = spawn(
                [*PYTHON, f"lunaroute.{name}", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                env={**ALLOCATOR, **os.environ},
            )
        except OSError:
            ours.close()
            raise
    (put_behind if name == "observer" else put_first)(process.pid)
    return Child(name, process, Control(ours), on_ready, worker)


def spawn(command: Sequence[str], **options: Any) -> "subprocess.Popen[bytes]":
    """Starts a child with the supervisor's signals blocked, so that none can end it
    before it ignores them.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, SUPERVISORS_SIGNALS)
    try:
        return subprocess.Popen(list(command), **options)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SUPERVISORS_SIGNALS)
