"""What is deleted is nowhere any more, and the rest is as it was."""

import pytest

from lunaroute.errors import StoreError
from lunaroute.recording import Recorder, recorded_request
from lunaroute.store import open_store
from lunaroute.upkeep._compression import compress
from lunaroute.upkeep._deletion import delete_sessions
from lunaroute.upkeep._pieces import find_pieces
from tests.recording.build import anthropic_message, question
from tests.store.kit import prepared, text, write
from tests.upkeep.kit import FIRST_DAY, day, fill, finish, names, sessions, site

WORD = "zephyrquartz"


def delete(place, *wanted, dry_run=False):
    return finish(delete_sessions(place, wanted, dry_run=dry_run))


def test_no_word_of_it_is_left(tmp_path):
    place = site(tmp_path)
    fill(place, [0, 1, 2], words="kept")
    fill(place, [0, 1], session="gone", words=WORD)
    plain = place.directory / str(day(0)) / "session_gone-0.jsonl"
    list(compress(plain))
    done = delete(place, "gone-0", "gone-1")
    assert [(each.session_id, each.exchanges) for each in done.sessions] == [
        ("gone-0", 3),
        ("gone-1", 3),
    ]
    assert not done.warnings
    for path in place.home.rglob("*"):
        assert not path.is_file() or WORD.encode() not in path.read_bytes()
    assert sessions(place) == ["day-0", "day-1", "day-2"]
    assert len(names(place)) == 3
    with open_store(place.database, writer=False) as store:
        assert store.search(WORD, 10) == ()
        assert len(store.search("kept", 50)) == 9
        assert len(store.pruning.files()) == 3
        row = store.exchanges("day-1")[0]
        assert b"kept" in recorded_request(store, row)


def test_a_dry_run_counts(tmp_path):
    place = site(tmp_path)
    fill(place, [0])
    with open_store(place.database, writer=True) as store:
        write(
            store,
            prepared(501, "day-0", agent="a1"),
            prepared(502, "day-0", agent="a2"),
            prepared(503, "day-0", outcome="open"),
        )
    before = names(place)
    (doomed,) = delete(place, "day", dry_run=True).sessions
    assert (doomed.session_id, doomed.exchanges) == ("day-0", 6)
    assert (doomed.agents, doomed.opened) == (2, 1)
    assert doomed.files == [f"{day(0)}/session_day-0.jsonl"]
    assert doomed.bytes > 0
    assert (names(place), sessions(place)) == (before, ["day-0"])


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("none", "there is no session 'none'"),
        ("", "there is no session ''"),
        ("day", "more than one session begins with 'day'"),
        ("helper", "'helper' is a subagent of the session day-0"),
        ("../../x", "there is no session"),
        ("x\ud800", "there is no session"),
    ],
)
def test_one_that_is_not_there_keeps_all(tmp_path, wanted, words):
    place = site(tmp_path)
    fill(place, [0, 1])
    with open_store(place.database, writer=True) as store:
        write(store, prepared(501, "day-0", agent="helper"))
    with pytest.raises(StoreError, match=words):
        delete(place, "day-0", wanted)
    assert sessions(place) == ["day-0", "day-1"]


@pytest.mark.parametrize("name", ["plain-id", "WithCapitals", "not a plain id!"])
@pytest.mark.parametrize("sqlite", [True, False])
def test_whatever_its_file_is_called(tmp_path, name, sqlite):
    place = site(tmp_path)
    place.home.mkdir()
    for number, session in enumerate((name, "other")):
        store = open_store(place.database, writer=True) if sqlite else None
        recorder = Recorder(place.directory, store, today=lambda: FIRST_DAY, key=b"k")
        # `session_id` may be any text where a client's own header is none.
        recorder.record([anthropic_message(number, session=session)])
        if store:
            store.close()
    stem = next(each for each in names(place) if "other" not in each)
    known = sessions(place) if sqlite else ["other", name]
    mine = next(each for each in known if each != "other")
    if not sqlite and "not" in name:
        mine = stem.split("session_")[1].removesuffix(".jsonl")
    delete(place, mine)
    assert names(place) == [f"{FIRST_DAY}/session_other.jsonl"]


def test_what_is_recorded_meanwhile_stays(tmp_path):
    place = site(tmp_path)
    fill(place, [0])
    steps = delete_sessions(place, ["day-0"], dry_run=False)
    said = []
    with open_store(place.database, writer=True) as store:
        recorder = Recorder(place.directory, store, today=lambda: FIRST_DAY, key=b"k")
        number = 100
        for words in steps:
            said.append(words)
            number += 1
            late = anthropic_message(
                number, session="day-0", body=question("a late one")
            )
            recorder.record([late])
        rows = store.exchanges("day-0")
        # What was there at the first look is gone; nothing that came later is.
        assert [row.id for row in rows] == [
            f"boot-0-{each}" for each in range(102, number + 1)
        ]
        for row in rows[1:]:
            assert b"a late one" in recorded_request(store, row)
    assert "taking its words out of the index" in said


def test_rows_alone(tmp_path):
    place = site(tmp_path)
    place.home.mkdir()
    with open_store(place.database, writer=True) as store:
        write(store, prepared(1, "s1", texts=(text("prompt", "user", WORD),)))
    delete(place, "s1")
    assert sessions(place) == []


def test_a_database_that_was_moved_aside_is_named(tmp_path):
    place = site(tmp_path)
    fill(place, [0])
    place.database.with_name("sessions.db.damaged-1").write_text("x")
    place.database.with_name("sessions.db.damaged-1-wal").write_text("x")
    (warning,) = delete(place, "day-0").warnings
    assert "sessions.db.damaged-1 was moved aside" in warning


def test_a_file_that_cannot_go_keeps_its_rows(tmp_path, monkeypatch):
    from lunaroute.upkeep import _deletion

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    place = site(tmp_path)
    fill(place, [0])
    monkeypatch.setattr(_deletion, "remove_file", refuse)
    (warning,) = delete(place, "day-0").warnings
    assert "session_day-0.jsonl: Permission denied" in warning
    assert sessions(place) == ["day-0"]
    with open_store(place.database, writer=False) as store:
        assert len(find_pieces(place.directory, store)) == 1
