"""The JSONL events: their order, names and fields."""

import json

import pytest

from lunaroute.model import Outcome
from lunaroute.recording._events import completed_prefix, event_lines
from lunaroute.recording._reading import read_exchange
from tests.recording.build import (
    SESSION,
    anthropic_events,
    anthropic_message,
    anthropic_stream,
    exchange,
    sse,
)

FIELDS = {
    "started": "model_requested provider listener is_streaming client_ip user_agent"
    " api_version request_headers session_tags",
    "stream_started": "time_to_first_token_ms",
    "request_recorded": "request_text request_json estimated_tokens pre_processing_ms"
    " request_size_bytes message_count has_system_prompt has_tools tool_count",
    "response_recorded": "response_text response_json model_used provider_latency_ms"
    " post_processing_ms total_proxy_overhead_ms input_tokens output_tokens total_tokens"
    " thinking_tokens reasoning_tokens cache_read_tokens cache_creation_tokens"
    " audio_input_tokens audio_output_tokens thinking_percentage tokens_per_second"
    " tool_calls response_size_bytes content_blocks has_refusal is_streaming chunk_count"
    " streaming_duration_ms",
    "tool_call_recorded": "tool_name tool_call_id execution_time_ms input_size_bytes"
    " output_size_bytes success tool_arguments",
    "completed": "success error finish_reason total_duration_ms provider_time_ms"
    " proxy_overhead_ms total_input total_output total_thinking total_reasoning"
    " total_cached total_cache_read total_cache_creation total_audio_input"
    " total_audio_output grand_total by_model total_tool_calls unique_tool_count by_tool"
    " total_tool_time_ms tool_error_count avg_provider_latency_ms p50_latency_ms"
    " p95_latency_ms p99_latency_ms max_latency_ms min_latency_ms avg_pre_processing_ms"
    " avg_post_processing_ms proxy_overhead_percentage streaming_stats estimated_cost"
    " outcome final_stats",
}


def events(raw):
    lines = event_lines(read_exchange(raw, b"k"))
    assert lines.endswith(b"\n")
    return [json.loads(line) for line in lines.splitlines()]


def test_a_stream_in_order_with_all_fields():
    found = events(anthropic_stream())
    assert [event["type"] for event in found] == [
        "started",
        "request_recorded",
        "stream_started",
        "response_recorded",
        "tool_call_recorded",
        "completed",
    ]
    for event in found:
        assert set(FIELDS[event["type"]].split()) <= set(event)
        assert event["schema"] == 1
        assert event["session_id"] == SESSION
        assert event["request_id"] == event["exchange_id"] == "boot-0-1"
    stamps = [event["timestamp"] for event in found]
    assert stamps == sorted(stamps)
    assert stamps[0] == "2025-10-09T08:53:21.000000Z"


def test_the_values_of_a_stream():
    started, request, first, response, call, completed = events(anthropic_stream())
    assert started["client_ip"] == "127.0.0.1"
    assert request["request_text"] == "why is the sky blue"
    assert request["request_json"]["model"] == "claude-x"
    assert first["time_to_first_token_ms"] == 100
    assert response["response_text"] == "because of scattering"
    assert response["response_json"] is None
    assert response["chunk_count"] == 11
    assert call["tool_name"] == "Read"
    assert json.loads(call["tool_arguments"]) == {"path": "sky.txt"}
    assert completed["success"] is True
    assert completed["finish_reason"] == "tool_use"
    assert completed["by_tool"]["Read"]["call_count"] == 1
    assert completed["final_stats"]["tokens"]["total"] == 157
    assert completed["streaming_stats"]["total_chunks"] == 11
    assert completed["streaming_stats"]["p50_chunk_latency_ms"] == 1.0


def test_a_whole_answer_has_no_stream_event():
    found = events(anthropic_message())
    assert [event["type"] for event in found] == [
        "started",
        "request_recorded",
        "response_recorded",
        "completed",
    ]
    assert found[2]["response_json"]["stop_reason"] == "end_turn"
    assert found[3]["streaming_stats"] is None


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("answered", [True, False])
def test_every_outcome_ends_in_one_completed(outcome, answered):
    more = (
        {"answer": sse(*anthropic_events())[:3]}
        if answered
        else {"status": 0, "answer": []}
    )
    found = events(anthropic_stream(outcome=outcome, error="it broke", **more))
    assert [event["type"] for event in found].count("completed") == 1
    completed = found[-1]
    assert completed["type"] == "completed"
    assert completed["outcome"] == outcome.value
    assert completed["success"] is (outcome is Outcome.ANSWERED)
    assert completed["error"] == "it broke"


def test_an_exchange_that_never_ended():
    raw = anthropic_stream()
    raw.ending = None
    raw.answer.chunks = raw.answer.chunks[:2]
    assert events(raw)[-1]["outcome"] == "interrupted"


def test_a_pretty_body_stays_on_one_line():
    raw = exchange(1, request_pieces=[b'{\n  "model": "m",\r\n  "messages": []\n}'])
    assert events(raw)[1]["request_json"] == {"model": "m", "messages": []}


def test_the_prefix_by_which_an_exchange_is_found():
    lines = event_lines(read_exchange(anthropic_stream(), b"k")).splitlines()
    starts = [line.startswith(completed_prefix("boot-0-1")) for line in lines]
    assert starts == [False] * 5 + [True]
    assert not lines[-1].startswith(completed_prefix("boot-0-11"))
    assert lines[-1].startswith(completed_prefix())
