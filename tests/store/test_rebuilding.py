import pytest

from lunaroute.store import open_store
from tests.store.kit import prepared, text, write


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        yield store


def test_what_is_known(store):
    write(
        store,
        prepared(1, cost_usd=0.5, price_version="old"),
        prepared(2, outcome="open"),
        prepared(3, listener="import:codex"),
    )
    ids = [f"boot-0-{number}" for number in range(1, 5)]
    known = store.rebuilding.known(ids)
    assert list(known) == ids[:3]
    assert [each.is_open for each in known.values()] == [False, True, False]
    assert [each.is_imported for each in known.values()] == [False, False, True]
    assert known[ids[0]].costs["cost_usd"] == 0.5
    assert known[ids[0]].costs["price_version"] == "old"
    assert known[ids[1]].costs["price_version"] is None


def test_an_exchange_is_taken_out_with_its_texts(store):
    write(store, prepared(1, texts=(text("prompt", "user", "fox"),)), prepared(2))
    store.rebuilding.take_out("boot-0-1")
    assert [row.id for row in store.exchanges("s1")] == ["boot-0-2"]
    assert store.search("fox", 5) == ()
