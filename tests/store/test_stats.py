"""Sums, times and tool calls of exchanges, filtered and in groups."""

import pytest

from lunaroute.store import (
    StatsBy,
    StatsFilter,
    StoredTimes,
    StoredToolTime,
    ToolCallRow,
    ToolResultRow,
    open_store,
)
from tests.store.kit import START, database, prepared, text, text_hash, write

DAY_US = 86_400 * 1_000_000


@pytest.fixture
def store(tmp_path):
    result = text("tool_output", "user", "done")
    calls = (ToolCallRow(0, "c1", "Edit", "{}"), ToolCallRow(1, "c2", "Bash", "{}"))
    results = (ToolResultRow("c1", text_hash("tool_output", "user", "done"), 4, True),)
    with open_store(database(tmp_path), writer=True, durable=False) as store:
        write(
            store,
            prepared(1, "abc", model_used="claude-opus-4-1", input_uncached=10,
                     cache_read=100, cache_write_5m=5, cache_write_1h=1, output=7,
                     cost_usd=0.25, calls=calls, user_agent="claude-cli/2.1 (x)",
                     head_received_us=1_000, first_byte_up_us=3_000,
                     first_token_us=103_000, project="/p"),
            prepared(2, "abc", model_requested="claude-opus-4-1", texts=(result,),
                     results=results, agent="a1", output=5, thinking=2,
                     outcome="client_left", user_agent="claude-cli/2.0"),
            prepared(3, "xyz", model_used="gpt-5", endpoint="responses", reasoning=3,
                     audio_input=4, audio_output=6, user_agent="/", first_byte_up_us=9,
                     started_at=START + DAY_US),
            prepared(4, "xyz", endpoint="websocket", first_byte_up_us=1,
                     started_at=START + DAY_US),
            prepared(5, "xyz", endpoint="models", input_uncached=99),
            prepared(6, "xyz", endpoint="other", output=99, user_agent="curl"),
        )  # fmt: skip
        yield store


def test_the_sum_of_all(store):
    (whole,) = store.sums(StatsFilter())
    assert (whole.requests, whole.turns, whole.failures, whole.sessions) == (4, 3, 1, 2)
    assert (whole.first_at, whole.last_at) == (START + 1_000_000, START + DAY_US)
    assert (
        whole.input_tokens,
        whole.cache_read_tokens,
        whole.cache_creation_tokens,
        whole.output_tokens,
        whole.thinking_tokens,
        whole.reasoning_tokens,
        whole.audio_input_tokens,
        whole.audio_output_tokens,
    ) == (10, 100, 6, 12, 2, 3, 4, 6)
    assert whole.total_tokens == 143
    # Of three requests with output one does not say how much of it was thinking.
    assert whole.thinking_unknown_count == 1
    assert (whole.cost_usd, whole.unpriced_count) == (0.25, 2)


def test_a_sum_of_nothing(store):
    (nothing,) = store.sums(StatsFilter(session="none"))
    assert nothing.requests == nothing.total_tokens == nothing.failures == 0
    assert nothing.cost_usd is nothing.first_at is None
    assert store.sums(StatsFilter(session="none"), StatsBy.MODEL) == ()


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (StatsBy.MODEL, {"claude-opus-4-1": 2, "gpt-5": 1, None: 1}),
        (StatsBy.AGENT, {"a1": 1, None: 3}),
        (StatsBy.PROJECT, {"/p": 1, None: 3}),
        (StatsBy.CLIENT, {"claude-cli": 2, None: 2}),
        (StatsBy.SESSION, {"abc": 2, "xyz": 2}),
        (StatsBy.TOOL, {None: 4}),
    ],
)
def test_groups(store, by, expected):
    found = store.sums(StatsFilter(), by)
    assert {each.key: each.requests for each in found} == expected


def test_days_are_local(store, monkeypatch):
    import time

    # 08:53 UTC is the day before in the west of the date line.
    for zone, days in (
        ("UTC", ["2025-10-09", "2025-10-10"]),
        ("UTC+10", ["2025-10-08", "2025-10-09"]),
    ):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        found = store.sums(StatsFilter(), StatsBy.DAY)
        assert sorted(each.key for each in found) == days
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("wanted", "requests"),
    [
        ({"since": START + 2_000_000}, 3),
        ({"session": "ab"}, 2),
        ({"session": "abcd"}, 0),
        ({"session": "%"}, 0),
        ({"model": "claude-opus-4"}, 2),
        ({"model": "claude-opus"}, 2),
        ({"model": "claude-op"}, 0),
        ({"agent": "a"}, 1),
        ({"project": "/p"}, 1),
        ({"project": "/"}, 0),
        ({"model": "claude-opus-4-1", "agent": "a1", "since": 0}, 1),
    ],
)
def test_what_is_wanted(store, wanted, requests):
    (whole,) = store.sums(StatsFilter(**wanted))
    assert whole.requests == requests


def test_times(store):
    assert store.times(StatsFilter(), StatsBy.MODEL) == (
        StoredTimes("claude-opus-4-1", 2_000, 497_000, 100_000),
        StoredTimes("gpt-5", None, 499_991, None),
    )


def test_tool_times(store):
    assert store.tool_times(StatsFilter(), StatsBy.SESSION) == (
        StoredToolTime("abc", "Edit", None, None, True, True, 500_000, False),
        StoredToolTime("abc", "Bash", None, None, False, None, None, False),
    )
    assert store.tool_times(StatsFilter(agent="a")) == ()


def test_one_moment(store, tmp_path):
    """What is written meanwhile is not seen, so that all sums are of the same rows."""
    with open_store(store.path, writer=False) as reader:
        with reader.reading():
            (before,) = reader.sums(StatsFilter())
            write(store, prepared(7))
            assert reader.sums(StatsFilter()) == (before,)
        (after,) = reader.sums(StatsFilter())
        assert after.requests == before.requests + 1
