"""Rows are taken out in steps, their words with them, and the file shrinks."""

import os
import sqlite3
import time

import pytest

from lunaroute.store import JsonlFile, open_store
from lunaroute.store._pruning import SessionNumbers
from tests.store.kit import START, prepared, text, write

DAY = "2025-10-09"
WORD = "zephyrquartz"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sessions.db"


@pytest.fixture
def store(path, monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    with open_store(path, writer=True) as store:
        yield store
    monkeypatch.undo()
    time.tzset()


def spoken(number, session="s1", words="nothing", **more):
    said = f"{words} number {number} " + os.urandom(4_000).hex()
    return prepared(number, session, texts=(text("prompt", "user", said),), **more)


def delete_session(store, name):
    last = store.pruning.session_numbers(name).last
    return store.pruning.delete_of_session(name, last, 1_000)


def give_back(pruning):
    begin = True
    while pruning.merge_index(begin=begin):
        begin = False
    while pruning.vacuum():
        pass
    return pruning.empty_log()


def test_what_is_there_is_counted(store):
    name = f"{DAY}/session_a.jsonl"
    write(
        store,
        spoken(1, jsonl_file=name),
        spoken(2, jsonl_file=name),
        spoken(3),
        spoken(4, started_at=5, imported_at=START + 86_400_000_000),
    )
    store.announce([JsonlFile(f"/x/{name}", DAY, 0)])
    pruning = store.pruning
    assert pruning.counts() == {name: 2}
    assert pruning.loose_counts() == {DAY: 1, "2025-10-10": 1}
    assert pruning.files() == ((DAY, f"/x/{name}"),)
    assert pruning.newest() == START + 86_400_000_000
    assert pruning.can_shrink()
    pruning.forget_file(f"{DAY}/session_b.jsonl")
    assert len(pruning.files()) == 1
    pruning.forget_file(name)
    assert pruning.files() == ()


def test_nothing_recorded_has_no_newest(store):
    assert store.pruning.newest() is None
    assert store.pruning.counts() == store.pruning.loose_counts() == {}


def test_a_few_at_a_time(store):
    name = f"{DAY}/session_a.jsonl"
    write(store, *(spoken(n, jsonl_file=name) for n in range(5)))
    write(store, spoken(7), spoken(8, started_at=START + 86_400_000_000))
    write(store, spoken(9, "other"))
    pruning = store.pruning
    assert [pruning.delete_of_file(name, 2) for _ in range(4)] == [2, 2, 1, 0]
    assert pruning.delete_loose(DAY, 50) == 2  # numbers 7 and 9
    assert pruning.delete_loose(DAY, 50) == 0
    assert delete_session(store, "s1") == 1
    assert pruning.newest() is None


def test_what_is_under_way_goes_with_its_session_alone(store):
    name = f"{DAY}/session_a.jsonl"
    write(store, spoken(1, jsonl_file=name), spoken(2))
    write(
        store,
        spoken(3, jsonl_file=name, outcome="open"),
        spoken(4, outcome="open"),
    )
    pruning = store.pruning
    assert pruning.open_files() == {name}
    assert pruning.delete_of_file(name, 50) == 1
    assert pruning.delete_loose(DAY, 50) == 1
    assert pruning.delete_open("s1") == 2


def test_what_there_is_of_a_session(store):
    name = f"{DAY}/session_a.jsonl"
    write(
        store,
        spoken(1, "abc", jsonl_file=name),
        spoken(2, "abc", agent="helper"),
        spoken(3, "abc", outcome="open"),
        spoken(4, "abd"),
    )
    pruning = store.pruning
    assert pruning.session_numbers("abc") == SessionNumbers(3, 3, 1, 1, (name,))
    assert pruning.session_numbers("none") == SessionNumbers(0, 0, 0, 0, ())
    assert pruning.sessions("ab", 9) == ("abc", "abd")
    assert pruning.sessions("abc", 9) == ("abc",)
    assert pruning.session_of_agent("helper") == "abc"
    assert pruning.session_of_agent("nobody") is None
    assert pruning.delete_of_session("abc", 3, 2) == 2
    assert pruning.session_numbers("abc").last == 3
    assert pruning.delete_of_session("abc", 2, 2) == 0


def test_no_word_of_a_deleted_session_is_left_in_the_file(store, path):
    write(store, *(spoken(n, "gone", WORD) for n in range(60)))
    write(store, *(spoken(n, "kept", "stays") for n in range(60, 70)))
    used = store.pruning.used_bytes()
    assert delete_session(store, "gone") == 60
    assert give_back(store.pruning)
    assert store.pruning.used_bytes() < used / 2
    assert path.stat().st_size == store.pruning.used_bytes()
    assert path.with_name("sessions.db-wal").stat().st_size == 0
    assert WORD.encode() not in path.read_bytes()
    assert len(store.search("stays", 50)) == 10
    assert store.search(WORD, 50) == ()


def test_the_index_is_sound_for_any_sqlite(store, path):
    write(store, *(spoken(n, "gone", WORD) for n in range(20)))
    write(store, *(spoken(n, "kept", "stays") for n in range(20, 30)))
    delete_session(store, "gone")
    give_back(store.pruning)
    store.close()  # two SQLites in one process do not see each other's locks
    with sqlite3.connect(path) as plain:
        plain.execute(
            "INSERT INTO texts_index (texts_index, rank) VALUES ('integrity-check', 1)"
        )
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        # A newer format of the index could not be opened by a SQLite before 3.42.
        version = plain.execute(
            "SELECT v FROM texts_index_config WHERE k = 'version'"
        ).fetchone()
    assert version == (4,)


def test_a_reader_keeps_the_log_and_nobody_waits(store, path):
    write(store, spoken(1))
    with open_store(path, writer=False) as reader:
        reader._connection.execute("BEGIN")
        assert len(reader.exchanges("s1")) == 1
        write(store, spoken(2))
        assert not store.pruning.empty_log()
    assert store.pruning.empty_log()


def test_a_file_that_cannot_shrink_says_so(tmp_path):
    path = tmp_path / "other.db"
    with open_store(path, writer=True) as store:
        write(store, *(spoken(n) for n in range(20)))
    with sqlite3.connect(path) as plain:
        plain.execute("PRAGMA journal_mode = DELETE")
        plain.execute("PRAGMA auto_vacuum = NONE")
        plain.execute("VACUUM")
    with open_store(path, writer=True) as store:
        assert not store.pruning.can_shrink()
        delete_session(store, "s1")
        assert not store.pruning.vacuum()
