"""Costs by the prices of now, and what of it is said."""

import pytest

from lunaroute.pricing import use_overrides
from lunaroute.recording import Recorder
from lunaroute.store import Range, open_store
from lunaroute.upkeep._repricing import read_range, reprice
from tests.recording.build import anthropic_message, anthropic_stream
from tests.store.kit import prepared, write
from tests.upkeep.kit import finish, site

KNOWN = "claude-sonnet-4-5-20250929"


@pytest.fixture(autouse=True)
def none_afterwards():
    yield
    use_overrides([])


@pytest.fixture
def place(tmp_path):
    place = site(tmp_path)
    place.home.mkdir()
    with open_store(place.database, writer=True) as store:
        Recorder(place.directory, store).record(
            [anthropic_stream(1), anthropic_message(2, session="other")]
        )
        write(
            store,
            prepared(
                11,
                "priced",
                dialect="anthropic",
                model_used=KNOWN,
                input_uncached=100_000,
                output=100_000,
                cost_usd=1.8,
                cost_input_usd=0.3,
                cost_output_usd=1.5,
                price_version="old",
            ),
            prepared(12, "gone", model_used="gone", output=5, cost_usd=7.0),
        )
    return place


def run(place, **more):
    dry_run = more.pop("dry_run", False)
    return finish(reprice(place, Range(**more), dry_run=dry_run))


def costs(place):
    with open_store(place.database, writer=False) as store:
        ids = ("boot-0-1", "boot-0-2", "boot-0-11", "boot-0-12")
        return [store.get_exchange(each).cost_usd for each in ids]


def test_an_override_is_worked_in_and_said(place):
    assert costs(place) == [None, None, 1.8, 7.0]
    use_overrides([{"model": "claude-x-*", "input": 1, "output": 10}])
    done = run(place, dry_run=True)
    assert costs(place) == [None, None, 1.8, 7.0]
    assert run(place).models == done.models
    first, second, third, fourth = costs(place)
    assert first == pytest.approx(
        (10 * 1 + 100 * 1 + 5 * 1 + 42 * 10) / 1e6  # no price for the cache: input's
    )
    assert second > 0
    assert (third, fourth) == (1.8, 7.0)
    change = done.models["claude-x-1"]
    assert (change.exchanges, change.before_usd) == (2, 0)
    assert change.after_usd == pytest.approx(first + second)
    # The same sum by another table is a change, too: its version.
    assert (done.looked_at, done.changed, done.kept, done.unknown) == (4, 3, 1, 0)
    assert done.before_usd == pytest.approx(8.8)
    assert done.after_usd == pytest.approx(8.8 + first + second)
    again = run(place)
    assert (again.changed, again.models) == (0, {})


def test_a_range(place):
    use_overrides([{"model": "*", "input": 1, "output": 10}])
    assert run(place, session_id="other").changed == 1
    first, second, *rest = costs(place)
    assert first is None
    assert second is not None
    assert rest == [1.8, 7.0]
    assert run(place, model=KNOWN).changed == 1
    assert costs(place)[2] == pytest.approx(1.1)


def test_what_has_no_price_is_counted(place):
    done = run(place)
    assert (done.unknown, done.kept) == (2, 1)


def test_new_exchanges_have_the_price_at_once(place):
    use_overrides([{"model": "claude-x-*", "input": 1, "output": 10}])
    with open_store(place.database, writer=True) as store:
        Recorder(place.directory, store).record([anthropic_message(3)])
        row = store.get_exchange("boot-0-3")
    assert row.cost_usd > 0
    assert row.price_version == "configuration"
    assert run(place).models["claude-x-1"].exchanges == 2


def test_the_service_counts(place):
    with open_store(place.database, writer=True) as store:
        facts = {"dialect": "anthropic", "model_used": KNOWN, "output": 1_000_000}
        write(
            store,
            prepared(21, **facts, service_tier="batch"),
            prepared(22, **facts, price_entry='{"service_tier":"batch"}'),
            prepared(23, **facts, price_entry="no json", vendor_usage="[1]"),
        )
    run(place)
    with open_store(place.database, writer=False) as store:
        found = [store.get_exchange(f"boot-0-{n}").cost_usd for n in (21, 22, 23)]
    # The table has no price for it in batches: that is not the ordinary price.
    assert found == [None, None, 15.0]


def test_no_database(tmp_path):
    place = site(tmp_path)
    assert run(place).looked_at == 0
    assert not place.database.exists()


def test_a_range_as_a_task_says_it():
    assert read_range(1, 2, "s", "m") == Range(1, 2, "s", "m")
    assert read_range("x", None, 5, []) == Range()
