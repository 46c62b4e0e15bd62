"""The prompt cache: what was read, written, missed, why, and at what cost."""

import json

import pytest

from lunaroute.insight import MissReason, session_cache
from lunaroute.model import Usage
from lunaroute.recording import with_cost
from lunaroute.store import open_store
from tests.store.kit import START, exchange, prepared, write

SONNET = "claude-sonnet-4-5"  # 3 dollars, reads 0.30, writes 3.75 and 6
SECOND = 1_000_000


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "sessions.db", writer=True, durable=False) as store:
        yield store


def turn(number, *, at=None, model=SONNET, priced=True, **more):
    """A turn that began ``at`` seconds; it ended half a second later."""
    from datetime import UTC, datetime

    from lunaroute.pricing import price

    begun = START + (number * 10 if at is None else at) * SECOND
    values = {"dialect": "anthropic", "provider": "anthropic", "model_used": model,
              "started_at": begun, "ended_us": 500_000, **more}  # fmt: skip
    counts = (
        "input_uncached",
        "cache_read",
        "cache_write_5m",
        "cache_write_1h",
        "output",
    )
    usage = Usage(**{name: values.get(name) for name in counts})
    cost = price(usage, provider=values["provider"], dialect=values["dialect"], upstream="",
                 model=model, when=datetime.fromtimestamp(begun / SECOND, UTC))  # fmt: skip
    row = exchange(number, **values)
    return prepared(
        number, **{**values, **costs(with_cost(row, cost if priced else None))}
    )


def costs(row):
    return {"cost_usd": row.cost_usd, "price_entry": row.price_entry}


def found(store, *turns, bodies=None):
    write(store, *turns)
    bodies = bodies or {}
    return session_cache(store, "s1", lambda row: bodies.get(row.id))


def said(words, *, system="s"):
    messages = [{"role": "user", "content": word} for word in words]
    return json.dumps({"system": system, "messages": messages}).encode()


def both(first, second):
    return {"boot-0-1": first, "boot-0-2": second}


def test_a_conversation_without_misses(store):
    cache = found(
        store,
        turn(1, input_uncached=20, cache_write_5m=10_000),
        turn(2, input_uncached=5, cache_read=10_000, cache_write_5m=300),
        turn(3, input_uncached=5, cache_read=10_300, cache_write_5m=200),
        turn(4, endpoint="count_tokens"),
        turn(5, outcome="refused_by_provider"),
    )
    assert (cache.turns, cache.read_tokens, cache.written_tokens) == (3, 20_300, 10_500)
    assert (cache.uncached_tokens, cache.missed_tokens, cache.misses) == (30, 0, ())
    assert cache.missed_cost_usd is None


def test_a_changed_block_and_what_it_cost(store):
    cache = found(
        store,
        turn(1, input_uncached=20, cache_write_5m=10_000),
        turn(2, input_uncached=20, cache_write_5m=10_200),
        bodies=both(said("a"), said("ab", system="other")),
    )
    (miss,) = cache.misses
    assert (miss.reason, miss.detail) == (MissReason.CHANGED, "system[0] changed")
    assert (miss.missed_tokens, miss.read_tokens) == (10_000, 0)
    # By hand: 10,000 tokens were written for 3.75 instead of read for 0.30 a million.
    assert miss.cost_usd == pytest.approx(10_000 * (3.75 - 0.30) / 1_000_000)
    assert cache.missed_cost_usd == pytest.approx(0.0345)
    assert (cache.missed_tokens, cache.unpriced_count) == (10_000, 0)


def test_a_part_that_was_missed(store):
    cache = found(
        store,
        turn(1, cache_write_1h=10_000),
        turn(2, cache_read=4_000, cache_write_1h=5_000, input_uncached=2_000),
        bodies=both(said("ab"), said("ac")),
    )
    (miss,) = cache.misses
    assert miss.detail == "messages[1] (user) changed"
    assert (miss.missed_tokens, miss.read_tokens) == (6_000, 4_000)
    expected = (5_000 * (6.00 - 0.30) + 1_000 * (3.00 - 0.30)) / 1_000_000
    assert miss.cost_usd == pytest.approx(expected)


@pytest.mark.parametrize(
    ("write_kind", "idle", "reason", "detail"),
    [
        ("cache_write_5m", 299, MissReason.PROVIDER, "the same beginning, in time"),
        ("cache_write_5m", 420, MissReason.EXPIRED, "7 min after the last use, kept for 5 min"),
        ("cache_write_1h", 420, MissReason.PROVIDER, "the same beginning, in time"),
        ("cache_write_1h", 9_000, MissReason.EXPIRED, "2 h after the last use, kept for 60 min"),
    ],
)  # fmt: skip
def test_time(store, write_kind, idle, reason, detail):
    cache = found(
        store,
        turn(1, at=0, **{write_kind: 10_000}),
        turn(2, at=idle, **{write_kind: 10_300}),
        bodies=both(said("a"), said("ab")),
    )
    assert [(miss.reason, miss.detail[: len(detail)]) for miss in cache.misses] == [
        (reason, detail)
    ]


def test_time_does_not_explain_what_was_read_in_part(store):
    cache = found(
        store,
        turn(1, at=0, cache_write_5m=10_000),
        turn(2, at=420, cache_read=1_000, cache_write_5m=9_000),
        bodies=both(said("ab"), said("ac")),
    )
    assert cache.misses[0].reason is MissReason.CHANGED


def test_another_model(store):
    cache = found(
        store,
        turn(1, cache_write_5m=10_000),
        turn(2, model="claude-opus-4-5", cache_write_5m=10_000),
    )
    (miss,) = cache.misses
    assert (miss.reason, miss.detail) == (
        MissReason.MODEL, f"another model: {SONNET} before",
    )  # fmt: skip


def test_without_bodies_the_reason_is_unknown(store):
    cache = found(store, turn(1, cache_write_5m=10_000), turn(2, cache_write_5m=10_000))
    assert cache.misses[0].reason is MissReason.UNKNOWN


def test_what_continues_an_answer_is_not_compared(store):
    continued = b'{"input": [], "previous_response_id": "r"}'
    openai = {"dialect": "openai", "provider": "openai", "model": "gpt-5"}
    cache = found(
        store,
        turn(1, input_uncached=5_000, **openai),
        turn(2, input_uncached=5_100, **openai),
        bodies=both(b'{"input": "a"}', continued),
    )
    (miss,) = cache.misses
    assert (miss.reason, miss.detail) == (
        MissReason.UNKNOWN, "it continues an answer that the provider keeps",
    )  # fmt: skip


def test_threads_are_apart(store):
    cache = found(
        store,
        turn(1, cache_write_5m=10_000),
        turn(2, agent="a1", cache_write_5m=3_000),
        turn(3, request_class="title", input_uncached=500),
        turn(4, cache_read=10_000),
        turn(5, agent="a1", cache_read=2_000, cache_write_5m=1_000),
    )
    (miss,) = cache.misses
    assert (miss.agent, miss.missed_tokens) == ("a1", 1_000)


def test_what_is_asked_aside_is_no_part_of_the_conversation(store):
    cache = found(
        store,
        turn(1, tool_count=9, cache_write_5m=10_000),
        turn(2, model="claude-haiku-4-5", input_uncached=500),
        turn(3, input_uncached=700),
        turn(4, tool_count=9, cache_read=10_000),
    )
    assert cache.misses == ()


def test_a_model_that_was_asked_before_has_its_cache_still(store):
    opus = {"model": "claude-opus-4-5"}
    cache = found(
        store,
        turn(1, cache_write_5m=10_000),
        turn(2, cache_write_5m=10_000, **opus),
        turn(3, cache_read=10_000, cache_write_5m=500),
        turn(4, cache_read=9_000, cache_write_5m=1_000, **opus),
    )
    assert [(miss.missed_tokens, miss.reason) for miss in cache.misses] == [
        (10_000, MissReason.MODEL), (1_000, MissReason.UNKNOWN),
    ]  # fmt: skip


def test_what_is_not_there_yet_is_not_missed(store):
    cache = found(
        store,
        turn(1, at=0, cache_write_5m=10_000, first_body_down_us=2_000_000),
        turn(2, at=1, cache_write_5m=10_000),
        turn(3, at=2, cache_read=10_000),
    )
    assert cache.misses == ()


def test_a_provider_that_names_no_writes_rounds(store):
    openai = {"dialect": "openai", "provider": "openai", "model": "gpt-5"}
    cache = found(
        store,
        turn(1, input_uncached=900, **openai),
        turn(2, input_uncached=1_500, **openai),  # less than 1,024 are not kept
        turn(3, input_uncached=400, cache_read=1_280, **openai),
        turn(4, input_uncached=1_800, **openai),
    )
    assert [miss.missed_tokens for miss in cache.misses] == [1_680]
    assert cache.misses[0].cost_usd == pytest.approx(1_680 * (1.25 - 0.125) / 1_000_000)


def test_a_cost_that_is_not_known_is_none(store):
    cache = found(
        store,
        turn(1, cache_write_5m=10_000, priced=False),
        turn(2, cache_write_5m=10_000, priced=False),
        turn(3, cache_write_5m=10_000),
    )
    assert [miss.cost_usd is None for miss in cache.misses] == [True, False]
    assert cache.unpriced_count == 1
    assert cache.missed_cost_usd == pytest.approx(0.0345)


def test_prices_of_ones_own_are_not_mixed_with_the_tables(store):
    own = json.dumps({"usd_per_million": {"cache_write_5m": 1.0}})
    read_as_well = json.dumps(
        {"usd_per_million": {"cache_write_5m": 1.0, "cache_read": 0.5}}
    )
    cache = found(
        store,
        turn(1, cache_write_5m=10_000),
        prepared(2, cache_write_5m=10_000, dialect="anthropic", model_used=SONNET,
                 price_entry=own, cost_usd=0.01, started_at=START + 20 * SECOND),
        prepared(3, cache_write_5m=10_000, dialect="anthropic", model_used=SONNET,
                 price_entry=read_as_well, cost_usd=0.01, started_at=START + 30 * SECOND),
        prepared(4, cache_write_5m=10_000, dialect="anthropic", model_used=SONNET,
                 price_entry="broken", cost_usd=0.01, started_at=START + 40 * SECOND),
    )  # fmt: skip
    assert [miss.cost_usd for miss in cache.misses] == [
        None,
        pytest.approx(0.005),
        None,
    ]
