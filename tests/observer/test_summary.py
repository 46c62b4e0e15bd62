"""The last words: of a record, of none, of one that cannot be read."""

from dataclasses import replace

import pytest

from lunaroute.observer._memory import Memory
from lunaroute.observer._options import ObserverOptions
from lunaroute.observer._summary import last_words
from lunaroute.recording import Recorder
from lunaroute.store import open_store
from lunaroute.upkeep import Limits, Site
from tests.observer.test_agreement import traffic
from tests.store.kit import START, prepared, write


@pytest.fixture
def options(tmp_path):
    return ObserverOptions(
        log_level="info",
        home=tmp_path,
        jsonl_directory=None,
        sqlite_path=tmp_path / "sessions.db",
        socket_path=tmp_path / "observer.sock",
        site=Site(tmp_path, tmp_path / "sessions", tmp_path / "sessions.db", Limits()),
        summary_sessions=1,
    )


def test_of_a_record(options):
    with open_store(options.sqlite_path, writer=True) as store:
        write(store, prepared(1, "a", output=5), prepared(2, "b", output=7))
    text = last_words(options, START)
    assert "Session: b" in text
    assert "Session: a" not in text
    assert "  Total tokens:    12" in text
    assert "  time " not in text
    assert "  time " in last_words(replace(options, log_level="debug"), START)


def test_of_nothing(options):
    assert last_words(options, 0) == "Session Statistics Summary: no requests"


def test_without_sqlite(options, tmp_path):
    files = replace(options, sqlite_path=None)
    assert last_words(files, 0) == "Session Statistics Summary: SQLite recording is off"
    memory = Memory()
    assert "no requests" in last_words(files, 0, memory)
    memory.remember(Recorder(tmp_path / "sessions", None).record(traffic()).news)
    text = last_words(files, 0, memory)
    assert "  Total tokens:    6,635" in text
    assert text.splitlines()[-1].startswith("  (without SQLite: what this recorder")
    memory.forgotten = 7
    assert last_words(files, 0, memory).endswith(", less the first 7)")


def test_of_what_cannot_be_read(options, caplog):
    options.sqlite_path.write_text("no database at all" * 100)
    assert "is not a SQLite database" in last_words(options, 0)
    with open_store(options.home / "other.db", writer=True) as store:
        write(store, prepared(1))
    broken = replace(options, sqlite_path=options.home / "other.db")
    # Nothing of ours says a moment that is no number; whatever did, the end goes on.
    assert "Error" in last_words(broken, object())
    assert "no summary" in caplog.text
