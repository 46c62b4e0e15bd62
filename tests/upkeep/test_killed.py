"""A task that is killed anywhere has lost and torn nothing, and is done by the next one.

A child does the task and ends at the N-th thing that it was about to do to the disk, or
between two steps. ``KILLS=1000 pytest tests/upkeep/test_killed.py`` tries every N.
"""

import os
import shutil
import sys
import warnings
from dataclasses import dataclass, field, replace

import apsw
import pytest

from lunaroute.pii import Policy
from lunaroute.recording import Recorder, SessionFiles, read_lines
from lunaroute.recording._stream import Stream
from lunaroute.store import open_store
from lunaroute.upkeep import Limits, begin
from lunaroute.upkeep import _cleanup as cleanup
from tests.importing.kit import FIXTURES
from tests.recording.build import (
    SESSION,
    anthropic_events,
    anthropic_message,
    anthropic_stream,
    question,
    sse,
)
from tests.upkeep.kit import day, fill, finish, moment, site
from tests.upkeep.test_reindexing import TABLES

KILLS = int(os.environ.get("KILLS", "7"))
SECRET = "sk-ant-api03-" + "Ab3dEf6hIj9" * 9
KILLED, FAILED = 9, 3
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@dataclass(frozen=True)
class Task:
    """``gone`` are the sessions that are not there afterwards; ``hidden`` says that the
    secret is not.
    """

    task: dict
    gone: frozenset = frozenset()
    hidden: bool = False
    limits: dict = field(default_factory=dict)
    again: str = ""  # what the same task may say when nothing was left to do


TASKS = {
    "delete": Task(
        {"task": "delete", "sessions": ["day-20"]},
        gone=frozenset({"day-20"}),
        again="there is no session",
    ),
    "cleanup": Task(
        {"task": "cleanup"}, gone=frozenset({"day-0"}), limits={"max_age_days": 30}
    ),
    "compress": Task({"task": "cleanup"}, limits={"compress_after_days": 7}),
    "reindex": Task({"task": "reindex"}),
    "reprice": Task({"task": "reprice"}),
    "import": Task(
        {"task": "import", "paths": [str(FIXTURES / "claude_code.jsonl")], "batch_size": 1}
    ),
    "scan": Task(
        {"task": "scan", "policy": Policy({"anthropic_key": "mask"}).plain()}, hidden=True
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """A record, and a copy of it to begin from again: paths stand in the database."""
    place = site(tmp_path_factory.mktemp("killed"))
    fill(place, [0, 20, 40], words=f"with {SECRET} in it")
    with open_store(place.database, writer=True) as store:
        recorder = Recorder(place.directory, store, today=lambda: day(40))
        history = []
        for number in range(1, 4):
            history.append({"role": "user", "content": f"{number} {SECRET} " * 20})
            body = question("") | {"messages": [*history]}
            start = (40 * 86_400_000 + number * 1_000) * 1_000_000
            recorder.record([anthropic_stream(70 + number, body=body, start=start)])
    saved = place.home.with_name("saved")
    shutil.copytree(place.home, saved)
    return place, saved


def restore(record):
    place, saved = record
    shutil.rmtree(place.home)
    shutil.copytree(saved, place.home)


def steps_of(place, task):
    place = replace(place, limits=Limits(**task.limits))
    if task.task["task"] == "cleanup":
        return cleanup.clean_up(place, now=lambda: moment(40))
    return begin(place, task.task)


def in_child(place, task, point):
    """What became of a child that ends before its ``point``-th event; how many events
    there were, up to 255, if it came to its end.
    """
    with warnings.catch_warnings():
        # Threads of other tests are idle here, and hold nothing that the child needs.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)
    code = FAILED
    try:
        seen = 0

        def event():
            nonlocal seen
            seen += 1
            if seen == point:
                os._exit(KILLED)

        def heard(name, given):
            if name in (
                "os.rename",
                "os.remove",
                "os.rmdir",
                "os.truncate",
                "os.utime",
            ) or (name == "open" and isinstance(given[2], int) and given[2] & _WRITING):
                event()

        def committing():
            event()
            return False

        sys.addaudithook(heard)
        apsw.connection_hooks.append(lambda made: made.set_commit_hook(committing))
        for _ in steps_of(place, task):
            event()
        code = 0
        if not point:
            code = 10 + min(seen, 200)
    except BaseException as error:  # noqa: BLE001 - the parent is told
        os.write(2, f"{error!r}\n".encode())
    finally:
        os._exit(code)


def state(place):
    """All that is recorded, less numbers and times that are given as it is written."""
    left_out = {"seq", "result_text_id", "imported_at", "path"}
    found = {}
    connection = apsw.Connection(str(place.database))
    assert connection.execute("PRAGMA integrity_check").get == "ok"
    for table, order in TABLES.items():
        if table == "jsonl_files":
            continue
        names = [
            name
            for (name,) in connection.execute(
                f"SELECT name FROM pragma_table_info('{table}')"
            )
            if name not in left_out | ({"id"} if table == "texts" else set())
        ]
        statement = f"SELECT {', '.join(names)} FROM {table} ORDER BY {order}"
        found[table] = [
            row for row in connection.execute(statement) if "late" not in row
        ]
    found["owed"] = list(connection.execute("SELECT key FROM meta WHERE key IN ('room_owed', 'replacing')"))  # fmt: skip
    connection.close()
    found["files"] = {
        path.name: b"".join(read_lines(path))
        for path in sorted(place.directory.rglob("*"))
        if path.is_file() and "late" not in path.name
    }
    return found


def is_whole(place, task, *, is_done):
    """Every exchange that may be there is there as it was, or as the task leaves it."""
    with open_store(place.database, writer=False) as store:
        files = SessionFiles(store)
        sessions = {row.session_id for row in store.list_sessions(1000)}
        assert sessions >= {"day-0", "day-20", "day-40", SESSION} - task.gone
        assert not (is_done and sessions & task.gone)
        for name in sessions - task.gone:
            rows = store.exchanges(name)
            assert rows
            if name.startswith("day-") or name == SESSION:
                assert len(rows) == 3
            for row in rows if name.startswith(("day-", SESSION)) else ():
                body = files.request(row)
                assert (SECRET.encode() in body) is not (b"[ANTHROPIC_KEY]" in body)
                assert not (is_done and task.hidden and SECRET.encode() in body)
                assert files.lines(row)[-1].startswith(b'{"type":"completed"')
                if name == SESSION:
                    assert files.answered(row) == Stream(
                        b"".join(sse(*anthropic_events()))
                    )


def record_more(place):
    """The recorder goes on in the same file and elsewhere."""
    with open_store(place.database, writer=True) as store:
        recorder = Recorder(place.directory, store, today=lambda: day(40))
        late = anthropic_message(900, session="late")
        recorder.record([late])
        row = store.exchanges("late")[0]
        assert SessionFiles(store).request(row)


@pytest.mark.parametrize("name", TASKS)
def test_nothing_is_lost_or_torn_and_the_next_one_does_it(record, name):
    place, _ = record
    task = TASKS[name]
    restore(record)
    count = in_child(place, task, 0) - 10
    assert count > 2, f"it failed: {count + 10}"
    expected = state(place)
    is_whole(place, task, is_done=True)
    step = max(1, count // KILLS)
    for point in range(1 + count % step, count + 1, step):
        restore(record)
        assert in_child(place, task, point) == KILLED, point
        is_whole(place, task, is_done=False)
        if point % 2:
            record_more(place)
        try:
            finish(steps_of(place, task))
        except Exception as error:
            if not task.again or task.again not in str(error):
                raise
            finish(cleanup.clean_up(place, now=lambda: moment(40)))
        is_whole(place, task, is_done=True)
        assert state(place) == expected, point
        record_more(place)
        is_whole(place, task, is_done=True)
