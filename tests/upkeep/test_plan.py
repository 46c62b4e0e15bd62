"""Who goes: the oldest, never today's, never more than must."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from lunaroute.upkeep import Limits
from lunaroute.upkeep._pieces import Piece
from lunaroute.upkeep._plan import (
    excess_pieces,
    expired_pieces,
    make_plan,
    pieces_to_compress,
    total_bytes,
)
from tests.upkeep.kit import day


def piece(number, size=1_000, exchanges=1, *names):
    paths = tuple(map(Path, names or ("a.jsonl",)))
    return Piece(day(number), f"{day(number)}/a", paths, size, number, exchanges)


PIECES = [piece(number) for number in range(10)]


def days(pieces):
    return [(each.day - day(0)).days for each in pieces]


def test_age_is_counted_from_the_newest_record():
    assert days(expired_pieces(PIECES, Limits(max_age_days=7), day(9))) == [0, 1]
    assert days(expired_pieces(PIECES, Limits(max_age_days=1), day(9))) == [*range(8)]
    assert expired_pieces(PIECES, Limits(), day(9)) == ()
    assert expired_pieces(PIECES, Limits(max_age_days=2**31), date.max) == ()


def test_the_size_is_that_of_all_and_the_oldest_go():
    assert total_bytes(PIECES, 500) == 10_500
    assert excess_pieces(PIECES, 0, Limits(max_bytes=10_000), day(9)) == ()
    # A little more than must: 9,500 is not reached by one.
    assert days(excess_pieces(PIECES, 0, Limits(max_bytes=9_999), day(9))) == [0]
    assert days(excess_pieces(PIECES, 0, Limits(max_bytes=8_000), day(9))) == [0, 1, 2]
    # Of the database each has a tenth.
    limits = Limits(max_bytes=16_000)
    assert days(excess_pieces(PIECES, 10_000, limits, day(9))) == [0, 1, 2]
    assert excess_pieces(PIECES, 10**9, Limits(), day(9)) == ()


def test_the_last_day_stays_whatever_it_takes():
    assert days(excess_pieces(PIECES, 0, Limits(max_bytes=1), day(9))) == [*range(9)]
    assert days(excess_pieces(PIECES, 0, Limits(max_bytes=1), day(4))) == [*range(4)]


def test_rows_without_a_file_weigh_too():
    rows = Piece(day(0), exchanges=100)
    limits = Limits(max_bytes=500_000)
    assert excess_pieces([rows, piece(1)], 1_000_000, limits, day(9)) == (rows,)


@pytest.mark.parametrize(
    ("after", "today", "expected"),
    [(7, 9, [0, 1, 2]), (1, 9, [*range(8)]), (2, 5, [*range(4)]), (None, 9, [])],
)
def test_what_is_written_to_is_not_compressed(after, today, expected):
    limits = Limits(compress_after_days=after)
    assert days(pieces_to_compress(PIECES, limits, day(9), day(today))) == expected


def test_what_is_compressed_stays():
    packed = piece(0, 10, 1, "a.jsonl.zst")
    both = piece(1, 10, 1, "a.jsonl", "a.jsonl.zst")
    limits = Limits(compress_after_days=1)
    assert pieces_to_compress([packed, both], limits, day(9), day(9)) == (both,)


def test_what_is_under_way_stays():
    pieces = [replace(PIECES[0], is_open=True), *PIECES[1:]]
    limits = Limits(max_age_days=7, max_bytes=6_000, compress_after_days=3)
    plan = make_plan(pieces, 0, limits, day(9), day(9))
    assert days((*plan.expired, *plan.excess, *plan.compress)) == [*range(1, 7)]


def test_a_plan_names_nothing_twice():
    limits = Limits(max_age_days=7, max_bytes=6_000, compress_after_days=3)
    plan = make_plan(PIECES, 0, limits, day(9), day(9))
    assert days(plan.expired) == [0, 1]
    assert days(plan.excess) == [2, 3, 4]
    assert days(plan.compress) == [5, 6]
