"""The summary that the observer gives the supervisor when both end."""

import logging

from lunaroute.errors import NothingRecorded, StoreError
from lunaroute.insight import summary
from lunaroute.observer._options import ObserverOptions
from lunaroute.store import open_store

_log = logging.getLogger("lunaroute.observer")


def last_words(options: ObserverOptions, since: int) -> str:
    """Of all that was recorded since a moment, in microseconds since the epoch.

    Never raises: what went wrong is what is said.
    """
    path = options.sqlite_path
    if path is None:
        return (
            "Session Statistics Summary: SQLite recording is off, so nothing was summed"
        )
    with_turns = options.log_level in ("debug", "trace")
    try:
        with open_store(path, writer=False) as store:
            return summary(
                store, since, options.summary_sessions, with_turns=with_turns
            )
    except NothingRecorded:
        return summary(None, since, 0)
    except StoreError as error:
        return f"Session Statistics Summary: {error}"
    except Exception as error:  # noqa: BLE001 - no summary is worth a failed end
        _log.exception("no summary")
        return f"Session Statistics Summary: {type(error).__name__}: {error}"
