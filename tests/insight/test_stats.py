"""Figures made of sums and single values."""

import pytest

from lunaroute.insight import Spread, statistics
from lunaroute.insight._stats import spread, tool_figures
from lunaroute.store import StatsBy, StatsFilter, StoredToolTime, open_store
from tests.store.kit import START, prepared, write


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], Spread(0, 0.0, None, None, None)),
        ([None], Spread(0, 0.0, None, None, None)),
        ([7_000, None], Spread(1, 7.0, 7.0, 7.0, 7.0)),
        ([4_000, 1_000], Spread(2, 5.0, 2.5, 2.5, 4.0)),
        ([n * 1_000 for n in range(100, 0, -1)], Spread(100, 5050.0, 50.5, 50.5, 95.0)),
        ([n * 1_000 for n in range(1, 22)], Spread(21, 231.0, 11.0, 11.0, 20.0)),
    ],
)
def test_a_spread(values, expected):
    assert spread(values) == expected


def call(name, has_result=True, is_error=None, result_us=None, **more):
    values = {"key": None, "mcp_server": None, "mcp_tool": None, "is_clients": False}
    return StoredToolTime(
        name=name,
        has_result=has_result,
        is_error=is_error,
        result_us=result_us,
        **(values | more),
    )


def test_tools():
    read, bash = tool_figures(
        [
            call("Bash", result_us=5_000),
            call("Read", is_error=True, result_us=1_000, is_clients=True),
            call("Read", is_error=False, result_us=3_000),
            call("Read", has_result=False),
        ]
    )
    assert (read.tool, read.calls, read.results, read.errors, read.unknown) == (
        "Read", 3, 2, 1, 0,
    )  # fmt: skip
    assert read.time == Spread(2, 4.0, 2.0, 2.0, 3.0)
    assert (read.client_timed, bash.client_timed) == (1, 0)
    assert (bash.tool, bash.calls, bash.errors, bash.unknown) == ("Bash", 1, 0, 1)


def test_tools_of_two_servers_are_two():
    parts = {"mcp_tool": "find"}
    one, other, plain = tool_figures(
        [
            call("find", mcp_server="a", **parts),
            call("find", mcp_server="b", **parts),
            call("find", mcp_server="a", **parts),
            call("plain"),
        ]
    )
    assert [(each.label, each.calls) for each in (one, other, plain)] == [
        ("find (a)", 2), ("find (b)", 1), ("plain", 1),
    ]  # fmt: skip


@pytest.fixture
def store(tmp_path):
    moments = {"head_received_us": 1_000, "first_byte_up_us": 2_000}
    with open_store(tmp_path / "sessions.db", writer=True, durable=False) as store:
        write(
            store,
            prepared(1, "a", model_used="m", output=5, ended_us=101_000, **moments),
            prepared(2, "b", model_used="n", output=9, ended_us=301_000, **moments),
            prepared(3, "b", outcome="timed_out", first_byte_up_us=2_000, ended_us=3_000,
                     started_at=START + 3 * 86_400 * 1_000_000),
        )  # fmt: skip
        yield store


def test_times_add_up(store):
    total = statistics(store, StatsFilter()).total
    assert (total.requests, total.failures) == (3, 1)
    assert total.overhead == Spread(2, 2.0, 1.0, 1.0, 1.0)
    assert total.provider == Spread(3, 399.0, 133.0, 99.0, 299.0)
    assert total.response == Spread(3, 401.0, 401 / 3, 100.0, 300.0)
    assert total.overhead_percent == pytest.approx(200 / 401)
    assert total.first_at == "2025-10-09T08:53:21.000Z"


def test_groups_come_with_the_most_tokens_first(store):
    found = statistics(store, StatsFilter(), StatsBy.MODEL)
    assert found.by == "model"
    assert [(each.key, each.figures.output_tokens) for each in found.groups] == [
        ("n", 9), ("m", 5), (None, 0),
    ]  # fmt: skip
    assert [each.figures.provider.total_ms for each in found.groups] == [299, 99, 1]


def test_days_come_in_order(store):
    found = statistics(store, StatsFilter(), StatsBy.DAY)
    keys = [each.key for each in found.groups]
    assert len(keys) == 2
    assert keys == sorted(keys)


def test_tools_are_their_own_groups(store):
    found = statistics(store, StatsFilter(), StatsBy.TOOL)
    assert (found.by, found.groups, found.tools) == ("tool", (), ())


def test_nothing(store):
    empty = statistics(store, StatsFilter(since=START, session="none"), StatsBy.MODEL)
    none = statistics(None, StatsFilter(since=START), StatsBy.MODEL)
    assert empty == none
    assert none.since == "2025-10-09T08:53:20.000Z"
    assert none.total.requests == 0
    assert none.total.cost_usd is none.total.overhead_percent is None
