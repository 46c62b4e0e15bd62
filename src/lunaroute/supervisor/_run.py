"""The supervisor process, wired: limits, plan, places, sockets, children."""

import json
import os
import resource
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import trio

from lunaroute.control import SUPERVISORS_SIGNALS
from lunaroute.errors import ConfigError
from lunaroute.supervisor._log import LogFile
from lunaroute.supervisor._places import claim, prepare_places
from lunaroute.supervisor._plan import read_plan
from lunaroute.supervisor._presence import Presence
from lunaroute.supervisor._say import address_of, banner, complain, say, speak
from lunaroute.supervisor._sockets import bind, bind_page, meeting, refuse_exposure
from lunaroute.supervisor._supervise import READY_SECONDS, Generation, Supervisor

MANY_DESCRIPTORS = 1_048_576


def main(arguments: Sequence[str]) -> int:
    """Runs until told to end; returns the exit code.

    The first argument is a JSON object of the flags given to ``serve``, the second one
    of what only the supervisor has to know: ``log``, the file to write to instead of
    the terminal, and ``token_file``, where the token lies if we made it.
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
        try:
            log = LogFile(Path(launch["log"])) if launch.get("log") else None
            plan = await read_plan(flags)
            if log is not None:
                log.begin()
            options = plan["supervisor"]
            refuse_exposure(options)
            prepare_places(options)
            listeners = bind(options["host"], options["port"])
            claimed = claim(options, address_of(listeners))
            first = Generation(plan, listeners, meeting(plan), bind_page(options))
        except (ConfigError, OSError) as error:
            complain(str(error))
            return 2
        presence = Presence(flags, launch, claimed)
        try:
            return await _supervise(flags, first, signals, presence, log)
        finally:
            presence.ends()


async def _supervise(
    flags: Mapping[str, Any],
    first: Generation,
    signals: AsyncIterator[int],
    presence: Presence,
    log: LogFile | None,
) -> int:
    welcome = banner(first.plan["supervisor"], first.listeners, first.page)
    async with trio.open_nursery() as nursery:
        supervisor = Supervisor(flags, nursery, first, presence)
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
            if not supervisor.is_stopping:
                presence.serves(first.plan["supervisor"], first.listeners, first.page)
                say(welcome)
    if supervisor.current.place is not None:
        supervisor.current.place.close()
    return supervisor.exit_code
