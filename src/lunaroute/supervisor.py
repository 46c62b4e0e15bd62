"""The supervisor: binds the sockets, starts the other processes and keeps them.

It alone obeys signals and it knows no HTTP. ``python -m lunaroute.supervisor FLAGS``
is what ``lunaroute serve`` becomes; FLAGS is a JSON object of the flags given, what
follows is there for people who look the process up by name.
"""

import fcntl
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trio

from lunaroute._version import __version__
from lunaroute.control import SUPERVISORS_SIGNALS, Control
from lunaroute.errors import ConfigError

BACKLOG = 1024
MAX_SOCKET_PATH = 100
# A child that dies is back at once; one that keeps dying waits ever longer.
QUIET_DEATHS = 5
DEATHS_WINDOW = 10.0
MAX_BACKOFF = 2.0
READY_SECONDS = 20.0
# After the drain deadline the gateway cuts by itself; then it is not asked any more.
GRACE_SECONDS = 3.0
COMMIT_SECONDS = 30.0
HURRIED_SECONDS = 5.0
PYTHON = (sys.executable, "-P", "-m")


@dataclass(slots=True, eq=False)
class Child:
    """A process of ours, with the channel to it."""

    name: str
    process: "subprocess.Popen[bytes]"
    control: Control
    ready: trio.Event = field(default_factory=trio.Event)
    gone: trio.Event = field(default_factory=trio.Event)
    cut: int = 0  # exchanges that a gateway had to cut at its end

    async def listen(self) -> None:
        """Follows what the child says until it is gone, and reaps it."""
        while (message := await self.control.receive()) is not None:
            if message.op == "ready":
                self.ready.set()
            elif message.op == "drained":
                self.cut = message.values["cut"]
        await trio.to_thread.run_sync(self.process.wait, abandon_on_cancel=True)
        self.control.close()
        self.gone.set()

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()


class Meeting:
    """The Unix socket where a gateway finds the observer's web application.

    The supervisor holds it, so that it outlives a restart of the observer. It lies
    below the home, where the next start clears away what a killed one left; a home
    too deep for a socket's path (104 bytes on macOS) has it in a temporary directory.
    """

    _count = 0

    def __init__(self, home: Path) -> None:
        Meeting._count += 1
        name = f"{os.getpid()}-{Meeting._count}.sock"
        directory = home / "run"
        if len(os.fsencode(directory / name)) > MAX_SOCKET_PATH:
            directory = Path(tempfile.mkdtemp(prefix="lunaroute-"))
        directory.mkdir(mode=0o700, exist_ok=True)
        if Meeting._count == 1:  # the home is ours alone from here on
            for left in directory.glob("*.sock"):
                left.unlink()
        self.path = directory / name
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.path.chmod(0o600)
        self.listener.listen(BACKLOG)

    def close(self) -> None:
        self.listener.close()
        self.path.unlink(missing_ok=True)
        if not any(self.path.parent.iterdir()):
            self.path.parent.rmdir()


def meeting(plan: Mapping[str, Any]) -> Meeting | None:
    """A place to meet the observer, if there will be one."""
    options = plan["supervisor"]
    return Meeting(Path(options["home"])) if options["recording"] else None


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


@dataclass(slots=True, eq=False)
class Generation:
    """The children of one configuration."""

    plan: Mapping[str, Any]
    listeners: list[socket.socket]
    place: "Meeting | None"
    gateway: Child | None = None
    observer: Child | None = None
    retired: bool = False  # no child of it is started again
    patience: Patience = field(default_factory=Patience)

    @property
    def recording(self) -> bool:
        return bool(self.plan["supervisor"]["recording"])


class Supervisor:
    """Keeps one generation alive, replaces it on SIGHUP, ends it on SIGTERM."""

    def __init__(
        self,
        flags: Mapping[str, Any],
        nursery: trio.Nursery,
        first: Generation,
        claimed: int | None,
    ) -> None:
        self._flags = flags
        self._nursery = nursery
        self.current = first
        # All that still speak to the present observer, older generations' included.
        self._tapped: list[Child] = []
        self._stopping = False
        self._hurry = trio.Event()
        self.claimed = claimed
        self.exit_code = 0

    async def start(self) -> None:
        """Starts the first generation; returns when it serves."""
        await self._launch(self.current)

    async def obey(self, signals: AsyncIterator[int]) -> None:
        """SIGHUP reloads, the first other signal drains, the second ends at once."""
        async for number in signals:
            if number == signal.SIGHUP and not self._stopping:
                await self._reload()
            elif number != signal.SIGHUP and self._stopping:
                self._hurry.set()
            elif number != signal.SIGHUP:
                self._stopping = True
                self._nursery.start_soon(self._stop)

    async def _launch(self, generation: Generation) -> None:
        if generation.recording:
            await self._start_observer(generation)
        gateway = await self._start_gateway(generation)
        with trio.fail_after(READY_SECONDS):
            await gateway.ready.wait()

    async def _start_observer(self, generation: Generation) -> None:
        observer = self._spawn("observer")
        generation.observer = observer
        place = generation.place
        assert place is not None
        await observer.control.send(
            "start",
            options={
                **generation.plan["observer"],
                "socket_path": str(place.path),
            },
            descriptors=[place.listener.fileno()],
        )
        for gateway in self._tapped:
            await _link(gateway, observer)
        self._nursery.start_soon(self._keep_observer, generation, observer)

    async def _start_gateway(self, generation: Generation) -> Child:
        gateway = self._spawn("gateway")
        generation.gateway = gateway
        await gateway.control.send(
            "start",
            options={
                **generation.plan["gateway"],
                "observer_socket": str(generation.place.path)
                if generation.place
                else "",
            },
            worker=0,
            descriptors=[listener.fileno() for listener in generation.listeners],
        )
        if generation.observer is not None:
            self._tapped.append(gateway)
            await _link(gateway, generation.observer)
        self._nursery.start_soon(self._keep_gateway, generation, gateway)
        return gateway

    async def _keep_observer(self, generation: Generation, observer: Child) -> None:
        await observer.listen()
        if generation.retired or generation.observer is not observer:
            return
        await trio.sleep(self._mourn(generation, observer))
        if not generation.retired:
            await self._start_observer(generation)

    async def _keep_gateway(self, generation: Generation, gateway: Child) -> None:
        await gateway.listen()
        if gateway in self._tapped:
            self._tapped.remove(gateway)
        if generation.retired:
            return
        await trio.sleep(self._mourn(generation, gateway))
        if not generation.retired:
            await self._start_gateway(generation)

    def _mourn(self, generation: Generation, child: Child) -> float:
        wait = generation.patience.after_death(trio.current_time())
        code = child.process.returncode
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        complain(f"the {child.name} ended ({how}); starting it again")
        return wait

    async def _reload(self) -> None:
        """A new generation takes over; a bad configuration changes nothing."""
        old = self.current
        try:
            plan = await read_plan(self._flags)
            listeners = _same_or_new(old, plan)
            if self.claimed is None:  # recording may have been off until now
                address = address_of(listeners)
                self.claimed = claim(plan["supervisor"], address)
        except (ConfigError, OSError) as error:
            complain(f"the new configuration is not used, nothing has changed: {error}")
            return
        old.retired = True
        new = Generation(plan, listeners, meeting(plan))
        self.current = new
        if old.observer is not None and new.recording:
            await old.observer.control.send("release")
        try:
            await self._launch(new)
        except trio.TooSlowError:
            complain("the new gateway is not ready yet; it goes on starting")
        say("configuration reloaded")
        self._nursery.start_soon(self._retire, old, new)

    async def _retire(self, old: Generation, new: Generation) -> None:
        for listener in old.listeners:
            if listener not in new.listeners:
                listener.close()
        if old.gateway is not None:
            seconds = new.plan["supervisor"]["shutdown_timeout_secs"]
            await _drain(old.gateway, seconds)
        if old.observer is not None and not old.observer.gone.is_set():
            await _finish(old.observer, COMMIT_SECONDS)
        if old.place is not None:
            old.place.close()

    async def _stop(self) -> None:
        """Drains: no new connections, streams finish, the observer commits."""
        generation = self.current
        generation.retired = True
        for listener in generation.listeners:
            listener.close()
        seconds = generation.plan["supervisor"]["shutdown_timeout_secs"]
        gateways = {
            child for child in (generation.gateway, *self._tapped) if child is not None
        }
        async with trio.open_nursery() as draining:
            draining.start_soon(self._hasten, gateways, draining.cancel_scope)
            async with trio.open_nursery() as each:
                for gateway in gateways:
                    each.start_soon(_drain, gateway, seconds)
            draining.cancel_scope.cancel()
        if generation.observer is not None:
            patience = HURRIED_SECONDS if self._hurry.is_set() else COMMIT_SECONDS
            await _finish(generation.observer, patience)
        cut = sum(gateway.cut for gateway in gateways)
        if cut:
            complain(f"{cut} exchange(s) were cut; they are recorded as interrupted")
            self.exit_code = 1
        self._nursery.cancel_scope.cancel()

    async def _hasten(self, gateways: set[Child], scope: trio.CancelScope) -> None:
        """The second signal: ends at once."""
        await self._hurry.wait()
        for gateway in gateways:
            await gateway.control.send("stop")
        with trio.move_on_after(1):
            for gateway in gateways:
                await gateway.gone.wait()
        for gateway in gateways:
            gateway.kill()
            await gateway.gone.wait()
        scope.cancel()

    def _spawn(self, name: str) -> Child:
        ours, theirs = socket.socketpair()
        process = spawn(
            [*PYTHON, f"lunaroute.{name}", str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        return Child(name, process, Control(ours))


async def _link(gateway: Child, observer: Child) -> None:
    """A new link between two children: an end for each."""
    near, far = socket.socketpair()
    with near, far:
        await observer.control.send("link", descriptors=[far.fileno()])
        await gateway.control.send("link", descriptors=[near.fileno()])


async def _drain(gateway: Child, seconds: float) -> None:
    await gateway.control.send("drain", seconds=seconds)
    with trio.move_on_after(seconds + GRACE_SECONDS):
        await gateway.gone.wait()
    gateway.kill()
    await gateway.gone.wait()


async def _finish(observer: Child, seconds: float) -> None:
    await observer.control.send("finish")
    with trio.move_on_after(seconds):
        await observer.gone.wait()
    if not observer.gone.is_set():
        complain(f"the recorder did not finish within {seconds:g} s and was ended")
        observer.kill()
        await observer.gone.wait()


def spawn(command: Sequence[str], **options: Any) -> "subprocess.Popen[bytes]":
    """Starts a child with the supervisor's signals blocked, so that none can end it
    before it ignores them.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, SUPERVISORS_SIGNALS)
    try:
        return subprocess.Popen(list(command), **options)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SUPERVISORS_SIGNALS)


async def read_plan(flags: Mapping[str, Any]) -> dict[str, Any]:
    """What each process is to do, read and checked in a short-lived child.

    Raises ConfigError with the child's own words.
    """
    child = spawn(
        [*PYTHON, "lunaroute.config", "resolve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    asked = json.dumps(flags).encode()
    out, err = await trio.to_thread.run_sync(child.communicate, asked)
    if child.returncode != 0:
        raise ConfigError(err.decode(errors="replace").strip())
    plan: dict[str, Any] = json.loads(out)
    for warning in plan["supervisor"]["warnings"]:
        complain(f"warning: {warning}")
    return plan


def bind(host: str, port: int) -> list[socket.socket]:
    """Listening sockets for every address of ``host``, all on one port.

    Raises ConfigError in words for a port in use and the like.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    listeners: list[socket.socket] = []
    for family, kind, _, _, address in dict.fromkeys(found):
        try:
            listeners.append(_listen(family, kind, address[0], port))
        except OSError as error:
            if listeners and family == socket.AF_INET6:
                continue  # "localhost" on a machine without IPv6
            raise ConfigError(
                f"cannot listen on {host} port {port}: {error.strerror}"
                + (
                    "; is another LunaRoute running? --port chooses another"
                    if "in use" in str(error.strerror)
                    else ""
                )
            ) from error
        port = listeners[0].getsockname()[1]
    return listeners


def _listen(family: int, kind: int, host: str | int, port: int) -> socket.socket:
    listener = socket.socket(family, kind)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def _same_or_new(old: Generation, plan: Mapping[str, Any]) -> list[socket.socket]:
    """The old listening sockets when the address is unchanged, else new ones."""
    before, after = old.plan["supervisor"], plan["supervisor"]
    prepare_places(after)
    if (before["host"], before["port"]) == (after["host"], after["port"]):
        return old.listeners
    return bind(after["host"], after["port"])


def prepare_places(options: Mapping[str, Any]) -> None:
    """Makes the directories that are recorded into. Raises ConfigError in words."""
    if not options["recording"]:
        return
    places = {Path(options["home"])}
    if options["sessions_dir"]:
        places.add(Path(options["sessions_dir"]))
    if options["sqlite_path"]:
        places.add(Path(options["sqlite_path"]).parent)
    for place in sorted(places):
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=place):
                pass
        except OSError as error:
            raise ConfigError(
                f"cannot record into {place}: {error.strerror}; "
                "LUNAROUTE_HOME chooses another place, --no-recording records nothing"
            ) from error


def claim(options: Mapping[str, Any], address: str) -> int | None:
    """Holds the home's lock for the life of this process; None when not recording.

    One home has one recorder. Raises ConfigError that names who has it.
    """
    if not options["recording"]:
        return None
    path = Path(options["home"]) / "serve.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(descriptor, 200, 0).decode(errors="replace").strip()
        os.close(descriptor)
        raise ConfigError(
            f"another LunaRoute records into {options['home']} already ({holder}); "
            "stop it, choose another LUNAROUTE_HOME, or use --no-recording"
        ) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"process {os.getpid()}, {address}\n".encode(), 0)
    return descriptor


def banner(options: Mapping[str, Any], listeners: Sequence[socket.socket]) -> str:
    """The start lines: where, for whom, with whose credentials, recorded where."""
    url = address_of(listeners)
    lines = [f"LunaRoute {__version__} serves on {url}", ""]
    lines += (
        f"  {provider['name']:<10} {provider['base_url']}  ({_whose(provider)})"
        for provider in options["providers"]
    )
    lines += (
        f"  {'recording':<10} {_where(options)}",
        f"  {'page':<10} {_page(options)}",
        "",
        f"  export ANTHROPIC_BASE_URL={url}",
        f"  export OPENAI_BASE_URL={url}/v1",
    )
    return "\n".join(lines)


def address_of(listeners: Sequence[socket.socket]) -> str:
    """A base URL that reaches us from this machine."""
    host, port = listeners[0].getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _whose(provider: Mapping[str, Any]) -> str:
    where = provider["credentials_from"]
    return {
        "client": "your client's own credentials pass through",
        "file": f"the key in {where} replaces the client's",
        "env": f"the key in {where} is used only where the client sends none",
    }[provider["credentials"]]


def _where(options: Mapping[str, Any]) -> str:
    if not options["recording"]:
        return "off"
    places = []
    if options["sessions_dir"]:
        places.append(f"{options['sessions_dir']} (JSONL)")
    if options["sqlite_path"]:
        places.append(f"{options['sqlite_path']} (SQLite)")
    return ", ".join(places)


def _page(options: Mapping[str, Any]) -> str:
    if not options["ui_enabled"]:
        return "off"
    where = f"http://{options['ui_host']}:{options['ui_port']}"
    return f"{where} will show the sessions; not built yet, use `lunaroute sessions`"


def say(text: str) -> None:
    """To the person at the terminal."""
    print(text, flush=True)


def complain(text: str) -> None:
    """To standard error, with our name."""
    print(f"lunaroute: {text}", file=sys.stderr, flush=True)


def limit_resources() -> None:
    """No core dumps (memory holds keys); as many descriptors as are allowed."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 1_048_576 if hard == resource.RLIM_INFINITY else hard
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _main(flags: Mapping[str, Any]) -> int:
    # Installed before anything else: from here on no signal is a traceback.
    with trio.open_signal_receiver(*SUPERVISORS_SIGNALS) as signals:
        try:
            plan = await read_plan(flags)
            options = plan["supervisor"]
            prepare_places(options)
            listeners = bind(options["host"], options["port"])
            # Held for the life of this process: nobody closes it.
            claimed = claim(options, address_of(listeners))
        except ConfigError as error:
            complain(str(error))
            return 2
        return await _supervise(
            flags, Generation(plan, listeners, meeting(plan)), signals, claimed
        )


async def _supervise(
    flags: Mapping[str, Any],
    first: Generation,
    signals: AsyncIterator[int],
    claimed: int | None,
) -> int:
    async with trio.open_nursery() as nursery:
        supervisor = Supervisor(flags, nursery, first, claimed)
        nursery.start_soon(supervisor.obey, signals)
        try:
            await supervisor.start()
        except trio.TooSlowError:
            complain(f"the gateway was not ready within {READY_SECONDS:g} s")
            supervisor.exit_code = 1
            nursery.cancel_scope.cancel()
        else:
            say(banner(first.plan["supervisor"], first.listeners))
    if supervisor.current.place is not None:
        supervisor.current.place.close()
    return supervisor.exit_code


def main(arguments: Sequence[str]) -> int:
    """Runs until told to end; returns the exit code."""
    limit_resources()
    return trio.run(_main, json.loads(arguments[0]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
