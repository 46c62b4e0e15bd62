"""Costs, compared with figures made by hand and with the package's own sums."""

import json
from datetime import UTC, datetime

import genai_prices
import pytest

from lunaroute.model import Usage
from lunaroute.pricing import price, use_overrides

WHEN = datetime(2026, 11, 1, tzinfo=UTC)
CLAUDE = "claude-sonnet-4-5-20250929"
ALL_KINDS = Usage(
    input_uncached=1_000,
    cache_read=20_000,
    cache_write_5m=2_000,
    cache_write_1h=4_000,
    output=500,
    thinking=300,
)


def cost(usage, model, vendor="anthropic", tier=None, **more):
    where = {"provider": vendor, "dialect": vendor, "upstream": ""} | more
    return price(usage, model=model, when=WHEN, service_tier=tier, **where)


def test_claude_by_hand():
    # Dollars a million: input 3, read 0.30, written for 5 minutes 3.75 (1.25 times the
    # input), for an hour 6 (twice), output 15.
    found = cost(ALL_KINDS, CLAUDE)
    assert found.input == pytest.approx(1_000 * 3 / 1e6)
    assert found.cache_read == pytest.approx(20_000 * 0.30 / 1e6)
    assert found.cache_write == pytest.approx((2_000 * 3.75 + 4_000 * 6) / 1e6)
    assert found.output == pytest.approx(500 * 15 / 1e6)
    assert found.thinking == pytest.approx(300 * 15 / 1e6)
    assert found.total == pytest.approx(0.0525)
    assert (found.provider, found.model) == ("anthropic", "claude-sonnet-4-5")
    assert found.version == f"genai-prices {genai_prices.__version__}"
    assert json.loads(found.entry) == {
        "provider": "anthropic",
        "model": "claude-sonnet-4-5",
        "service_tier": None,
        "usd_per_million": {
            "input": 3.0,
            "cache_read": 0.3,
            "cache_write_5m": 3.75,
            "cache_write_1h": 6.0,
            "output": 15.0,
            "thinking": 15.0,
        },
    }


def test_gpt_by_hand():
    # Dollars a million: input 1.25, read 0.125, output 10.
    usage = Usage(input_uncached=1_000, cache_read=8_000, output=200, reasoning=400)
    found = cost(usage, "gpt-5-2025-08-07", "openai")
    assert found.input == pytest.approx(0.00125)
    assert found.cache_read == pytest.approx(0.001)
    assert found.output == pytest.approx(0.002)
    assert found.thinking == pytest.approx(0.004)
    assert found.total == pytest.approx(0.00825)


@pytest.mark.parametrize(
    ("vendor", "model", "scale"),
    [
        ("anthropic", CLAUDE, 1),
        ("anthropic", CLAUDE, 10),  # a long context
        ("anthropic", "claude-opus-5", 1),
        ("anthropic", "claude-2", 1),  # no prices for its cache
        ("openai", "gpt-5.4", 1),
        ("openai", "gpt-5.4", 11),  # a long context
        ("openai", "gpt-6-sol", 1),
    ],
)
def test_the_package_comes_to_the_same(vendor, model, scale):
    """Its counts hold each other: input is all of it, output has the thinking."""
    usage = Usage(
        input_uncached=1_000 * scale,
        cache_read=20_000 * scale,
        cache_write_5m=2_000 * scale,
        cache_write_1h=4_000 * scale,
        output=500 * scale,
        thinking=300 * scale,
    )
    theirs = genai_prices.calc_price(
        genai_prices.Usage(
            input_tokens=usage.input_total,
            cache_read_tokens=usage.cache_read,
            cache_write_tokens=usage.cache_write_5m + usage.cache_write_1h,
            cache_write_1h_tokens=usage.cache_write_1h,
            output_tokens=usage.output_total,
        ),
        model,
        provider_id=vendor,
        genai_request_timestamp=WHEN,
    )
    found = cost(usage, model, vendor)
    assert found.total == pytest.approx(float(theirs.total_price))
    parts = found.input + found.cache_read + found.cache_write + found.output
    assert found.total == pytest.approx(parts + found.thinking + found.fees)


def test_a_long_context_is_dearer():
    short = cost(Usage(input_uncached=200_000, output=1), CLAUDE)
    long = cost(Usage(input_uncached=200_000, cache_read=1, output=1), CLAUDE)
    assert (short.input, long.input) == (0.6, 1.2)


def test_prices_change_with_time():
    usage = Usage(input_uncached=1_000_000)
    where = {"provider": "openai", "dialect": "openai", "upstream": "", "model": "o3"}
    before = price(usage, when=datetime(2025, 6, 9, tzinfo=UTC), **where)
    after = price(usage, when=datetime(2025, 6, 10, tzinfo=UTC), **where)
    assert (before.total, after.total) == (10, 2)


@pytest.mark.parametrize(
    ("vendor", "model", "tier", "expected"),
    [
        ("openai", "gpt-5", None, 1.25),
        ("openai", "gpt-5", "default", 1.25),
        ("openai", "gpt-5", "flex", 0.625),
        ("openai", "gpt-5", "priority", 2.5),
        ("anthropic", "claude-opus-5", "standard", 5),
        ("anthropic", "claude-opus-5", "batch", 2.5),
        ("anthropic", "claude-opus-5", "fast", 10),
    ],
)
def test_service_tiers(vendor, model, tier, expected):
    found = cost(Usage(input_uncached=1_000_000), model, vendor, tier)
    assert found.total == expected
    assert json.loads(found.entry)["service_tier"] == tier


def test_a_tier_without_a_price_is_unknown():
    assert cost(ALL_KINDS, CLAUDE, tier="priority") is None
    assert cost(ALL_KINDS, "gpt-4", "openai", "flex") is None


def test_audio():
    usage = Usage(input_uncached=1_000, audio_input=1_000, output=10, audio_output=100)
    found = cost(usage, "gpt-audio", "openai")
    assert found.input == pytest.approx((1_000 * 2.5 + 1_000 * 32) / 1e6)
    assert found.output == pytest.approx((10 * 10 + 100 * 64) / 1e6)
    # The table has no price for this one's audio, which is not that of its text.
    assert cost(usage, "gpt-4o-audio-preview", "openai") is None


def test_searches_of_the_vendor():
    usage = Usage(
        input_uncached=1_000, vendor={"server_tool_use.web_search_requests": 2}
    )
    found = cost(usage, CLAUDE)
    assert found.fees == 0.02
    assert found.total == pytest.approx(0.003 + 0.02)
    entry = json.loads(found.entry)
    assert (entry["searches"], entry["usd_per_thousand_searches"]) == (2, 10)
    # A model without a price for them.
    assert cost(usage, "claude-2") is None


def test_searches_that_stand_as_items_in_the_answer():
    counted = {"web_search_call": 3, "file_search_call": 2}
    found = cost(Usage(input_uncached=1_000, vendor=counted), "gpt-5", "openai")
    # 10 dollars a thousand searches of the web, 2.50 of files.
    assert found.fees == pytest.approx(3 * 0.010 + 2 * 0.0025)
    assert found.total == pytest.approx(0.00125 + 0.035)
    entry = json.loads(found.entry)
    assert (entry["searches"], entry["usd_per_thousand_searches"]) == (3, 10)
    assert (entry["file_searches"], entry["usd_per_thousand_file_searches"]) == (2, 2.5)
    # The table has no price of searches for this one.
    usage = Usage(input_uncached=1_000, vendor={"web_search_call": 1})
    assert cost(usage, "gpt-5.3-codex", "openai") is None


def test_a_request_that_costs_by_itself():
    where = {"provider": "mine", "upstream": "https://api.perplexity.ai"}
    found = cost(Usage(input_uncached=1_000, output=100), "sonar", "openai", **where)
    assert found.fees == pytest.approx(0.012)
    assert found.total == pytest.approx(0.001 + 0.0001 + 0.012)
    assert json.loads(found.entry)["requests"] == 1


def test_which_of_the_cached_tokens_are_audio_nobody_says():
    usage = Usage(input_uncached=10, audio_input=10, output=1)
    model = "gpt-4o-mini-realtime-preview"
    assert cost(usage, model, "openai") is not None
    mixed = Usage(input_uncached=10, audio_input=10, cache_read=5, output=1)
    assert cost(mixed, model, "openai") is None


@pytest.mark.parametrize(
    ("model", "vendor"),
    [
        ("claude-x", "anthropic"),
        ("gpt-5", "anthropic"),
        ("llama-of-mine", "openai"),
        ("", "openai"),
        ("gpt-5", "nobody"),
        ("whisper-1", "openai"),  # sold by the hour
    ],
)
def test_what_is_not_known_is_no_zero(model, vendor):
    assert cost(ALL_KINDS, model, vendor) is None


@pytest.mark.parametrize("usage", [Usage(), Usage(input_uncached=0, output=0)])
def test_nothing_used_has_no_cost(usage):
    assert cost(usage, CLAUDE) is None


def test_who_sells_it():
    usage = Usage(input_uncached=1_000_000)
    router = "https://openrouter.ai/api/v1"
    model = "anthropic/claude-sonnet-4.5"
    found = cost(usage, model, "openai", provider="mine", upstream=router)
    assert found.provider == "openrouter"
    mine = cost(usage, CLAUDE, provider="mine", upstream="https://proxy.corp.test")
    assert mine.provider == "anthropic"


@pytest.mark.parametrize(
    "model", ["gpt-4o-search-preview", "gpt-4o-search-preview-2025-03-11", "gpt-5-search-api"]
)  # fmt: skip
def test_a_model_that_searches_with_each_answer_has_no_known_cost(model):
    usage = Usage(input_uncached=1_000, output=200)
    assert cost(usage, model, "openai") is None
    assert cost(usage, "gpt-4o", "openai") is not None
    use_overrides([{"model": model, "input": 2.5, "output": 10.0}])
    try:
        assert cost(usage, model, "openai").total == pytest.approx(0.0045)
    finally:
        use_overrides([])
