"""A clock is believed as long as it goes as far as one that nobody sets."""

import pytest

from lunaroute.upkeep._clock import (
    DAY_SECONDS,
    Moment,
    Watch,
    from_the_future,
    judge,
    now,
    recall,
    remember,
)

START = Moment(1_760_000_000.0, 500.0, "a")


def later(wall, running=None, boot="a"):
    return Moment(
        START.wall + wall, START.running + (wall if running is None else running), boot
    )


def test_hours_and_weeks_of_sleep_are_no_jump():
    watch = judge(Watch(), START)
    assert watch == Watch(START)
    for moment in (later(3_600), later(40 * DAY_SECONDS), later(7_200 + 80_000, 7_200)):
        assert judge(watch, moment) == Watch(moment)


@pytest.mark.parametrize(
    ("wall", "words"), [(400, "forward by 400.0 days"), (-30, "back by 30.0 days")]
)
def test_a_jump_is_said_until_it_is_taken_back(wall, words):
    watch = judge(Watch(START), later(wall * DAY_SECONDS, 10))
    assert words in watch.jumped
    assert "--trust-clock" in watch.jumped
    assert watch.last == START
    assert words in judge(watch, later(wall * DAY_SECONDS + 60, 70)).jumped
    assert judge(watch, later(100)) == Watch(later(100))


def test_a_restart_forgets_no_jump():
    watch = judge(Watch(START), later(400 * DAY_SECONDS, 10))
    assert judge(watch, later(400 * DAY_SECONDS, 3, "b")) == watch


def test_another_boot_is_compared_by_the_wall_clock():
    assert judge(Watch(START), later(1_000_000, 1, "b")).jumped == ""
    assert "2025-10-09 before" in judge(Watch(START), later(-1e9, 1, "b")).jumped


def test_a_record_from_the_future():
    assert from_the_future(None, START) == ""
    assert from_the_future(START.wall + 3_600, START) == ""
    words = from_the_future(START.wall + 30 * DAY_SECONDS, START)
    assert "2025-11-08" in words
    assert "2025-10-09" in words
    assert from_the_future(1e18, START)


def test_it_is_remembered(tmp_path):
    path = tmp_path / "clock.json"
    assert recall(path) == Watch()
    for watch in (Watch(START), Watch(START, "words")):
        remember(path, watch)
        assert recall(path) == watch
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"last": {"wall": "x"}}', "\0"])
def test_what_is_damaged_is_forgotten(tmp_path, content):
    path = tmp_path / "clock.json"
    path.write_text(content)
    assert recall(path) == Watch()


def test_both_clocks_go():
    first, second = now(), now()
    assert second.running >= first.running
    assert second.boot == first.boot
