"""The supervisor process, wired: limits, plan, places, sockets, children."""

import json
import os
import resource
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import trio

from lunaroute.control import SUPERVISORS_SIGNALS
from lunaroute.errors import ConfigError
from lunaroute.supervisor._child import Child, start
from lunaroute.supervisor._handover import Predecessor, predecessor
from lunaroute.supervisor._log import LogFile
from lunaroute.supervisor._places import claim, prepare_places
from lunaroute.supervisor._plan import read_plan
from lunaroute.supervisor._presence import Presence
from lunaroute.supervisor._say import address_of, banner, complain, say, speak
from lunaroute.supervisor._sockets import (
    Meeting,
    bind,
    bind_page,
    meeting,
    refuse_exposure,
)
from lunaroute.supervisor._supervise import READY_SECONDS, Generation, Supervisor

MANY_DESCRIPTORS = 1_048_576


def main(arguments: Sequence[str]) -> int:
    """Runs until told to end; returns the exit code.

    The first argument is a JSON object of the flags given to ``serve``, the second one
    of what only the supervisor has to know: ``log``, the file to write to instead of
    the terminal, ``token_file``, where the token lies if we made it, and ``succeeds``,
    the descriptor of a connection to the server whose place we take.
    """
    limit_resources()
    flags, launch = map(json.loads, arguments[:2])
    return trio.run(_main, flags, launch)


def limit_resources() -> None:
    """No core dumps (memory holds keys), private files, all descriptors allowed."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o077)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY_DESCRIPTORS if hard == resource.RLIM_INFINITY else hard
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _main(flags: Mapping[str, Any], launch: Mapping[str, str]) -> int:
    # Installed before anything else: from here on no signal is a traceback.
    with trio.open_signal_receiver(*SUPERVISORS_SIGNALS) as signals:
        speak(str(flags.get("log_format", "text")))  # the plan may know better
        early: Child | None = None
        try:
            log = LogFile(Path(launch["log"])) if launch.get("log") else None
            # It loads its modules while the configuration is read: 0.15 s of a start.
            early = start("gateway", lambda: None)
            plan = await read_plan(flags)
            if log is not None:
                log.begin()
            options = plan["supervisor"]
            refuse_exposure(options)
            prepare_places(options)
            old = await predecessor(launch.get("succeeds"))
            listeners, page, claimed = _taken_over(old, options)
            first = Generation(plan, listeners, meeting(plan), page)
        except (ConfigError, OSError) as error:
            complain(str(error))
            if early is not None:
                early.discard()
            return 2
        presence = Presence(flags, launch, claimed)
        try:
            return await _supervise(flags, first, signals, presence, log, old, early)
        finally:
            presence.ends()


def _taken_over(
    old: Predecessor | None, options: Mapping[str, Any]
) -> tuple[list[socket.socket], list[socket.socket], int | None]:
    """Listening sockets, those of the page, the home's lock: what another server gives
    us, and what it does not give. Raises ConfigError, OSError.
    """
    listeners = old.listeners(options) if old else []
    listeners = listeners or bind(options["host"], options["port"])
    address = address_of(listeners)
    claimed = old.claimed(options, address) if old else None
    if claimed is None:
        claimed = claim(options, address)
    page = old.page(options) if old else []
    return listeners, page or bind_page(options), claimed


def _door(home: str) -> Meeting | None:
    try:
        return Meeting(Path(home))
    except OSError as error:
        complain(f"`lunaroute restart` will refuse connections for a moment: {error}")
        return None


async def _supervise(
    flags: Mapping[str, Any],
    first: Generation,
    signals: AsyncIterator[int],
    presence: Presence,
    log: LogFile | None,
    old: Predecessor | None,
    early: Child,
) -> int:
    options = first.plan["supervisor"]
    welcome = banner(options, first.listeners, first.page)
    door = _door(options["home"])
    async with trio.open_nursery() as nursery:
        supervisor = Supervisor(flags, nursery, first, presence, early)
        nursery.start_soon(supervisor.obey, signals)
        if log is not None:
            nursery.start_soon(supervisor.keep_log, log)
        try:
            await supervisor.start()
        except (trio.TooSlowError, OSError) as error:
            reason = str(error) or f"it was not ready within {READY_SECONDS:g} s"
            complain(f"the gateway does not start: {reason}")
            supervisor.exit_code = 1
            nursery.cancel_scope.cancel()
        else:
            if old is not None:
                await old.stop()
            if door is not None:
                presence.door = str(door.path)
                nursery.start_soon(supervisor.keep_door, door.listener)
            if not supervisor.is_stopping:
                presence.serves(options, first.listeners, first.page)
                say(welcome)
    if door is not None:
        door.close()
    if supervisor.current.place is not None:
        supervisor.current.place.close()
    return supervisor.exit_code
