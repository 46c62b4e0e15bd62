"""Starts the other processes and keeps them; replaces them on SIGHUP, ends them on
SIGTERM. Nothing is reconfigured in place: a new configuration is new processes.
"""

import signal
import socket
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import trio

from lunaroute.control import Control
from lunaroute.errors import ConfigError
from lunaroute.supervisor._board import make_board
from lunaroute.supervisor._child import Child, Patience, start
from lunaroute.supervisor._handover import offer
from lunaroute.supervisor._log import LogFile
from lunaroute.supervisor._places import prepare_places
from lunaroute.supervisor._plan import read_plan
from lunaroute.supervisor._presence import Presence
from lunaroute.supervisor._say import address_of, complain, say, say_patiently
from lunaroute.supervisor._sockets import (
    Meeting,
    bind,
    bind_page,
    meeting,
    refuse_exposure,
)

READY_SECONDS = 20.0
# How long what has ended may take to be recorded when everything else is over.
COMMIT_SECONDS = 30.0
# Where others serve already nobody waits for the end, and a recorder that is behind,
# or still waits for the one before it, has time.
RETIRED_COMMIT_SECONDS = 600.0
# A child has its own deadlines; this much later it is not asked any more.
GRACE_SECONDS = 3.0
HURRIED_SECONDS = 3.0
# So long a stop may take before it is explained.
EXPLAIN_SECONDS = 1.0
RELEASE_SECONDS = 10.0
# So long it may take a gateway to close its listeners; less than STOPPING_SECONDS.
CLOSING_SECONDS = 3.0
# So long a connection that is idle while others take over may still ask something: a
# client that is just sending would find it closed. A look each second ends it.
IDLE_SECONDS = 1.0
ACCEPT_PAUSE = 0.1
# How often the log's length is looked at.
LOG_SECONDS = 10.0


@dataclass(slots=True, eq=False)
class Generation:
    """The children of one configuration."""

    plan: Mapping[str, Any]
    listeners: list[socket.socket]
    place: Meeting | None
    page: list[socket.socket] = field(default_factory=list)
    gateways: dict[int, Child] = field(default_factory=dict)  # by worker
    observer: Child | None = None
    retired: bool = False  # its gateways are not started again
    unrecorded: bool = False  # nor its observer: another has taken over, or it is done
    serving: set[int] = field(default_factory=set)  # workers that were ready once
    ready: trio.Event = field(default_factory=trio.Event)
    patience: dict[str, Patience] = field(
        default_factory=lambda: {"gateway": Patience(), "observer": Patience()}
    )

    def is_done_with(self, name: str) -> bool:
        """True if a child of that name is not to be started again."""
        return self.retired if name == "gateway" else self.unrecorded

    @property
    def workers(self) -> int:
        return int(self.plan["supervisor"]["workers"])

    def serves(self, worker: int) -> None:
        """One gateway is ready; with the last the generation is."""
        self.serving.add(worker)
        if len(self.serving) == self.workers:
            self.ready.set()

    @property
    def recording(self) -> bool:
        return bool(self.plan["supervisor"]["recording"])

    @property
    def drain_seconds(self) -> float:
        return float(self.plan["supervisor"]["shutdown_timeout_secs"])


class Supervisor:
    """Keeps one generation alive. ``exit_code`` is 1 if anything was cut or lost."""

    def __init__(
        self,
        flags: Mapping[str, Any],
        nursery: trio.Nursery,
        first: Generation,
        presence: Presence,
        early: Child,
    ) -> None:
        self._flags = flags
        self._nursery = nursery
        self._early: Child | None = early  # a gateway that waits to be told its work
        self.current = first
        self._presence = presence
        # Every process that lives, of whatever generation.
        self._children: dict[Child, Generation] = {}
        self._board = make_board()
        self._stopping = False
        self._reloading: trio.CancelScope | None = None
        self._reload_wanted = False
        self._reloaded = trio.Event()
        self._gave_way = trio.Event()
        self._commit_seconds = COMMIT_SECONDS
        self._hurry = trio.Event()
        self._restarts = {"gateway": 0, "observer": 0}
        self._began = time.time_ns() // 1_000
        self.exit_code = 0

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to end; its listeners may be closed then."""
        return self._stopping

    async def start(self) -> None:
        """Starts the first generation; returns when it serves.

        Raises TooSlowError if it does not within READY_SECONDS.
        """
        await self._start_gateways(self.current)
        # After them: its modules take 0.5 s of a core that they should have first.
        if self.current.recording:
            await self._start_observer(self.current)

    async def obey(self, signals: AsyncIterator[int]) -> None:
        """SIGHUP reloads, the first other signal drains, the second ends at once."""
        async for number in signals:
            if number == signal.SIGHUP:
                self._reload_wanted = True
                self._nursery.start_soon(self._reload)
            elif self._stopping:
                self._hurry.set()
            else:
                self._begin_to_stop()

    def _begin_to_stop(self, *, successor: bool = False) -> None:
        self._stopping = True
        if successor:
            self._commit_seconds = RETIRED_COMMIT_SECONDS
        if self._reloading is not None:
            self._reloading.cancel()
        self._nursery.start_soon(self._stop, IDLE_SECONDS if successor else 0.0)

    async def keep_door(self, listener: socket.socket) -> None:
        """Another server that comes here takes our place."""
        listener.setblocking(False)
        while True:
            await trio.lowlevel.wait_readable(listener)
            try:
                sock, _ = listener.accept()
            except OSError:  # it has left, or there are no descriptors to spare
                await trio.sleep(ACCEPT_PAUSE)
                continue
            self._nursery.start_soon(self._hand_over, Control(sock))

    async def _hand_over(self, control: Control) -> None:
        try:
            while (message := await control.receive()) is not None:
                while self._reloading is not None:
                    await self._reloaded.wait()
                if self._stopping:
                    return
                if message.op == "hand_over":
                    old, claimed = self.current, self._presence.claimed
                    options = old.plan["supervisor"]
                    await control.send(
                        "sockets", **offer(options, old.listeners, old.page, claimed)
                    )
                elif message.op == "stop":
                    say("another server has taken over")
                    self._begin_to_stop(successor=True)
                    await self._gave_way.wait()
                    await control.send("stopping")
        except (ValueError, LookupError, TypeError) as error:
            complain(f"something else than a server has asked for our place: {error!r}")
        finally:
            control.close()

    async def keep_log(self, log: LogFile) -> None:
        """A log that is too long is put aside; all processes go on in a new one."""
        while True:
            await trio.sleep(LOG_SECONDS)
            if log.turn_over():
                for child in list(self._children):
                    await child.control.send("log", descriptors=[log.descriptor])

    def _living(self, name: str) -> list[Child]:
        return [child for child in self._children if child.name == name]

    def _adopt(self, child: Child, generation: Generation) -> None:
        self._children[child] = generation
        self._nursery.start_soon(self._keep, generation, child)

    async def _start_observer(self, generation: Generation) -> None:
        """A new observer, linked to every gateway that records."""
        assert generation.place is not None
        observer = start("observer", lambda: None)
        generation.observer = observer
        self._adopt(observer, generation)
        started = await observer.control.send(
            "start",
            options={
                **generation.plan["observer"],
                "socket_path": str(generation.place.path),
            },
            descriptors=[
                sock.fileno() for sock in (generation.place.listener, *generation.page)
            ],
        )
        if not started:  # it is dead already; who keeps it starts it again
            return
        for gateway in self._living("gateway"):
            if self._children[gateway].recording:
                await self._link(gateway, observer)
        # What no gateway tells of now will never be told.
        await observer.control.send("linked")

    async def _start_gateways(self, generation: Generation) -> None:
        """All workers; returns when each serves. Raises TooSlowError."""
        for worker in range(generation.workers):
            await self._start_gateway(generation, worker)
        with trio.fail_after(READY_SECONDS):
            await generation.ready.wait()

    async def _start_gateway(self, generation: Generation, worker: int) -> None:
        gateway, self._early = self._early, None
        if gateway is None:
            gateway = start("gateway", lambda: None, worker)
        gateway.on_ready = partial(generation.serves, worker)
        generation.gateways[worker] = gateway
        self._adopt(gateway, generation)
        place = generation.place
        await gateway.control.send(
            "start",
            options={
                **generation.plan["gateway"],
                "observer_socket": str(place.path) if place else "",
            },
            worker=worker,
            workers=generation.workers,
            drain_seconds=generation.drain_seconds,
            commit_seconds=COMMIT_SECONDS,
            descriptors=[
                *(listener.fileno() for listener in generation.listeners),
                *([self._board] if generation.workers > 1 else []),
            ],
        )
        if generation.observer is not None:
            await self._link(gateway, generation.observer)

    async def _link(self, gateway: Child, observer: Child) -> None:
        """A new link between two children: an end for each."""
        near, far = socket.socketpair()
        with near, far:
            await observer.control.send(
                "link", restarts=self._restarts, descriptors=[far.fileno()]
            )
            await gateway.control.send("link", descriptors=[near.fileno()])

    async def _keep(self, generation: Generation, child: Child) -> None:
        """Waits for the child's end and starts it again, unless it was meant to end."""
        await child.listen()
        del self._children[child]
        again = partial(self._start_observer, generation)
        if child.name == "gateway":
            again = partial(self._start_gateway, generation, child.worker)
        how = child.how_it_ended
        while not generation.is_done_with(child.name):
            complain(f"the {child.name} ended ({how}); starting it again")
            patience = generation.patience[child.name]
            await trio.sleep(patience.after_death(trio.current_time()))
            if generation.is_done_with(child.name):
                return
            self._restarts[child.name] += 1
            try:
                await again()
            except OSError as error:  # no memory, no process: it may pass
                how = f"it could not be started: {error.strerror}"
            else:
                return

    async def _reload(self) -> None:
        """A new generation takes over; a bad configuration changes nothing. What is
        asked for meanwhile follows: the configuration may be newer than what was read.
        """
        if self._reloading is not None:
            return
        while self._reload_wanted and not self._stopping:
            self._reload_wanted = False
            self._reloaded = trio.Event()
            with trio.CancelScope() as self._reloading:
                try:
                    await self._replace()
                except (ConfigError, OSError) as error:
                    complain(
                        "the new configuration is not used, nothing has changed: "
                        f"{error}"
                    )
            self._reloading = None
            self._reloaded.set()

    async def _replace(self) -> None:
        old = self.current
        plan = await read_plan(self._flags)
        listeners, page = self._listeners(old, plan), _page(old, plan)
        new = Generation(plan, listeners, meeting(plan), page)
        try:
            await self._start_gateways(new)
        except BaseException as error:  # cancelled, too: by an order to stop
            self._abandon(old, new)
            if isinstance(error, (OSError, trio.TooSlowError)):
                raise ConfigError("the new gateway does not start") from error
            raise
        with trio.CancelScope(shield=True):  # bounded by RELEASE_SECONDS
            old.retired = True
            self.current = new
            if new.recording:
                # Also of one that is dead and waits to be started again.
                old.unrecorded = True
                await self._release_observers()
                await self._start_observer(new)
        self._presence.serves(plan["supervisor"], new.listeners, new.page)
        self._nursery.start_soon(self._retire, old, new)
        # What is asked after the word is answered, and recorded, as it now is to be.
        await _have_closed(list(old.gateways.values()))
        say("configuration reloaded")

    def _listeners(
        self, old: Generation, plan: Mapping[str, Any]
    ) -> list[socket.socket]:
        """The old listening sockets when the address is unchanged, else new ones."""
        before, after = old.plan["supervisor"], plan["supervisor"]
        refuse_exposure(after)
        prepare_places(after)
        same = (before["host"], before["port"]) == (after["host"], after["port"])
        listeners = old.listeners if same else bind(after["host"], after["port"])
        self._presence.claims(after, address_of(listeners))
        return listeners

    def _abandon(self, old: Generation, new: Generation) -> None:
        """Takes back a generation that never served."""
        new.retired = True
        for gateway in new.gateways.values():
            gateway.kill()
        self._let_go(new, old)

    async def _release_observers(self) -> None:
        """Every earlier observer commits what is complete and forgets what is open:
        the gateways will tell the next one. One that does not answer is killed, lest
        it should take the gateways' leaving it for their death.
        """
        for observer in self._living("observer"):
            self._children[observer].unrecorded = True
            await observer.control.send("release")
            with trio.move_on_after(RELEASE_SECONDS):
                await observer.released.wait()
            if not observer.released.is_set():
                observer.kill()

    async def _retire(self, old: Generation, new: Generation) -> None:
        async with trio.open_nursery() as each:
            for gateway in old.gateways.values():
                each.start_soon(
                    self._drain,
                    gateway,
                    new.drain_seconds,
                    IDLE_SECONDS,
                    RETIRED_COMMIT_SECONDS,
                )
        if old.observer is not None and not new.recording:
            old.unrecorded = True
            await self._finish(old.observer)
        self._let_go(old, new)

    def _let_go(self, old: Generation, kept: Generation) -> None:
        """Closes what one generation has and the other does not."""
        held = [*kept.listeners, *kept.page]
        for listener in (*old.listeners, *old.page):
            if listener not in held:
                listener.close()
        if old.place is not None:
            old.place.close()

    async def _stop(self, idle_seconds: float) -> None:
        """Drains: no new connections, streams finish, the observer commits."""
        if self._reloading is not None:
            await self._reloaded.wait()
        self.current.retired = True
        for listener in (*self.current.listeners, *self.current.page):
            listener.close()
        self.current.page = []
        for observer in self._living("observer"):
            await observer.control.send("hide")  # the next server may have its port
        self._presence.stops()
        gateways = self._living("gateway")
        async with trio.open_nursery() as each:
            each.start_soon(self._explain_waiting)
            async with trio.open_nursery() as drains:
                drains.start_soon(self._give_way, gateways)
                for gateway in gateways:
                    seconds = self.current.drain_seconds
                    drains.start_soon(
                        self._drain,
                        gateway,
                        seconds,
                        idle_seconds,
                        self._commit_seconds,
                    )
            each.cancel_scope.cancel()
        self.current.unrecorded = True  # also if its observer is dead just now
        observers = self._living("observer")
        for observer in observers:
            self._children[observer].unrecorded = True
        async with trio.open_nursery() as each:
            for observer in observers:
                asked = self._began if observer is self.current.observer else None
                each.start_soon(self._finish, observer, asked)
        self._report(gateways)
        say_patiently(self._summary())
        self._nursery.cancel_scope.cancel()

    async def _give_way(self, gateways: list[Child]) -> None:
        """Says that new connections are the next server's alone."""
        await _have_closed(gateways)
        self._gave_way.set()

    async def _explain_waiting(self) -> None:
        """To somebody who pressed Ctrl-C and sees nothing happen."""
        await trio.sleep(EXPLAIN_SECONDS)
        say(
            f"finishing what is under way, for {self.current.drain_seconds:g} s at "
            "most; Ctrl-C or SIGTERM again ends it at once"
        )

    def _summary(self) -> str:
        """What the recorder says of everything since the start."""
        if not self.current.recording:
            return "Session Statistics Summary: recording is off"
        observer = self.current.observer
        said = "" if observer is None else observer.summary
        return said or "Session Statistics Summary: the recorder gave none"

    def _report(self, gateways: list[Child]) -> None:
        cut = sum(gateway.cut for gateway in gateways)
        if cut:
            complain(f"{cut} exchange(s) were cut; they are recorded as interrupted")
        lost = sum(gateway.unrecorded for gateway in gateways)
        if lost:
            complain(f"{lost} exchange(s) could not be recorded before the end")
        if cut or lost:
            self.exit_code = 1

    async def _drain(
        self,
        gateway: Child,
        seconds: float,
        idle_seconds: float,
        commit_seconds: float,
    ) -> None:
        """Until its streams have ended and are recorded; a second signal cuts it."""
        await gateway.control.send(
            "drain",
            seconds=seconds,
            idle_seconds=idle_seconds,
            commit_seconds=commit_seconds,
        )
        await self._wait(gateway, seconds + commit_seconds + GRACE_SECONDS)
        if self._hurry.is_set() and not gateway.gone.is_set():
            await gateway.control.send("stop")
            with trio.move_on_after(HURRIED_SECONDS):
                await gateway.gone.wait()
        gateway.kill()
        await gateway.gone.wait()

    async def _finish(self, observer: Child, summary_since: int | None = None) -> None:
        """Until it has committed what its links brought, and has summed it up."""
        await observer.control.send("finish", summary_since=summary_since)
        await self._wait(observer, self._commit_seconds)
        if self._hurry.is_set():
            with trio.move_on_after(HURRIED_SECONDS):
                await observer.gone.wait()
        if not observer.gone.is_set():
            complain("the recorder did not finish in time and was ended")
            observer.kill()
            await observer.gone.wait()

    async def _wait(self, child: Child, seconds: float) -> None:
        """Until the child is gone, the time is up, or somebody is in a hurry."""
        with trio.move_on_after(seconds):
            async with trio.open_nursery() as first:
                for event in (child.gone, self._hurry):
                    first.start_soon(_cancel_after, event, first.cancel_scope)


def _page(old: Generation, plan: Mapping[str, Any]) -> list[socket.socket]:
    """The web page's old sockets when it is to be where it is, else new ones."""
    before, after = old.plan["supervisor"], plan["supervisor"]
    where = ("ui_enabled", "ui_host", "ui_port", "recording")
    if old.page and all(before[name] == after[name] for name in where):
        return old.page
    return bind_page(after)


async def _have_closed(gateways: list[Child]) -> None:
    """Until none of them takes a new connection; CLOSING_SECONDS at most."""
    with trio.move_on_after(CLOSING_SECONDS):
        for gateway in gateways:
            await gateway.closed.wait()


async def _cancel_after(event: trio.Event, scope: trio.CancelScope) -> None:
    await event.wait()
    scope.cancel()
