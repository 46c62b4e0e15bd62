"""Questions to a server that runs, over its own port."""

import http.client
import json
import re
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

from lunaroute.running import Server

SECONDS = 5.0
_SAMPLE = re.compile(r"^([a-zA-Z_:]+)(?:\{[^}]*\})? (\S+)$", re.MULTILINE)


def fetch(server: Server, path: str, seconds: float = SECONDS) -> bytes | None:
    """The body of whatever answer there is; None without one.

    Goes straight to loopback: no proxy of the environment is asked.
    """
    place = urlsplit(server.url)
    connection = http.client.HTTPConnection(
        str(place.hostname), place.port, timeout=seconds
    )
    with closing(connection):
        try:
            connection.request("GET", path)
            return connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return None


def readiness(server: Server) -> dict[str, Any] | None:
    """What ``/readyz`` says; None if nobody answers."""
    body = fetch(server, "/readyz")
    try:
        found = json.loads(body or b"")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def unrecorded(server: Server) -> int | None:
    """How many exchanges have ended and are not committed, as of the last second; None
    while the recorder does not answer or something is wrong with it.
    """
    answer = readiness(server)
    if answer is None or answer.get("why"):
        return None
    found = samples(server)
    held = found.get("lunaroute_tap_backlog_exchanges")
    if held is None:
        return None
    return max(0, int(held - found.get("lunaroute_live_exchanges", 0.0)))


def samples(server: Server) -> dict[str, float]:
    """The metrics by name, summed over their labels; empty where there are none."""
    body = fetch(server, "/metrics")
    found: dict[str, float] = {}
    for name, value in _SAMPLE.findall((body or b"").decode(errors="replace")):
        found[name] = found.get(name, 0.0) + float(value)
    return found
