"""The summary that the observer gives the supervisor when both end."""

import logging

from lunaroute.errors import NothingRecorded, StoreError
from lunaroute.insight import SUMMARY_TITLE as TITLE
from lunaroute.insight import clock, summary
from lunaroute.observer._memory import Memory
from lunaroute.observer._options import ObserverOptions
from lunaroute.store import Store, open_store

_log = logging.getLogger("lunaroute.observer")


def last_words(
    options: ObserverOptions, since: int, memory: Memory | None = None
) -> str:
    """Of all that was recorded since a moment, in microseconds since the epoch; without
    a database, of what ``memory`` holds.

    Never raises: what went wrong is what is said.
    """
    path = options.sqlite_path
    try:
        if path is not None:
            with open_store(path, writer=False) as store:
                return _summary(store, since, options)
        if memory is not None:
            said = _summary(memory.store, since, options)
            return f"{said}\n\n  {_reach(memory)}"
    except NothingRecorded:
        return summary(None, since, 0)
    except StoreError as error:
        return f"{TITLE}: {error}"
    except Exception as error:  # noqa: BLE001 - no summary is worth a failed end
        _log.exception("no summary")
        return f"{TITLE}: {type(error).__name__}: {error}"
    return f"{TITLE}: SQLite recording is off"


def _summary(store: Store, since: int, options: ObserverOptions) -> str:
    with_turns = options.log_level in ("debug", "trace")
    return summary(store, since, options.summary_sessions, with_turns=with_turns)


def _reach(memory: Memory) -> str:
    began = clock(round(memory.began * 1_000_000))
    lacking = f", less the first {memory.forgotten:,}" if memory.forgotten else ""
    return f"(without SQLite: what this recorder remembers since {began}{lacking})"
