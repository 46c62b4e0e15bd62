"""The plan: what each process is to do, read and checked by a short-lived child."""

import json
import subprocess
from collections.abc import Mapping
from typing import Any

import trio

from lunaroute.errors import ConfigError
from lunaroute.supervisor._child import PYTHON, spawn
from lunaroute.supervisor._say import complain, speak

# Reading a file and checking it takes 0.2 s; a file that never ends is a mistake.
PLAN_SECONDS = 20.0


async def read_plan(flags: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of supervisor, gateway and observer. Raises ConfigError with the
    child's own words.
    """
    child = spawn(
        [*PYTHON, "lunaroute.config", "resolve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    asked = json.dumps(flags).encode()
    try:
        with trio.fail_after(PLAN_SECONDS):
            out, err = await trio.to_thread.run_sync(
                child.communicate, asked, abandon_on_cancel=True
            )
    except trio.TooSlowError as error:
        raise ConfigError(
            f"the configuration could not be read within {PLAN_SECONDS:g} s"
        ) from error
    finally:
        if child.poll() is None:
            child.kill()
    if child.returncode != 0:
        raise ConfigError(err.decode(errors="replace").strip())
    plan: dict[str, Any] = json.loads(out)
    speak(plan["supervisor"]["log_format"])
    for warning in plan["supervisor"]["warnings"]:
        complain(f"warning: {warning}")
    return plan
