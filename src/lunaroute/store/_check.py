"""Is a database whole? By SQLite's own check, which reads all of it."""

import time
from pathlib import Path

import apsw

_STEPS = 100_000


def first_damage(path: Path, seconds: float, steps: int = _STEPS) -> str | None:
    """SQLite's words for the first damage, "" if there is none; None if the file is too
    long to be read within the time, which is looked at every so many ``steps``.
    """
    deadline = time.monotonic() + seconds
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            connection.set_progress_handler(lambda: time.monotonic() > deadline, steps)
            said = connection.execute("PRAGMA quick_check(1)").get
        finally:
            connection.close()
    except apsw.InterruptError:
        return None
    except apsw.Error as error:
        return str(error)
    return "" if said == "ok" else str(said)
