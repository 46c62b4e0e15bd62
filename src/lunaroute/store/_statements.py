"""Each statement with the time it took, in the log, where somebody asks for it."""

import logging
from typing import Any

import apsw

from lunaroute.logs import SQL

_log = logging.getLogger(SQL)


def say_statements(connection: apsw.Connection) -> None:
    """Costs nothing unless the logger is on when the connection is opened.

    Only the statement's own text is said, with question marks where values go.
    """
    if _log.isEnabledFor(logging.INFO):
        connection.trace_v2(apsw.SQLITE_TRACE_PROFILE, _say)


def _say(event: dict[str, Any]) -> None:
    milliseconds = event["nanoseconds"] / 1_000_000
    text = " ".join(event["sql"].split())
    facts = {"milliseconds": round(milliseconds, 3)}
    _log.info("%.3f ms: %s", milliseconds, text, extra={"facts": facts})
