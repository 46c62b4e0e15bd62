"""Ids as people write them."""

import pytest

from lunaroute.errors import StoreError
from lunaroute.store import open_store, short_id
from lunaroute.store._short_id import split_short_id
from tests.store.kit import database, prepared, write

BOOT = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def store(tmp_path):
    with open_store(database(tmp_path), writer=True) as store:
        yield store


@pytest.mark.parametrize(
    ("whole", "short"),
    [
        (f"{BOOT}-0-17", "01234567-0-17"),
        (f"{BOOT}-2-17.3", "01234567-2-17.3"),
        ("boot-0-1", "boot-0-1"),
        ("msg_01AbC", "msg_01AbC"),
        ("", ""),
    ],
)
def test_short(whole, short):
    assert short_id(whole) == short


def test_split():
    assert split_short_id("0123-0-17") == ("0123", "-0-17")
    assert split_short_id("0123") == ("0123", "")
    assert split_short_id("0123-0") == ("0123-0", "")
    assert split_short_id(f"{BOOT}f-0-1") == (f"{BOOT}f-0-1", "")


def test_a_short_id_is_found_among_those_that_begin_alike(store):
    ids = [f"{BOOT}-0-{number}" for number in (1, 17, 171)]
    write(store, *(prepared(n, id=each) for n, each in enumerate(ids, 1)))
    for each in ids:
        assert store.get_exchange(short_id(each)).id == each
        assert store.get_exchange(each).id == each
    with pytest.raises(StoreError) as error:
        store.get_exchange("0123")
    assert str(error.value) == (
        "more than one request begins with '0123':"
        " '01234567-0-171', '01234567-0-17', '01234567-0-1'"
    )
    with pytest.raises(StoreError, match="there is no request '01234567-0-7'"):
        store.get_exchange("01234567-0-7")


def test_short_ids_of_two_lives_are_told_apart(store):
    other = f"01234567{BOOT[::-1][8:]}"
    write(store, prepared(1, id=f"{BOOT}-0-1"), prepared(2, id=f"{other}-0-1"))
    with pytest.raises(StoreError) as error:
        store.get_exchange("01234567-0-1")
    for each in (f"{BOOT}-0-1", f"{other}-0-1"):
        assert each in str(error.value)
        assert store.get_exchange(each).id == each


def test_no_more_than_a_few_are_named(store):
    write(store, *(prepared(n, id=f"{BOOT}-0-{n}") for n in range(1, 9)))
    with pytest.raises(StoreError, match=r"'01234567-0-8'.*'01234567-0-4', \.\.\.$"):
        store.get_exchange("01")
