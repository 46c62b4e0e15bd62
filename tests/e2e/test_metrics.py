"""Traffic through the real program moves each metric by what the record says, too."""

import json
import os
import signal
from contextlib import closing

import pytest

from tests.kit import Raw, Serve, ask, post, until
from tests.provider import TOOL_INPUT, Provider
from tests.scrape import moved, samples

CLAUDE = "model=claude-sonnet-4-6,provider=anthropic"
GPT = "model=gpt-5.4,provider=openai"
TOKENS = {
    "input": "input_uncached",
    "cache_read": "cache_read",
    "cache_write_5m": "cache_write_5m",
    "output": "output",
    "reasoning": "reasoning",
}


def scrape(serve: Serve) -> dict[str, float]:
    with Raw(serve.port) as raw:
        raw.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        head, body = raw.read_answer()
    assert head.startswith(b"HTTP/1.1 200 ")
    return samples(body.decode())


def counted(serve: Serve, count: int) -> dict[str, float]:
    """The metrics once so many exchanges are in them."""

    def whole() -> dict[str, float] | None:
        found = scrape(serve)
        requests = (
            n
            for name, n in found.items()
            if name.startswith("lunaroute_requests_total")
        )
        return found if sum(requests) >= count else None

    return until(whole, f"{count} counted exchanges")


def tool_turn() -> bytes:
    """The turn that brings the result of the [[tool]] turn, as an error."""
    call = {
        "type": "tool_use",
        "id": "toolu_1",
        "name": "get_weather",
        "input": TOOL_INPUT,
    }
    result = {
        "type": "tool_result",
        "tool_use_id": "toolu_1",
        "content": "sunny",
        "is_error": True,
    }
    messages = [
        {"role": "user", "content": "Which mountain? [[tool]]"},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result]},
    ]
    return ask(session="s1", messages=messages)


def test_traffic_moves_the_metrics(tmp_path):
    chat = json.dumps(
        {"model": "gpt-5.4", "messages": [{"role": "user", "content": "Hi"}]}
    ).encode()
    requests = (
        post(ask()),
        post(ask(stream=True)),
        post(ask("tool", stream=True, session="s1")),
        post(tool_turn()),
        post(ask("limited")),
        post(ask("bad")),
        post(chat, "/v1/chat/completions"),
    )  # fmt: skip
    with (
        closing(Provider()) as provider,
        Serve(tmp_path / "home", provider.url) as serve,
    ):
        with Raw(serve.port) as raw:
            for request in requests:
                raw.send(request)
                raw.read_answer()
            found = moved({}, counted(serve, len(requests)))
            raw.send(b"GET /stats HTTP/1.1\r\nHost: localhost\r\n\r\n")
            stats = json.loads(raw.read_answer()[1])
        rows = serve.recorded(len(requests))
        observer = serve.child("observer")
        os.kill(observer, signal.SIGKILL)
        serve.child("observer", other_than=observer)
        with Raw(serve.port) as raw:
            raw.send(post(ask()))
            raw.read_answer()
        after = counted(serve, 1)
    assert after["lunaroute_restarts_total{process=observer}"] == 1
    assert after["lunaroute_restarts_total{process=gateway}"] == 0

    listener = f"listener=127.0.0.1:{serve.port}"
    expected = {
        f"lunaroute_requests_total{{{listener},{CLAUDE}}}": 6,
        f"lunaroute_requests_total{{{listener},{GPT}}}": 1,
        f"lunaroute_requests_success_total{{{listener},{CLAUDE}}}": 4,
        f"lunaroute_requests_failure_total{{{listener},{CLAUDE},error_type=rate_limited}}": 1,
        f"lunaroute_requests_failure_total{{{listener},{CLAUDE},error_type=client_error}}": 1,
        "lunaroute_exchanges_total{provider=anthropic,endpoint=messages,outcome=answered}": 4,
        "lunaroute_exchanges_total{provider=openai,endpoint=chat_completions,outcome=answered}": 1,
        f"lunaroute_request_duration_seconds_count{{{listener},{CLAUDE}}}": 6,
        "lunaroute_ingress_duration_seconds_count": 7,
        "lunaroute_proxy_overhead_seconds_count{connection=new}": 2,
        "lunaroute_proxy_overhead_seconds_count{connection=reused}": 5,
        "http_pool_connections_created_total{provider=anthropic,dialect=anthropic}": 1,
        "http_pool_connections_reused_total{provider=anthropic,dialect=anthropic}": 5,
        "lunaroute_rate_limits_total{provider=anthropic,model=claude-sonnet-4-6}": 1,
        "lunaroute_rate_limit_backoff_seconds_sum{provider=anthropic}": 1,
        "lunaroute_provider_success_rate{provider=openai}": 1,
        f"lunaroute_tool_calls_total{{tool=get_weather,{CLAUDE}}}": 1,
        f"lunaroute_tool_result_failures_total{{tool=get_weather,{CLAUDE}}}": 1,
        "lunaroute_tool_duration_seconds_count{tool=get_weather}": 1,
        "lunaroute_streaming_requests_total{provider=anthropic,model=claude-sonnet-4-6}": 2,
        "lunaroute_streaming_ttft_seconds_count{provider=anthropic,model=claude-sonnet-4-6}": 2,
        "lunaroute_recorder_lag_seconds_count": 7,
        "lunaroute_recorded_exchanges_total": 7,
        "lunaroute_post_processing_duration_seconds_count": 7,
    }  # fmt: skip
    assert {name: found.get(name) for name in expected} == expected
    agrees_with(rows, found)
    agrees_with_stats(stats, found)


def agrees_with(rows: list[dict], found: dict[str, float]) -> None:
    """The same sums as SQL's, to the last token."""
    for kind, column in TOKENS.items():
        for who, provider in ((CLAUDE, "anthropic"), (GPT, "openai")):
            of = [row[column] or 0 for row in rows if row["provider"] == provider]
            name = f"lunaroute_tokens_total{{type={kind},{who}}}"
            assert found.get(name, 0) == sum(of), name
    cost = sum(row["cost_usd"] or 0 for row in rows)
    told = (
        n for name, n in found.items() if name.startswith("lunaroute_cost_usd_total")
    )
    assert sum(told) == pytest.approx(cost)
    assert cost > 0
    pieces = sum(row["answer_chunks"] for row in rows if row["streaming"])
    who = "{provider=anthropic,model=claude-sonnet-4-6}"
    assert found[f"lunaroute_streaming_chunks_total_sum{who}"] == pieces
    down = sum(row["answer_bytes"] for row in rows if row["provider"] == "anthropic")
    name = "lunaroute_body_bytes_total{direction=down,provider=anthropic}"
    assert found[name] == down


def summed(found: dict[str, float], name: str, *labels: str) -> float:
    """Over all series of a metric that have these labels."""
    return sum(
        value
        for series, value in found.items()
        if series.partition("{")[0] == name and all(label in series for label in labels)
    )


def agrees_with_stats(stats: dict, found: dict[str, float]) -> None:
    """What `lunaroute stats` and GET /stats say of the same exchanges."""
    total = stats["total"]
    for kind, name in (
        ("input", "input_tokens"),
        ("cache_read", "cache_read_tokens"),
        ("cache_write", "cache_creation_tokens"),
        ("output", "output_tokens"),
        ("reasoning", "reasoning_tokens"),
    ):
        told = summed(found, "lunaroute_tokens_total", f"type={kind}")
        assert told == total[name], name
    assert summed(found, "lunaroute_tokens_total") == total["total_tokens"]
    assert summed(found, "lunaroute_requests_total") == total["requests"]
    assert summed(found, "lunaroute_requests_failure_total") == total["failures"]
    assert summed(found, "lunaroute_tool_calls_total") == total["tool_calls"]
    assert summed(found, "lunaroute_tool_result_failures_total") == total["tool_errors"]
    unknown = summed(found, "lunaroute_cost_unknown_exchanges_total")
    assert unknown == total["unpriced_count"]
    cost = summed(found, "lunaroute_cost_usd_total")
    assert cost == pytest.approx(total["cost_usd"])
    ours = summed(found, "lunaroute_proxy_overhead_seconds_sum")
    assert ours == pytest.approx(total["overhead"]["total_ms"] / 1000)
