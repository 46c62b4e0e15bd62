"""The gateway process, wired: options, tap, pool, handlers, listeners.

Nested nurseries, outermost first: tap, handlers, acceptors. The nesting is the order
of the shutdown: accepting ends, exchanges finish, the link is emptied.
"""

import gc
import logging
import os
import socket
import stat
import time
from dataclasses import dataclass, field

import trio

from lunaroute.control import Control, Message
from lunaroute.gateway._options import GatewayOptions
from lunaroute.gateway._server import Gateway
from lunaroute.gateway._siblings import Siblings
from lunaroute.gateway._tap import Tap
from lunaroute.link import Anchor, Hello
from lunaroute.logs import log_to_stderr

log = logging.getLogger("lunaroute.gateway")

# After a second signal: what is not recorded by then is said to be lost.
HURRIED_SECONDS = 1.0


@dataclass(slots=True)
class Wishes:
    """What the supervisor asked for; the end of its channel asks for a drain."""

    drain: trio.Event = field(default_factory=trio.Event)
    drain_seconds: float = 30.0
    idle_seconds: float = 0.0  # how long an idle connection may still ask something
    commit_seconds: float = 30.0
    handlers: trio.CancelScope = field(default_factory=trio.CancelScope)
    committing: trio.CancelScope = field(default_factory=trio.CancelScope)
    hurry: bool = False

    @property
    def patience(self) -> float:
        """Seconds that the last records may take."""
        return HURRIED_SECONDS if self.hurry else self.commit_seconds


def run(control_descriptor: int) -> None:
    """The process' body: serves until the supervisor says otherwise or is gone."""
    trio.run(_main, socket.socket(fileno=control_descriptor))


async def _main(sock: socket.socket) -> None:
    control = Control(sock)
    start = await control.receive()
    if start is None:
        return
    options = GatewayOptions.from_plain(start.values["options"])
    log_to_stderr(options.log_level, options.log_format)
    worker, workers = start.values["worker"], start.values["workers"]
    board = _board(start.descriptors)
    siblings = None if board is None else Siblings(board, worker, workers)
    listeners = [socket.socket(fileno=number) for number in start.descriptors]
    tap = _tap(options, worker)
    gateway = Gateway(options, tap, siblings)
    wishes = Wishes(
        drain_seconds=start.values["drain_seconds"],
        commit_seconds=start.values["commit_seconds"],
    )
    async with trio.open_nursery() as background:
        if tap is not None:
            background.start_soon(tap.run)
        background.start_soon(gateway.sweep)
        background.start_soon(gateway.watch.run)
        background.start_soon(_obey, control, wishes, tap)
        await _serve(gateway, listeners, control, wishes)
        if tap is not None:
            tap.report_shed()
            with trio.CancelScope() as wishes.committing:
                wishes.committing.deadline = trio.current_time() + wishes.patience
                await tap.finish()
        gateway.pool.close()
        unrecorded = tap.outbox.unacknowledged if tap is not None else 0
        await control.send("drained", cut=gateway.cut, unrecorded=unrecorded)
        background.cancel_scope.cancel()


async def _serve(
    gateway: Gateway,
    listeners: list[socket.socket],
    control: Control,
    wishes: Wishes,
) -> None:
    async with trio.open_nursery() as handlers:
        wishes.handlers = handlers.cancel_scope
        async with trio.open_nursery() as acceptors:
            for listener in listeners:
                listener.setblocking(False)
                acceptors.start_soon(gateway.doorman.accept, listener, handlers)
            # What was made until now stays: no collection needs to look at it again.
            gc.collect()
            gc.freeze()
            await control.send("ready")
            await wishes.drain.wait()
            acceptors.cancel_scope.cancel()
        for listener in listeners:
            listener.close()
        await control.send("closed")
        gateway.begin_drain(wishes.idle_seconds)
        handlers.cancel_scope.deadline = trio.current_time() + wishes.drain_seconds


async def _obey(control: Control, wishes: Wishes, tap: Tap | None) -> None:
    """Takes the supervisor's messages until its channel ends."""
    while (message := await control.receive()) is not None:
        if message.op == "link":
            _connect(message, tap)
        elif message.op == "log":
            message.become_output()
        elif message.op == "drain":
            wishes.drain_seconds = message.values["seconds"]
            # An older supervisor, whose package was replaced under it, gives neither.
            wishes.idle_seconds = message.values.get("idle_seconds", 0.0)
            wishes.commit_seconds = message.values.get(
                "commit_seconds", wishes.commit_seconds
            )
            wishes.drain.set()
        elif message.op == "stop":
            wishes.hurry = True
            wishes.drain.set()
            wishes.handlers.cancel()
            wishes.committing.deadline = trio.current_time() + HURRIED_SECONDS
    log.debug("the supervisor is gone: finishing what is under way")
    wishes.drain.set()


def _board(descriptors: list[int]) -> int | None:
    """Takes the workers' board from the end of what came with ``start``: the one that
    is no listening socket. None for a single worker, and from an older supervisor,
    whose package was replaced under it.
    """
    if not descriptors or stat.S_ISSOCK(os.fstat(descriptors[-1]).st_mode):
        return None
    return descriptors.pop()


def _connect(message: Message, tap: Tap | None) -> None:
    sock = message.socket()
    if tap is None:
        sock.close()
    else:
        tap.connect(sock)


def _tap(options: GatewayOptions, worker: int) -> Tap | None:
    if options.tap is None:
        return None
    anchor = Anchor(time.time_ns(), time.monotonic_ns())
    return Tap(Hello(os.urandom(16).hex(), worker, anchor), options.tap)
