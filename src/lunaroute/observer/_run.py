"""The observer process, wired: options, lock, store, recorder, links."""

import fcntl
import importlib
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import trio

from lunaroute.control import Control
from lunaroute.link import RawExchange
from lunaroute.logs import log_to_stderr
from lunaroute.observer._copies import copies_of
from lunaroute.observer._detail import details
from lunaroute.observer._disk import free_bytes, record_sizes
from lunaroute.observer._exporter import CLOSING_SECONDS, Collector, Exporter
from lunaroute.observer._keeper import Keeper, Tells, Writes
from lunaroute.observer._links import LinkEnd
from lunaroute.observer._live import Live
from lunaroute.observer._memory import Memory
from lunaroute.observer._metrics import Metrics
from lunaroute.observer._options import ObserverOptions
from lunaroute.observer._page import page_application
from lunaroute.observer._place import Place
from lunaroute.observer._running import Running
from lunaroute.observer._screen import Screen
from lunaroute.observer._span import Tracer
from lunaroute.observer._summary import last_words
from lunaroute.observer._tail import Tail
from lunaroute.observer._upkeep import Upkeep
from lunaroute.observer._view import Boxes, Objects, Shown
from lunaroute.observer._web import GRACE_SECONDS, application, serve_app
from lunaroute.pii import KINDS, SECRETS, Detector, Policy, Redactor, load_plugins
from lunaroute.pricing import use_overrides
from lunaroute.upkeep import Contact, leave_contact, lock_path
from lunaroute.writers import load_writer

log = logging.getLogger("lunaroute.observer")
requests = logging.getLogger("lunaroute.requests")

HEALTH_SECONDS = 1.0
DISK_SECONDS = 60.0
LIVE_SECONDS = 0.1
LOCK_SECONDS = 0.02
LOCK_WARNING_SECONDS = 3.0
RETRY_SECONDS = 0.5
# Without a supervisor: how long a disk that does not take the last records is tried.
ORPHAN_SECONDS = 30.0


class Observer:
    """The links of this process and where their exchanges go."""

    def __init__(self, options: ObserverOptions, nursery: trio.Nursery) -> None:
        self._options = options
        self._nursery = nursery
        self._links: set[LinkEnd] = set()
        self._ending = False
        self.orphaned = False  # the supervisor is gone: what it would tidy is ours
        self.summary_since: int | None = None  # who asks for one says since when
        self._all_gone = trio.Event()
        self._running = Running()
        self.metrics = Metrics(options.pools)
        # A database remembers by itself.
        self.memory = Memory() if options.sqlite_path is None else None
        self._closing = trio.Event()  # of what is served
        self._page_closing = trio.Event()
        self._served = trio.Event()
        self._exporter: Exporter | None = None
        self._spans_sent = trio.Event()
        if options.tracing is not None:
            self._exporter = _exporter(options.tracing, self.metrics)
        heard_by: list[Tells] = [self.metrics]
        if self._exporter is not None:
            heard_by.append(self._exporter)
        self._copies = copies_of(options.writers, load_writer, self.metrics.copied)
        heard_by += self._copies
        self.keeper = Keeper(self._open_recorder, heard_by, self._running)
        # Masks for the log, which is what people send to others.
        self._mask = Redactor(_shown_detector(options.redaction), {})
        self._live: Live | None = None
        self._screen: Screen | None = None
        if options.log_requests:
            self._screen = Screen(encoding=sys.stdout.encoding)
            form = Objects() if options.log_format == "json" else Boxes()
            show = partial(_show, self._screen, form)
            self._live = Live(show, _shown_detector(options.redaction))
        self.upkeep = Upkeep(options.site, self.keeper.turn)

    async def obey(self, control: Control) -> None:
        """Takes the supervisor's messages. The end of its channel means finish."""
        while (message := await control.receive()) is not None:
            if message.op == "link":
                self.metrics.restarted(message.values["restarts"])
                link = LinkEnd(message.socket(), self.keeper.look)
                self._links.add(link)
                self._running.add(link)
                self._nursery.start_soon(self._follow, link)
                await link.report(self.keeper.trouble)
            elif message.op == "log":
                message.become_output()
            elif message.op == "linked":
                self._running.all_linked()
                self.keeper.look()
            elif message.op == "hide":
                self._page_closing.set()
            elif message.op == "finish":
                self.summary_since = message.values["summary_since"]
                self._finish()
            elif message.op == "release":
                self._release()
                await control.send("released")
        self.orphaned = True
        self._finish()

    async def report_health(self) -> None:
        """Once a second, to every gateway, and what they report into the metrics."""
        while True:
            await trio.sleep(HEALTH_SECONDS)
            for link in list(self._links):
                await link.report(self.keeper.trouble)
            self.look()

    def look(self) -> None:
        """The gateways' state, into the metrics."""
        links = [link.assembler for link in self._links]
        self.metrics.take(links, self.keeper.trouble)

    async def show_live(self) -> None:
        """Ten times a second, what passes, on standard output."""
        while self._live is not None:
            await trio.sleep(LIVE_SECONDS)
            self._live.look(
                raw for link in self._links for raw in link.assembler.opened
            )

    async def copy(self) -> None:
        """To the writers of other packages."""
        async with trio.open_nursery() as nursery:
            for copies in self._copies:
                nursery.start_soon(copies.run)

    async def end_copies(self) -> None:
        """What waits is written, by each writer that does so soon."""
        async with trio.open_nursery() as nursery:
            for copies in self._copies:
                nursery.start_soon(copies.close)

    async def send_spans(self) -> None:
        """To the collector, where tracing is on."""
        if self._exporter is not None:
            await self._exporter.run()
        self._spans_sent.set()

    async def end_tracing(self) -> None:
        """What waits is sent, if the collector takes it soon."""
        if self._exporter is not None:
            self._exporter.close()
            with trio.move_on_after(CLOSING_SECONDS):
                await self._spans_sent.wait()

    def close_screen(self) -> None:
        """At the end: what was to be shown is written."""
        if self._screen is not None:
            self._screen.close()

    async def watch_disk(self) -> None:
        """Once a minute, what the record takes, into the metrics."""
        options = self._options
        while True:
            sizes = await trio.to_thread.run_sync(
                record_sizes, options.sqlite_path, options.jsonl_directory
            )
            self.metrics.disk(sizes, free_bytes(options.home))
            await trio.sleep(DISK_SECONDS)

    def exposition(self) -> bytes:
        """What a scrape gets: gauges are of this moment."""
        self.look()
        return self.metrics.exposition()

    async def wait_all_gone(self) -> None:
        """Returns once we were told to end and no link is left."""
        await self._all_gone.wait()

    async def serve(self, web: socket.socket, page: list[socket.socket]) -> None:
        """Answers what is asked on these sockets until another observer does."""
        options = self._options
        app = application(
            self.exposition,
            options.sqlite_path,
            self.upkeep.route(),
            Tail(options.sqlite_path, self._closing).route(),
        )
        async with trio.open_nursery() as serving:
            serving.start_soon(serve_app, app, [web], self._closing)
            if page:
                shown = page_application(
                    options.page, options.sqlite_path, self.upkeep.performed
                )
                serving.start_soon(serve_app, shown, page, self._page_closing)
        self._served.set()

    async def end_serving(self) -> None:
        """Accepts nothing more; returns when what was asked is answered."""
        self._page_closing.set()
        self._closing.set()
        with trio.move_on_after(2 * GRACE_SECONDS):
            await self._served.wait()

    def _finish(self) -> None:
        """No further links: ends when those that are open have ended."""
        self._ending = True
        if not self._links:
            self._all_gone.set()

    def _release(self) -> None:
        """Another observer takes over: the gateways will send it what is open."""
        self._ending = True
        self._running.hand_over()
        self._page_closing.set()  # the sockets are the other one's, too
        self._closing.set()
        for link in self._links:
            link.close()
        if not self._links:
            self._all_gone.set()

    async def _follow(self, link: LinkEnd) -> None:
        is_dead = False
        try:
            while (complete := await link.receive()) is not None:
                self._ended(complete)
                await self.keeper.put(link, complete)
            if link.is_open:
                is_dead = True
                interrupted = link.interrupt()
                self._ended(interrupted)
                await self.keeper.put(link, interrupted)
        except trio.ClosedResourceError:
            log.debug("a link was handed over")
        finally:
            link.close()
            self.metrics.take_last(link.assembler)
            self._links.discard(link)
            self._running.remove(link, is_dead=is_dead)
            self.keeper.look()
            if self._ending and not self._links:
                self._all_gone.set()

    def _ended(self, exchanges: Iterable[RawExchange]) -> None:
        for raw in exchanges:
            if self._live is not None:
                self._live.ended(raw)
            if requests.isEnabledFor(logging.DEBUG):
                for text in details(raw, self._mask):
                    requests.debug("%s", text)

    def _open_recorder(self) -> Writes:
        if self.memory is None:
            return Place(self._options, self._rebuild)
        return Place(self._options, self._rebuild, self.memory.remember)

    def _rebuild(self) -> None:
        """Runs in the recorder's thread: what is lost comes back from the files."""
        trio.from_thread.run_sync(self.upkeep.rebuild)


def run(control_descriptor: int) -> None:
    """The process' body: records until all its links have ended."""
    os.umask(0o077)
    trio.run(_main, socket.socket(fileno=control_descriptor))


async def _main(sock: socket.socket) -> None:
    control = Control(sock)
    start = await control.receive()
    if start is None:
        return
    options = ObserverOptions.from_plain(start.values["options"])
    log_to_stderr(options.log_level, options.log_format, sql=options.log_sql)
    web_socket = start.socket()
    page_sockets = [start.socket() for _ in list(start.descriptors)]
    use_overrides(options.site.prices)
    async with trio.open_nursery() as nursery:
        observer = Observer(options, nursery)
        nursery.start_soon(observer.obey, control)
        nursery.start_soon(observer.report_health)
        nursery.start_soon(observer.watch_disk)
        nursery.start_soon(observer.serve, web_socket, page_sockets)
        nursery.start_soon(observer.show_live)
        nursery.start_soon(observer.send_spans)
        nursery.start_soon(observer.copy)
        observer.keeper.trouble = "another recorder still holds the home"
        async with _lock(lock_path(options.home), observer.keeper) as held:
            observer.keeper.trouble = ""
            _leave_contact(held, observer.upkeep.contact(str(options.socket_path)))
            await control.send("ready")
            await _keep(observer)
        observer.close_screen()
        await observer.end_tracing()
        await observer.end_copies()
        if observer.summary_since is not None:
            asked = options, observer.summary_since, observer.memory
            words = await trio.to_thread.run_sync(last_words, *asked)
            await control.send("summary", text=words)
        await observer.end_serving()
        nursery.cancel_scope.cancel()
    if observer.orphaned:
        options.socket_path.unlink(missing_ok=True)


def _shown_detector(policy: Policy) -> Detector:
    """Secrets always, and whatever is redacted in the record."""
    return Detector(
        SECRETS | set(policy.modes),
        custom=policy.custom,
        min_confidence=policy.min_confidence,
        extra=load_plugins() if policy.plugins else (),
        loopback=policy.loopback,
        documentation=policy.documentation,
    )


def _exporter(collector: Collector, metrics: Metrics) -> Exporter:
    """The encoder needs a package that only tracing needs."""
    encoder = importlib.import_module("lunaroute.observer._otlp")
    tracer = Tracer(Detector(set(KINDS)) if collector.include_content else None)
    return Exporter(collector, tracer, encoder.encode, metrics.spans)


def _show(screen: Screen, form: Boxes | Objects, shown: Shown) -> None:
    screen.show(form.lines(shown))


async def _keep(observer: Observer) -> None:
    """Records and looks after the record until all links have ended."""
    async with trio.open_nursery() as looking:
        looking.start_soon(observer.upkeep.run)
        async with trio.open_nursery() as keeping:
            keeping.start_soon(observer.keeper.run)
            await observer.wait_all_gone()
            observer.keeper.close()
            if observer.orphaned:  # nobody is left who would end us
                keeping.cancel_scope.deadline = trio.current_time() + ORPHAN_SECONDS
        looking.cancel_scope.cancel()


def _leave_contact(descriptor: int, contact: Contact) -> None:
    try:
        leave_contact(descriptor, contact)
    except OSError as error:
        log.warning("commands that write will not find us: %s", error)


@asynccontextmanager
async def _lock(path: Path, keeper: Keeper) -> AsyncIterator[int]:
    """One recorder per home: waits for an earlier one to commit and end."""
    descriptor = await _opened(path, keeper)
    began = trio.current_time()
    warned = False
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await trio.sleep(LOCK_SECONDS)
            if not warned and trio.current_time() - began > LOCK_WARNING_SECONDS:
                log.warning("another recorder still holds %s; waiting", path)
                warned = True
        yield descriptor
    finally:
        os.close(descriptor)


async def _opened(path: Path, keeper: Keeper) -> int:
    """The lock's file; a home that is gone or read-only is waited for."""
    while True:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            keeper.trouble = f"cannot open {path}: {error.strerror}"
            await trio.sleep(RETRY_SECONDS)
