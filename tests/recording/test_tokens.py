"""Token counts by their event names: disjoint, and null where nobody said."""

from lunaroute.model import Usage
from lunaroute.recording._tokens import final_tokens, token_stats, token_totals

USAGE = Usage(
    input_uncached=10,
    cache_read=100,
    cache_write_5m=5,
    cache_write_1h=6,
    output=30,
    thinking=10,
)


def test_stats():
    stats = token_stats(USAGE)
    assert stats["input_tokens"] == 10
    assert stats["cache_creation_tokens"] == 11
    assert stats["total_tokens"] == 161
    assert stats["reasoning_tokens"] is None
    assert stats["thinking_percentage"] == 25.0


def test_nothing_known():
    assert set(token_stats(None).values()) == {None}
    assert set(final_tokens(None).values()) == {0}
    assert token_totals(None, "m")["by_model"] == {}


def test_totals_are_the_sum_of_their_parts():
    totals = token_totals(USAGE, "m")
    parts = ("input", "output", "thinking", "reasoning", "cache_read", "cache_creation",
             "audio_input", "audio_output")  # fmt: skip
    assert totals["grand_total"] == sum(totals[f"total_{part}"] for part in parts)
    assert list(totals["by_model"]) == ["m"]
    final = final_tokens(USAGE)
    assert final["total"] == sum(n for name, n in final.items() if name != "total")
