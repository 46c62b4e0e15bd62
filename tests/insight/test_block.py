"""The block of lines."""

from dataclasses import replace

import pytest

from lunaroute.insight import block, statistics
from lunaroute.store import (
    StatsFilter,
    ToolCallRow,
    ToolResultRow,
    open_store,
)
from tests.cli.record import HOSTILE, is_harmless
from tests.store.kit import prepared, text, text_hash, write


@pytest.fixture
def found(tmp_path):
    calls = tuple(
        ToolCallRow(at, f"c{at}", name, "{}")
        for at, name in enumerate(["Read", "Read", "Bash"])
    )
    done = text("tool_output", "user", "done")
    results = (ToolResultRow("c0", text_hash("tool_output", "user", "done"), 4, True),)
    with open_store(tmp_path / "sessions.db", writer=True, durable=False) as store:
        write(
            store,
            prepared(1, calls=calls, input_uncached=2_450, cache_read=7_000,
                     cache_write_5m=12, output=4_630, reasoning=1_200, cost_usd=0.14,
                     head_received_us=1_000, first_byte_up_us=13_000,
                     first_token_us=613_000, ended_us=2_301_000),
            prepared(4, texts=(done,), results=results, outcome="timed_out"),
        )  # fmt: skip
        yield statistics(store, StatsFilter())


def test_the_block(found):
    assert (
        "\n".join(block(found.total, found.tools))
        == """\
  Requests:        2 (1 failed)
  Input tokens:    2,450
  Output tokens:   4,630
  Thinking tokens: 1,200
  Cache tokens:    7,000 read, 12 written
  Total tokens:    15,292

  Tool usage (times with waits for permission):
    Read: 2 calls (avg 699ms, median 699ms) 1 failed
    Bash: 1 call

  Performance:
    Avg response time: 2.3s (median 2.3s, 95% 2.3s)
    First token:       600ms (median 600ms, 95% 600ms)
    Proxy overhead:    12ms total (0.5%), median 12ms, 95% 12ms
    Provider latency:  2.29s avg (99.5%)

  Estimated cost:  $0.1400"""
    )


def test_what_is_unknown_is_said(found):
    total = replace(found.total, unpriced_count=2, thinking_unknown_count=3)
    lines = block(total, found.tools, 1)
    assert "  Estimated cost:  $0.1400 + 2 unknown" in lines
    assert "  Thinking tokens: 1,200 (not told apart in 3 requests)" in lines
    assert "    1 more" in lines
    total = replace(total, reasoning_tokens=0, cost_usd=None, audio_input_tokens=7)
    lines = block(total, ())
    assert "  Estimated cost:  unknown" in lines
    assert "  Thinking tokens: not told apart from output" in lines
    assert "  Audio tokens:    7 in, 0 out" in lines
    assert not any("Tool usage" in line for line in lines)


def test_times_that_clients_measured_hold_no_waits(found):
    tools = [replace(each, client_timed=each.time.count) for each in found.tools]
    assert "  Tool usage:" in block(found.total, tools)


def test_names_are_harmless(found):
    tools = (replace(found.tools[0], tool=HOSTILE), replace(found.tools[1], tool=""))
    assert is_harmless("\n".join(block(found.total, tools)))
