"""A file and its offsets change both or not at all, whenever the process dies."""

import pytest

from lunaroute.recording import (
    Recorder,
    finish_replacement,
    replacement,
    unfinished_replacement,
)
from lunaroute.store import open_store
from tests.recording.build import anthropic_stream


@pytest.fixture
def record(tmp_path):
    """A store and the file of its only session."""
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        Recorder(tmp_path / "sessions", store).record([anthropic_stream(1)])
        (path,) = (tmp_path / "sessions").rglob("*.jsonl")
        yield store, path


def note(store, path, size):
    name = f"{path.parent.name}/{path.name}"
    store.cells.relocate(name, str(path.resolve()), size, {}, path)


def test_names(tmp_path):
    path = tmp_path / "session_a.jsonl.zst"
    assert replacement(path).name == "session_a.jsonl.zst.redacted"
    assert unfinished_replacement(path).name == "session_a.jsonl.zst.redacted.tmp"


def test_nothing_was_noted(record):
    store, path = record
    before = path.read_bytes()
    replacement(path).write_bytes(b"another")
    finish_replacement(store)
    assert path.read_bytes() == before


def test_what_was_noted_is_renamed_once(record):
    store, path = record
    replacement(path).write_bytes(b"another")
    note(store, path, 7)
    finish_replacement(store)
    assert path.read_bytes() == b"another"
    assert not replacement(path).exists()
    assert store.cells.replacing() is None
    finish_replacement(store)
    assert path.read_bytes() == b"another"


def test_what_was_renamed_or_deleted_before_the_end_of_the_note(record):
    store, path = record
    before = path.read_bytes()
    note(store, path, len(before))
    finish_replacement(store)
    assert path.read_bytes() == before
    assert store.cells.replacing() is None


@pytest.mark.parametrize("more", [b"", b"a line more\n"])
def test_a_recorder_finishes_it_before_it_cuts_anything_back(record, more):
    """The new file may be longer than the old offset said."""
    store, path = record
    new = path.read_bytes() + more
    replacement(path).write_bytes(new)
    note(store, path, len(new))
    Recorder(path.parent.parent, store).record([anthropic_stream(2)])
    text = path.read_bytes()
    assert text.startswith(new)
    assert text.count(b'"type":"completed"') == 2
    assert store.cells.offset(str(path)) == len(text)
