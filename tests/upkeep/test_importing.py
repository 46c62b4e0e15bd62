"""Files come in in steps between which a recorder may write."""

import json
from dataclasses import replace

import pytest

from lunaroute.errors import StoreError
from lunaroute.importing import _importer
from lunaroute.pii import CustomPattern, Policy
from lunaroute.recording import Recorder
from lunaroute.store import open_store
from lunaroute.upkeep import begin
from tests.importing.kit import FIXTURES, found
from tests.pii.finder import SECRET
from tests.recording.build import anthropic_message
from tests.upkeep.kit import finish, site

FILE = FIXTURES / "claude_code.jsonl"


def task(*paths, **more):
    return {"task": "import", "paths": [str(path) for path in paths], **more}


def test_a_file_comes_in_once(tmp_path):
    place = site(tmp_path)
    report = finish(begin(place, task(FILE)))
    assert json.loads(json.dumps(report)) == report
    assert (report["imported"], report["exchanges"], report["failed"]) == (1, 2, 0)
    with open_store(place.database, writer=False) as store:
        assert found(store, "marzipan") == ["prompt"]
        (row, *_) = store.list_sessions(1)
        assert store.exchanges(row.session_id)[0].imported_at is not None
    assert finish(begin(place, task(FILE)))["skipped"] == 1


def test_one_that_is_missing_or_is_none(tmp_path):
    place = site(tmp_path)
    (tmp_path / "x.txt").write_text("nothing")
    report = finish(begin(place, task(tmp_path / "gone", tmp_path / "x.txt", FILE)))
    assert (report["imported"], report["failed"]) == (1, 2)
    report = finish(
        begin(place, task(tmp_path / "gone", FILE, continue_on_error=False))
    )
    assert (report["skipped"], report["failed"]) == (0, 1)


def test_a_recorder_writes_between_the_steps(tmp_path, monkeypatch):
    monkeypatch.setattr(_importer, "_TURNS", 1)
    place = site(tmp_path)
    place.home.mkdir()
    with open_store(place.database, writer=True) as store:
        recorder, number = Recorder(None, store), 0
        for _ in begin(place, task(FILE, batch_size=1)):
            number += 1
            recorder.record([anthropic_message(number)])
        assert number >= 3
        assert len(store.list_sessions(10)) == 2


def test_a_step_that_is_not_followed_keeps_what_was_committed(tmp_path, monkeypatch):
    monkeypatch.setattr(_importer, "_TURNS", 1)
    place = site(tmp_path)
    steps = begin(place, task(FILE))
    next(steps)
    next(steps)
    steps.close()
    with open_store(place.database, writer=False) as store:
        (row,) = store.list_sessions(10)
        assert len(store.exchanges(row.session_id)) == 1
    report = finish(begin(place, task(FILE)))
    assert (report["exchanges"], report["known"]) == (1, 1)


def test_what_is_not_recorded_is_not_brought_in(tmp_path):
    place = site(tmp_path)
    hidden = CustomPattern(name="key", pattern="zk-[0-9a-f]+")
    place = replace(place, redaction=Policy({}, custom=(hidden,)))
    copy = tmp_path / "x.jsonl"
    copy.write_bytes(FILE.read_bytes().replace(b"marzipan", SECRET.encode()))
    assert finish(begin(place, task(copy)))["imported"] == 1
    for path in place.home.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes()


def test_no_paths(tmp_path):
    with pytest.raises(StoreError, match="paths must be a list"):
        finish(begin(site(tmp_path), {"task": "import", "paths": "x"}))
