"""A database that is damaged while it is used makes room for a new one."""

from dataclasses import replace

import pytest

from lunaroute.errors import DamagedStore, StoreError
from lunaroute.observer._options import ObserverOptions
from lunaroute.observer._place import Place
from lunaroute.recording import _journal as journal
from lunaroute.store import move_aside, open_store
from lunaroute.upkeep import Limits, Site
from tests.recording.build import anthropic_message

PAGE = 4_096


@pytest.fixture
def options(tmp_path):
    return ObserverOptions(
        log_level="info",
        home=tmp_path,
        jsonl_directory=tmp_path / "sessions",
        sqlite_path=tmp_path / "sessions.db",
        socket_path=tmp_path / "observer.sock",
        site=Site(tmp_path, tmp_path / "sessions", tmp_path / "sessions.db", Limits()),
    )


def damage(path, start):
    content = bytearray(path.read_bytes())
    content[start:] = b"\x5a" * (len(content) - start)
    path.write_bytes(content)


def filled(options):
    place = Place(options)
    place.record([anthropic_message(number) for number in range(1, 40)])
    place.close()


def record_again(options, number):
    """As the keeper does: a batch that failed is given to a new place. Returns how
    often a database was moved aside.
    """
    moved = []
    try:
        place = Place(options, lambda: moved.append(1))
        place.record([anthropic_message(number)])
    except DamagedStore:
        place = Place(options, lambda: moved.append(1))
        place.record([anthropic_message(number)])
    place.close()
    return len(moved)


@pytest.mark.parametrize("start", [100, PAGE, 3 * PAGE])
def test_a_damaged_file_is_moved_aside_and_recording_goes_on(options, start, caplog):
    filled(options)
    damage(options.sqlite_path, start)
    assert record_again(options, 100) == 1
    (aside,) = options.home.glob("sessions.db.damaged-*")
    assert aside.stat().st_size > 3 * PAGE
    with open_store(options.sqlite_path, writer=False) as store:
        assert store.get_exchange("boot-0-100").outcome == "answered"
    (path,) = options.jsonl_directory.rglob("*.jsonl")
    assert b'boot-0-1"' in path.read_bytes()
    assert sum("was damaged" in record.message for record in caplog.records) == 1


def test_another_programs_file_stays(options):
    options.sqlite_path.write_bytes(b"SQLite format 3\0" + b"\x5a" * 2 * PAGE)
    with pytest.raises(StoreError):
        Place(options)
    assert list(options.home.glob("*.damaged-*")) == []
    assert move_aside(options.home / "nothing", "now") is None


@pytest.mark.parametrize(("durable", "level"), [(True, 2), (False, 1)])
def test_durability(options, durable, level, monkeypatch):
    """https://sqlite.org/pragma.html#pragma_synchronous: 2 is FULL, 1 is NORMAL."""
    synced = []
    monkeypatch.setattr(journal, "_sync", synced.append)
    place = Place(replace(options, durable=durable))
    place.record([anthropic_message()])
    assert place._store._connection.execute("PRAGMA synchronous").get == level
    assert bool(synced) is durable
    place.close()


def test_what_was_recorded_is_told(options):
    told = []
    place = Place(replace(options, sqlite_path=None), remember=told.extend)
    place.record([anthropic_message(1), anthropic_message(2)])
    place.record([anthropic_message(3)])
    place.close()
    assert [str(each.id) for each in told] == ["boot-0-1", "boot-0-2", "boot-0-3"]
