"""Vendors' counts as disjoint ones."""

import pytest

from lunaroute.dialects._usage import (
    anthropic_usage,
    chat_usage,
    merge,
    responses_usage,
)


def test_nothing_said_is_no_usage():
    assert anthropic_usage({}) is chat_usage({}) is responses_usage({}) is None


@pytest.mark.parametrize(
    ("raw", "five_minutes", "one_hour"),
    [
        ({}, None, None),
        ({"cache_creation_input_tokens": 9}, 9, None),
        ({"cache_creation_input_tokens": 9, "cache_creation": None}, 9, None),
        (
            {
                "cache_creation_input_tokens": 9,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": 4,
                    "ephemeral_1h_input_tokens": 5,
                },
            },
            4,
            5,
        ),
        ({"cache_creation": {"ephemeral_1h_input_tokens": 5}}, None, 5),
        # the total has grown since the split was told
        (
            {
                "cache_creation_input_tokens": 12,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": 4,
                    "ephemeral_1h_input_tokens": 5,
                },
            },
            7,
            5,
        ),
    ],
)
def test_anthropic_cache_writes(raw, five_minutes, one_hour):
    usage = anthropic_usage({"input_tokens": 1, **raw})
    assert (usage.cache_write_5m, usage.cache_write_1h) == (five_minutes, one_hour)


def test_anthropic_thinking_is_part_of_the_output():
    usage = anthropic_usage(
        {"output_tokens": 100, "output_tokens_details": {"thinking_tokens": 30}}
    )
    assert (usage.output, usage.thinking, usage.output_total) == (70, 30, 100)
    assert anthropic_usage({"output_tokens": 100}).thinking is None


def test_chat_counts_are_disjoint():
    usage = chat_usage(
        {
            "prompt_tokens": 1000,
            "completion_tokens": 200,
            "prompt_tokens_details": {
                "cached_tokens": 600,
                "cache_write_tokens": 100,
                "audio_tokens": 50,
            },
            "completion_tokens_details": {"reasoning_tokens": 64, "audio_tokens": 6},
        }
    )
    assert usage.input_uncached == 250
    assert usage.output == 130
    assert (usage.input_total, usage.output_total) == (1000, 200)


def test_responses_counts_are_disjoint():
    usage = responses_usage(
        {
            "input_tokens": 2000,
            "input_tokens_details": {"cached_tokens": 1500, "cache_write_tokens": 200},
            "output_tokens": 120,
            "output_tokens_details": {"reasoning_tokens": 16},
        }
    )
    assert (usage.input_uncached, usage.cache_read, usage.cache_write_5m) == (
        300,
        1500,
        200,
    )
    assert (usage.output, usage.reasoning) == (104, 16)
    assert (usage.input_total, usage.output_total) == (2000, 120)


def test_parts_larger_than_their_total_leave_nothing():
    usage = chat_usage(
        {"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 9}}
    )
    assert usage.input_uncached == 0


def test_the_vendors_own_numbers_are_kept_by_their_names():
    usage = anthropic_usage(
        {
            "input_tokens": 1,
            "service_tier": "standard",
            "speed": None,
            "fast": True,
            "ratio": 0.5,
            "huge": 2**70,
            "server_tool_use": {"web_search_requests": 2},
            "iterations": [{"type": "compaction", "input_tokens": 900}],
        }
    )
    assert usage.vendor == {
        "input_tokens": 1,
        "server_tool_use.web_search_requests": 2,
        "iterations.0.input_tokens": 900,
    }
    assert usage.input_total == 1


@pytest.mark.parametrize("bad", ["5", -5, 1.5, True, None, [], {}, 2**63])
def test_what_is_no_count_is_none(bad):
    usage = anthropic_usage({"input_tokens": bad, "output_tokens": 2})
    assert usage.input_uncached is None
    assert usage.output == 2


def test_later_mentions_win_and_silence_changes_nothing():
    known = {"a": 1, "b": {"c": 2, "d": 3}}
    merge(known, {"a": 5, "b": {"c": None, "d": 4}, "e": {"f": 1}, "g": None})
    assert known == {"a": 5, "b": {"c": 2, "d": 4}, "e": {"f": 1}}


def test_nesting_beyond_reason_is_not_followed():
    raw = {"x": 1}
    for _ in range(5000):
        raw = {"x": raw}
    known = dict(raw)
    merge(known, raw)
    assert chat_usage(known).vendor == {}
