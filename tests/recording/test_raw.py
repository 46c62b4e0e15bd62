"""A request's body, back from the file that keeps it, or why not."""

from datetime import date

import orjson
import pytest
import zstandard

from lunaroute.errors import StoreError
from lunaroute.recording import Recorder, SessionFiles, _raw, recorded_request
from lunaroute.recording._once import Bodies
from lunaroute.store import ExchangeRow, open_store
from lunaroute.upkeep._compression import compress
from tests.recording.build import (
    anthropic_events,
    anthropic_message,
    anthropic_stream,
    exchange,
    sse,
)
from tests.recording.test_once import turns

DAY = date(2026, 1, 2)


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        yield store


def record(store, directory, *bodies):
    recorder = Recorder(directory, store, today=lambda: DAY)
    recorder.record(
        [exchange(n, request_pieces=[body]) for n, body in enumerate(bodies, start=1)]
    )


def given_back(store, number):
    return recorded_request(store, store.get_exchange(f"boot-0-{number}"))


def test_bodies_come_back_plain_and_compressed(store, tmp_path):
    bodies = turns(4)
    record(store, tmp_path / "sessions", *bodies)
    assert [given_back(store, n) for n in range(1, 5)] == bodies
    (path,) = (tmp_path / "sessions").rglob("*.jsonl")
    path.with_name(f"{path.name}.zst").write_bytes(
        zstandard.compress(path.read_bytes())
    )
    path.unlink()
    assert [given_back(store, n) for n in range(1, 5)] == bodies


def test_a_file_that_is_compressed_as_it_is_read(store, tmp_path, monkeypatch):
    (body,) = turns(1)
    record(store, tmp_path / "sessions", body)
    (path,) = (tmp_path / "sessions").rglob("*.jsonl")
    looked = []

    def look(*asked):
        looked.append(real(*asked))
        if len(looked) == 1:
            list(compress(path))
        return looked[-1]

    real = _raw._found
    monkeypatch.setattr(_raw, "_found", look)
    assert given_back(store, 1) == body
    assert [paths[0].suffix for paths in looked] == [".jsonl", ".zst"]


def test_each_row_says_where_its_lines_stand(store, tmp_path):
    record(store, tmp_path / "sessions", *turns(3))
    (path,) = (tmp_path / "sessions").rglob("*.jsonl")
    text = path.read_bytes()
    for number in (1, 2, 3):
        row = store.get_exchange(f"boot-0-{number}")
        lines = text[
            row.jsonl_offset : row.jsonl_offset + row.jsonl_length
        ].splitlines()
        assert lines[0].startswith(b'{"type":"started"')
        assert lines[-1].startswith(b'{"type":"completed"')
        assert all(row.id.encode() in line for line in lines)


def test_what_is_not_kept_says_why(store, tmp_path):
    record(store, None, turns(1)[0])
    with pytest.raises(StoreError, match="jsonl.enabled was false"):
        given_back(store, 1)


@pytest.mark.parametrize("with_store", [True, False])
def test_a_file_that_is_deleted_while_it_is_written(store, tmp_path, with_store):
    directory, bodies = tmp_path / "sessions", turns(5)
    recorder = Recorder(directory, store if with_store else None, today=lambda: DAY)
    sent = [
        exchange(n, request_pieces=[body]) for n, body in enumerate(bodies, start=1)
    ]
    recorder.record(sent[:3])
    (path,) = directory.rglob("*.jsonl")
    path.unlink()
    recorder.record(sent[3:4])
    recorder.record(sent[4:])
    found = Bodies(path.read_bytes().splitlines(keepends=True))
    assert [found.body(f"boot-0-{n}") for n in (4, 5)] == bodies[3:]
    assert path.stat().st_size < len(bodies[3]) + len(bodies[4])


def test_an_imported_body_is_elsewhere(store):
    row = ExchangeRow(
        id="a",
        session_id="s",
        started_at=0,
        outcome="answered",
        listener="import:codex",
    )
    with pytest.raises(StoreError, match="was imported"):
        recorded_request(store, row)


def test_a_file_that_is_gone_or_changed(store, tmp_path):
    record(store, tmp_path / "sessions", *turns(3))
    (path,) = (tmp_path / "sessions").rglob("*.jsonl")
    path.write_bytes(path.read_bytes()[store.get_exchange("boot-0-1").jsonl_length :])
    with pytest.raises(StoreError, match="was changed"):
        given_back(store, 3)
    path.unlink()
    with pytest.raises(StoreError, match="is gone"):
        given_back(store, 1)


def test_no_such_request(store):
    with pytest.raises(StoreError, match="there is no request 'x'"):
        store.get_exchange("x")


def test_events_and_answers_of_an_exchange(store, tmp_path):
    recorder = Recorder(tmp_path / "sessions", store, today=lambda: DAY)
    recorder.record([anthropic_message(1), anthropic_stream(2)])
    files = SessionFiles(store)
    one, two = store.get_exchange("boot-0-1"), store.get_exchange("boot-0-2")
    assert orjson.loads(files.answered(one).body)["id"] == "msg_2"
    assert files.answered(two).body == b"".join(sse(*anthropic_events()))
    assert files.lines(two)[0].startswith(b'{"type":"started"')
    # What is being written at this moment is not there yet.
    (path,) = (tmp_path / "sessions").rglob("*.jsonl")
    with path.open("ab") as file:
        file.write(b'{"type":"request_recorded","schema":1,"exchange_id":"x')
    assert orjson.loads(SessionFiles(store).request(one))["model"] == "claude-x"
