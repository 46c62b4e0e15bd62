"""The recorder from end to end: batches, retries, privacy, crashes at any line."""

import json
import os
import random
import signal
import stat
import sys
import warnings
from datetime import date

import pytest

from lunaroute.errors import StoreError
from lunaroute.link import RawExchange
from lunaroute.recording import Recorder, _recorder
from lunaroute.store import open_store
from tests.recording.build import (
    SESSION,
    anthropic_message,
    anthropic_stream,
    exchange,
    question,
)

DAY = date(2026, 1, 2)


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "home" / "sessions.db", writer=True) as store:
        yield store


def recorder(tmp_path, store):
    return Recorder(tmp_path / "home" / "sessions", store, today=lambda: DAY)


def completed_ids(tmp_path):
    found = []
    for path in (tmp_path / "home" / "sessions").rglob("*.jsonl"):
        data = path.read_bytes()
        assert data.endswith(b"\n")
        events = [json.loads(line) for line in data.splitlines()]
        assert events[-1]["type"] == "completed"
        found += [e["exchange_id"] for e in events if e["type"] == "completed"]
        starts = [e["exchange_id"] for e in events if e["type"] == "started"]
        assert sorted(starts) == sorted(set(starts))
    return sorted(found)


def test_a_conversation(tmp_path, store):
    history = question("why is the sky blue", stream=True)
    history["messages"] += [
        {"role": "assistant", "content": [
            {"type": "text", "text": "because of scattering"},
            {"type": "tool_use", "id": "toolu_1", "name": "Read",
             "input": {"path": "sky.txt"}}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "toolu_1", "content": "it is blue"}]},
    ]  # fmt: skip
    writer = recorder(tmp_path, store)
    one = writer.record([anthropic_stream(1)])
    two = writer.record(
        [anthropic_message(2, body=history), anthropic_message(3, body=history)]
    )
    assert [str(each) for each in one.ids] == ["boot-0-1"]
    assert [row.id for row in two.rows] == ["boot-0-2", "boot-0-3"]
    (call,) = store.tool_calls(SESSION)
    assert call.result_exchange_id == "boot-0-2"
    kinds = [(text.exchange_id, text.kind) for text in store.texts(SESSION)]
    assert kinds == [
        ("boot-0-1", "prompt"),
        ("boot-0-1", "answer"),
        ("boot-0-1", "tool_input"),
        ("boot-0-2", "tool_output"),
    ]
    for words in ("sky blue", "scattering", "sky.txt", '"it is blue"'):
        assert store.search(words, 5)
    assert completed_ids(tmp_path) == ["boot-0-1", "boot-0-2", "boot-0-3"]


def test_the_same_exchange_twice_in_a_batch(tmp_path, store):
    recorded = recorder(tmp_path, store).record(
        [anthropic_message(1), anthropic_message(1)]
    )
    assert [str(each) for each in recorded.ids] == ["boot-0-1"]
    assert [row.id for row in recorded.rows] == ["boot-0-1"]
    assert completed_ids(tmp_path) == ["boot-0-1"]


def test_a_resent_exchange_is_acknowledged_and_is_no_news(tmp_path, store):
    writer = recorder(tmp_path, store)
    writer.record([anthropic_message(1)])
    again = writer.record([anthropic_message(1, resent=True)])
    assert [str(each) for each in again.ids] == ["boot-0-1"]
    assert again.rows == ()


def test_a_session_of_its_own_for_each_request_without_one(tmp_path, store):
    writer = recorder(tmp_path, store)
    writer.record([anthropic_message(n, session=None) for n in (1, 2)])
    writer.record([anthropic_message(1, session=None, resent=True)])
    assert len(store.list_sessions(9)) == 2
    assert len(completed_ids(tmp_path)) == 2


def test_nothing_to_write_to():
    recorded = Recorder(None, None).record([anthropic_message(1)])
    assert [str(each) for each in recorded.ids] == ["boot-0-1"]


def test_an_empty_batch(tmp_path, store):
    assert recorder(tmp_path, store).record([]).ids == ()


def test_files_alone(tmp_path):
    writer = recorder(tmp_path, None)
    writer.record([anthropic_message(1), anthropic_stream(2)])
    again = recorder(tmp_path, None)
    again.record([anthropic_message(1, resent=True), anthropic_stream(2, resent=True)])
    assert completed_ids(tmp_path) == ["boot-0-1", "boot-0-2"]


def test_modes_under_an_open_umask(tmp_path):
    before = os.umask(0)
    try:
        with open_store(tmp_path / "home" / "sessions.db", writer=True) as store:
            recorder(tmp_path, store).record([anthropic_message(1)])
            for path in (tmp_path / "home").rglob("*"):
                wanted = 0o700 if path.is_dir() else 0o600
                assert stat.S_IMODE(path.stat().st_mode) == wanted, path
    finally:
        os.umask(before)


def test_no_credential_is_anywhere_on_disk(tmp_path, store):
    secret = "sk-ant-s3cret"
    fields = [
        ("Authorization", f"Bearer {secret}"),
        ("X-Api-Key", secret),
        ("Cookie", secret),
        ("Proxy-Authorization", secret),
        ("X-Unknown", secret),
    ]
    recorder(tmp_path, store).record(
        [anthropic_stream(1, request_fields=fields, path=f"/v1/messages?k={secret}")]
    )
    store.close()
    for path in (tmp_path / "home").rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes()


def test_a_row_the_store_refuses_does_not_stop_the_others(tmp_path, store, caplog):
    bad = anthropic_message(2)
    bad.shed = 2**63
    recorded = recorder(tmp_path, store).record(
        [anthropic_message(1), bad, anthropic_message(3)]
    )
    assert len(recorded.ids) == 3
    rows = store.exchanges(SESSION)
    assert len(rows) == 3
    assert "not recorded in full" in rows[1].problem
    assert "boot-0-2" in caplog.text


def test_part_of_a_batch_counts_when_the_rest_fails(
    tmp_path, store, monkeypatch, caplog
):
    monkeypatch.setattr(_recorder, "_SLICE_BYTES", 1)
    writer = recorder(tmp_path, store)
    keep, calls = writer._keeper.keep, []

    class FailsAtThird:
        def keep(self, records, today):
            calls.append(records)
            if len(calls) == 3:
                raise OSError("disk full")
            return keep(records, today)

    writer._keeper = FailsAtThird()
    batch = [anthropic_message(number) for number in range(1, 6)]
    assert [each.counter for each in writer.record(batch).ids] == [1, 2]
    assert "disk full" in caplog.text
    assert [each.counter for each in writer.record(batch).ids] == [1, 2, 3, 4, 5]
    assert completed_ids(tmp_path) == [f"boot-0-{n}" for n in range(1, 6)]


def test_an_error_reaches_the_caller_when_nothing_was_committed(tmp_path, store):
    store.close()
    with pytest.raises(StoreError):
        recorder(tmp_path, store).record([anthropic_message(1)])


def test_a_directory_that_cannot_be_made(tmp_path, store):
    (tmp_path / "home" / "sessions").touch()
    writer = recorder(tmp_path, store)
    with pytest.raises(OSError, match="sessions"):
        writer.record([anthropic_message(1)])
    (tmp_path / "home" / "sessions").unlink()
    assert len(writer.record([anthropic_message(1)]).ids) == 1
    assert completed_ids(tmp_path) == ["boot-0-1"]


def test_other_exchanges_are_rows_and_no_sessions(tmp_path, store):
    hello = exchange(1, method="HEAD", path="/api/hello", session=None, status=404)
    recorded = recorder(tmp_path, store).record([hello])
    assert recorded.rows[0].endpoint == "other"
    assert store.list_sessions(5) == ()
    assert completed_ids(tmp_path) == ["boot-0-1"]


# --- kill -9 at any line of the commit ------------------------------------------------

PLACES = (
    "lunaroute/recording/_journal.py",
    "lunaroute/recording/_keeper.py",
    "lunaroute/recording/_recorder.py",
    "lunaroute/store/_connect.py",
    "lunaroute/store/_store.py",
    "lunaroute/store/_write.py",
)


def crash_batch(*, resent: bool) -> list[RawExchange]:
    return [
        anthropic_message(number, session=f"sess-{number % 2}", resent=resent)
        for number in range(1, 5)
    ]


def record_batch(tmp_path, with_store, *, resent):
    if not with_store:
        recorder(tmp_path, None).record(crash_batch(resent=resent))
        return
    with open_store(tmp_path / "home" / "sessions.db", writer=True) as store:
        recorder(tmp_path, store).record(crash_batch(resent=resent))


def in_child(work, dies_at) -> int:
    """Runs ``work`` in a child that is killed at its n-th line in one of PLACES."""
    with warnings.catch_warnings():
        # Newer Pythons warn of threads, of which the child needs none.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    lines = 0
    write = os.write

    def step():
        nonlocal lines
        lines += 1
        if lines == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def torn_write(descriptor, data):
        # A kernel may take a line in two parts, and we may die between them.
        written = write(descriptor, data[: len(data) // 2 + 1])
        step()
        return written

    def trace(frame, event, _):
        if not frame.f_code.co_filename.endswith(PLACES):
            return None
        if event == "line":
            step()
        return trace

    try:
        os.write = torn_write
        sys.settrace(trace)
        work()
        sys.settrace(None)
        os._exit(min(lines // 10, 250))
    finally:
        os._exit(255)


@pytest.mark.parametrize("with_store", [True, False])
def test_a_kill_at_any_line_leaves_each_exchange_exactly_once(tmp_path, with_store):
    whole = tmp_path / "whole"
    status = in_child(lambda: record_batch(whole, with_store, resent=False), -1)
    lines = os.waitstatus_to_exitcode(status) * 10
    assert 50 <= lines < 2_500
    rng = random.Random(7)
    expected = [f"boot-0-{number}" for number in range(1, 5)]
    for dies_at in rng.sample(range(1, lines), 60):
        home = tmp_path / str(dies_at)
        status = in_child(
            lambda at=home: record_batch(at, with_store, resent=False), dies_at
        )
        assert os.WIFSIGNALED(status), dies_at
        record_batch(home, with_store, resent=True)
        assert completed_ids(home) == expected, dies_at
        if with_store:
            with open_store(home / "home" / "sessions.db", writer=False) as store:
                rows = [row.id for n in (0, 1) for row in store.exchanges(f"sess-{n}")]
                assert sorted(rows) == expected, dies_at
                assert len(store.texts("sess-0")) == len(store.texts("sess-1")) == 2
