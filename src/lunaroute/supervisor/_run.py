"""The supervisor process, wired: limits, plan, places, sockets, children."""

import json
import os
import resource
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import trio

from lunaroute.control import SUPERVISORS_SIGNALS
from lunaroute.errors import ConfigError
from lunaroute.supervisor._places import claim, prepare_places
from lunaroute.supervisor._plan import read_plan
from lunaroute.supervisor._say import address_of, banner, complain, say
from lunaroute.supervisor._sockets import bind, meeting, refuse_exposure
from lunaroute.supervisor._supervise import READY_SECONDS, Generation, Supervisor

MANY_DESCRIPTORS = 1_048_576


def main(arguments: Sequence[str]) -> int:
    """Runs until told to end; returns the exit code.

    The first argument is a JSON object of the flags given to ``serve``.
    """
    limit_resources()
    return trio.run(_main, json.loads(arguments[0]))


def limit_resources() -> None:
    """No core dumps (memory holds keys), private files, all descriptors allowed."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o077)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY_DESCRIPTORS if hard == resource.RLIM_INFINITY else hard
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _main(flags: Mapping[str, Any]) -> int:
    # Installed before anything else: from here on no signal is a traceback.
    with trio.open_signal_receiver(*SUPERVISORS_SIGNALS) as signals:
        try:
            plan = await read_plan(flags)
            options = plan["supervisor"]
            refuse_exposure(options)
            prepare_places(options)
            listeners = bind(options["host"], options["port"])
            # Held for the life of this process: nobody closes it.
            claimed = claim(options, address_of(listeners))
            first = Generation(plan, listeners, meeting(plan))
        except (ConfigError, OSError) as error:
            complain(str(error))
            return 2
        return await _supervise(flags, first, signals, claimed)


async def _supervise(
    flags: Mapping[str, Any],
    first: Generation,
    signals: AsyncIterator[int],
    claimed: int | None,
) -> int:
    welcome = banner(first.plan["supervisor"], first.listeners)
    async with trio.open_nursery() as nursery:
        supervisor = Supervisor(flags, nursery, first, claimed)
        nursery.start_soon(supervisor.obey, signals)
        try:
            await supervisor.start()
        except (trio.TooSlowError, OSError) as error:
            reason = str(error) or f"it was not ready within {READY_SECONDS:g} s"
            complain(f"the gateway does not start: {reason}")
            supervisor.exit_code = 1
            nursery.cancel_scope.cancel()
        else:
            say(welcome)
    if supervisor.current.place is not None:
        supervisor.current.place.close()
    return supervisor.exit_code
