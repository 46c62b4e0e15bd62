from dataclasses import replace

import pytest

from lunaroute.store import Range, open_store
from tests.store.kit import START, prepared, write


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        write(
            store,
            prepared(1, "a", output=5, model_used="claude-x-1", cost_usd=1.0),
            prepared(2, "b", input_uncached=5, model_requested="gpt-x"),
            prepared(3, "a", output=0),
            prepared(4, "a", output=5, outcome="open"),
            prepared(5, "b", reasoning=1, model_used="claude-x-2"),
        )
        yield store


def numbers(store, after=0, most=50, **wanted):
    found = store.costs.some(Range(**wanted), after, most)
    return [int(each.exchange.id.rsplit("-", 1)[1]) for each in found]


def test_those_that_used_tokens_and_have_ended(store):
    assert numbers(store) == [1, 2, 5]
    assert numbers(store, most=2) == [1, 2]
    assert numbers(store, after=2) == [5]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"since": START + 2_000_000}, [2, 5]),
        ({"until": START + 2_000_000}, [1]),
        ({"session_id": "b"}, [2, 5]),
        ({"session_id": "c"}, []),
        ({"model": "claude-*"}, [1, 5]),
        ({"model": "gpt-x"}, [2]),
        ({"model": "gpt"}, []),
        ({"model": "%"}, []),
        ({"model": "*", "session_id": "a"}, [1]),
    ],
)
def test_a_range(store, wanted, expected):
    assert numbers(store, **wanted) == expected


def test_costs_alone_are_written(store):
    (first, *_) = store.costs.some(Range(), 0, 1)
    row = replace(first.exchange, cost_usd=9.0, price_version="v", status=7)
    with store.writing():
        store.costs.set([row])
    now = store.get_exchange(row.id)
    assert (now.cost_usd, now.price_version, now.status) == (9.0, "v", None)
