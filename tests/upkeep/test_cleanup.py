"""Retention as a whole: files and rows alike, and what stops it."""

from dataclasses import replace

import pytest

from lunaroute.recording import Recorder, recorded_request
from lunaroute.store import open_store
from lunaroute.upkeep import Limits
from lunaroute.upkeep._cleanup import clean_up
from lunaroute.upkeep._clock import Moment
from tests.recording.build import anthropic_message, question
from tests.store.kit import START, prepared, text, write
from tests.upkeep.kit import (
    FIRST_DAY,
    day,
    fill,
    finish,
    moment,
    names,
    sessions,
    site,
)


def run(place, today, **more):
    return finish(clean_up(place, now=lambda: moment(today), **more))


def test_old_ones_go_and_older_ones_are_compressed(tmp_path):
    place = site(tmp_path, max_age_days=5, compress_after_days=3)
    fill(place, [0, 3, 4, 7, 8, 9])
    done = run(place, 9)
    assert [(each.what, each.day) for each in done.items] == [
        ("age", str(day(0))),
        ("age", str(day(3))),
        ("compress", str(day(4))),
    ]
    assert sessions(place) == ["day-4", "day-7", "day-8", "day-9"]
    assert names(place) == [
        f"{day(4)}/session_day-4.jsonl.zst",
        f"{day(7)}/session_day-7.jsonl",
        f"{day(8)}/session_day-8.jsonl",
        f"{day(9)}/session_day-9.jsonl",
    ]
    assert not done.stopped
    assert done.bytes_after < done.bytes_before
    with open_store(place.database, writer=False) as store:
        row = store.exchanges("day-4")[0]
        assert b"turn 0 of 4" in recorded_request(store, row)
    again = run(place, 9)
    assert (again.items, again.warnings) == ([], [])


def test_a_dry_run_says_it_and_changes_nothing(tmp_path):
    place = site(tmp_path, max_age_days=5, compress_after_days=3, max_bytes=10**9)
    fill(place, [0, 3, 4, 7, 8, 9])
    before = names(place), sessions(place)
    done = run(place, 9, dry_run=True)
    assert [(each.what, each.day, each.exchanges) for each in done.items] == [
        ("age", str(day(0)), 3),
        ("age", str(day(3)), 3),
        ("compress", str(day(4)), 3),
    ]
    assert (names(place), sessions(place)) == before
    assert not (place.home / "clock.json").exists()
    assert [each.what for each in run(place, 9).items] == ["age", "age", "compress"]


def test_age_is_measured_against_the_newest_record(tmp_path):
    place = site(tmp_path, max_age_days=5, compress_after_days=3)
    fill(place, [0, 2])
    assert run(place, 400).items == []
    fill(place, [400], session="new")
    assert [each.what for each in run(place, 400).items] == ["age", "age"]


def test_over_the_size_the_oldest_go(tmp_path):
    place = site(tmp_path)
    # Words that zip badly and fill the index.
    for number in range(6):
        words = " ".join(f"{number}x{n * n * 7919:x}" for n in range(8_000))
        fill(place, [number], words=words)
    total = run(place, 6).bytes_before
    limit = total * 6 // 10
    place = site(tmp_path, max_bytes=limit)
    done = run(place, 5)
    assert limit * 0.4 < done.bytes_after <= limit
    gone = [each.day for each in done.items]
    assert gone == [str(day(number)) for number in range(len(gone))]
    assert 2 <= len(gone) <= 4
    assert sessions(place) == [f"day-{n}" for n in range(len(gone), 6)]
    assert not done.warnings
    # The file itself is smaller, and its log is empty.
    files = sum(path.stat().st_size for path in place.directory.rglob("*.jsonl"))
    assert place.database.stat().st_size + files <= limit


def test_of_what_stands_in_no_file_only_so_much_goes_as_must(tmp_path):
    place = site(tmp_path)
    place.home.mkdir()
    with open_store(place.database, writer=True) as store:
        for number in range(600):
            words = " ".join(f"{number}y{n * n * 7919:x}" for n in range(100))
            row = {"started_at": START + number, "session": f"s{number:03}"}
            said = (text("prompt", "user", words),)
            write(store, prepared(number, texts=said, **row))
        write(store, prepared(999, "new", started_at=START + 5 * 86_400_000_000))
    total = run(place, 5).bytes_before
    limit = total * 3 // 4
    done = run(replace(place, limits=Limits(max_bytes=limit)), 5)
    assert limit // 2 < done.bytes_after <= limit
    (item,) = done.items
    assert (item.day, item.name) == (str(day(0)), "")
    kept = sessions(place)
    assert kept == ["new", *(f"s{n:03}" for n in range(item.exchanges, 600))]


def test_the_last_day_stays_and_that_is_said(tmp_path):
    place = site(tmp_path, max_bytes=1_000)
    fill(place, [0, 1])
    done = run(place, 1)
    assert sessions(place) == ["day-1"]
    assert "more than the limit of 1000" in done.warnings[0]


def test_rows_without_files_and_files_without_rows(tmp_path):
    place = site(tmp_path, max_age_days=3)
    fill(place, [0], sqlite=False)
    fill(place, [1, 9], jsonl=False)
    run(place, 9)
    assert names(place) == []
    assert sessions(place) == ["day-9"]


def test_files_alone(tmp_path):
    place = site(tmp_path, max_age_days=3, compress_after_days=2)
    fill(place, [0, 7, 9], sqlite=False)
    run(place, 9)
    assert names(place) == [
        f"{day(7)}/session_day-7.jsonl.zst",
        f"{day(9)}/session_day-9.jsonl",
    ]
    assert not place.database.exists()


def test_what_was_imported_ages_from_its_import(tmp_path):
    place = site(tmp_path, max_age_days=3)
    fill(place, [9])
    old = {"started_at": START - 400 * 86_400_000_000, "listener": "import:codex"}
    with open_store(place.database, writer=True) as store:
        write(
            store,
            prepared(1, "new", imported_at=START + 8 * 86_400_000_000, **old),
            prepared(2, "old", imported_at=START + 1 * 86_400_000_000, **old),
        )
    run(place, 9)
    assert sessions(place) == ["day-9", "new"]


def test_a_clock_that_jumped_stops_it(tmp_path):
    place = site(tmp_path, max_age_days=3, compress_after_days=1)
    fill(place, [0, 9])
    assert len(run(place, 9).items) == 1
    fill(place, [10, 500], session="late")  # recorded while the clock was wrong
    before = names(place)
    running = moment(9).running + 60

    def ahead():
        return moment(500, running=running)

    done = finish(clean_up(place, now=ahead))
    assert "forward by 491.0 days" in done.stopped
    assert (done.items, names(place)) == ([], before)
    # Set right, a record of the future is left.
    done = run(place, 10)
    assert "the newest record is of 2027-02-21" in done.stopped
    assert (done.items, names(place)) == ([], before)
    # It was the new clock that is right.
    done = finish(clean_up(place, now=ahead, trust_clock=True))
    assert not done.stopped
    assert sessions(place) == ["late-500"]
    assert not finish(clean_up(place, now=ahead)).stopped


def test_nothing_recorded(tmp_path):
    place = site(tmp_path, max_age_days=3)
    place.home.mkdir()
    assert "nothing has been recorded" in run(place, 0).stopped
    assert not place.database.exists()


@pytest.mark.parametrize("what", ["age", "compress"])
def test_a_file_that_cannot_go_is_named_and_the_others_go(tmp_path, monkeypatch, what):
    from lunaroute.upkeep import _cleanup

    limit = "max_age_days" if what == "age" else "compress_after_days"
    place = site(tmp_path, **{limit: 2})
    fill(place, [0, 1, 9])
    name = "remove_piece" if what == "age" else "compress"
    real = getattr(_cleanup, name)

    def fail_on_the_first(given, *more):
        path = given if what == "compress" else given.paths[0]
        if "day-0" in path.name:
            raise PermissionError(13, "Permission denied", str(path))
        return real(given, *more)

    monkeypatch.setattr(_cleanup, name, fail_on_the_first)
    done = run(place, 9)
    assert [each.day for each in done.items] == [str(day(1))]
    assert any("day-0.jsonl: Permission denied" in each for each in done.warnings)
    assert f"{day(0)}/session_day-0.jsonl" in names(place)
    assert "day-0" in sessions(place)


def test_a_day_written_a_second_time_is_read_whole(tmp_path):
    """A clock that was set back and forth."""
    place = site(tmp_path, compress_after_days=2)
    fill(place, [0, 9])
    run(place, 9)
    with open_store(place.database, writer=True) as store:
        recorder = Recorder(place.directory, store, today=lambda: FIRST_DAY, key=b"k")
        more = anthropic_message(77, session="day-0", body=question("a late one"))
        recorder.record([more])
    for count in (2, 1):
        with open_store(place.database, writer=False) as store:
            asked = {row.id: row for row in store.exchanges("day-0")}
            for id_, words in (("boot-0-0", b"turn 0 of 0"), ("boot-0-77", b"a late")):
                assert words in recorded_request(store, asked[id_])
        assert sum("day-0" in name for name in names(place)) == count
        run(place, 9)


def test_interrupted_anywhere_it_is_done_the_next_time(tmp_path):
    limits = {"max_age_days": 5, "compress_after_days": 3}

    def filled(name):
        (tmp_path / name).mkdir()
        place = site(tmp_path / name, **limits)
        fill(place, [0, 3, 4, 9])
        return place

    def left(place):
        with open_store(place.database, writer=False) as store:
            found = store.search("fox", 500), store.pruning.files()
            hits = sorted((hit.exchange_id, hit.kind) for hit in found[0])
            days = [each for each, _ in found[1]]
        return names(place), sessions(place), hits, days

    whole = filled("whole")
    count = sum(1 for _ in clean_up(whole, now=lambda: moment(9)))
    expected = left(whole)
    for at in range(1, count):
        place = filled(str(at))
        steps = clean_up(place, now=lambda: moment(9))
        for _ in range(at):
            next(steps)
        steps.close()
        run(place, 9)
        assert left(place) == expected, at


def test_words_are_said_between_the_steps(tmp_path):
    place = site(tmp_path, max_age_days=3)
    fill(place, [0, 9])
    said = list(clean_up(place, now=lambda: Moment(moment(9).wall, 0.0, "b")))
    assert f"deleting {day(0)}/session_day-0.jsonl" in said
    assert "giving the room back" in said
