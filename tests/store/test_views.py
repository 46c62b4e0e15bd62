"""The older names: their columns, and that they agree with what they are made of."""

import pytest

from lunaroute.store import ToolCallRow, ToolResultRow, open_store
from tests.store.kit import database, prepared, text, text_hash, write

TOKENS = (
    "input_tokens output_tokens thinking_tokens reasoning_tokens cache_read_tokens"
    " cache_creation_tokens audio_input_tokens audio_output_tokens"
)
COLUMNS = {
    "session_stats": "id session_id request_id model_name pre_processing_ms"
    f" post_processing_ms proxy_overhead_ms {TOKENS} tokens_per_second"
    " thinking_percentage request_size_bytes response_size_bytes message_count"
    " content_blocks has_tools has_refusal user_agent created_at",
    "tool_stats": "id session_id request_id model_name tool_name call_count"
    " avg_execution_time_ms error_count tool_arguments created_at",
    "tool_call_executions": "id session_id request_id tool_call_id tool_name"
    " tool_arguments execution_time_ms input_size_bytes output_size_bytes success"
    " created_at",
    "stream_metrics": "id session_id request_id time_to_first_token_ms total_chunks"
    " streaming_duration_ms avg_chunk_latency_ms p50_chunk_latency_ms"
    " p95_chunk_latency_ms p99_chunk_latency_ms max_chunk_latency_ms"
    " min_chunk_latency_ms created_at",
}


@pytest.fixture
def store(tmp_path):
    with open_store(database(tmp_path), writer=True) as store:
        yield store


def rows(store, query):
    return store._connection.execute(query).fetchall()


@pytest.mark.parametrize("view", COLUMNS)
def test_the_columns(store, view):
    found = rows(store, f"SELECT name FROM pragma_table_info('{view}')")
    assert [name for (name,) in found] == COLUMNS[view].split()


def test_the_sums_are_those_of_the_exchanges(store):
    write(
        store,
        prepared(1, input_uncached=7, cache_read=11, cache_write_5m=2, output=3),
        prepared(2, outcome="client_left", input_uncached=13, cache_write_1h=5),
        prepared(3, outcome="refused_by_provider", status=429),
        prepared(4, endpoint="other", output=17, audio_output=1),
        prepared(5, endpoint="responses", reasoning=19, thinking=23, audio_input=29),
        prepared(6, endpoint="count_tokens"),
        prepared(7, endpoint="websocket"),
        prepared(8, endpoint="messages"),
    )
    sums = ", ".join(f"sum({name})" for name in TOKENS.split())
    assert rows(store, f"SELECT {sums} FROM session_stats") == rows(
        store,
        "SELECT sum(input_uncached), sum(output), sum(thinking), sum(reasoning),"
        " sum(cache_read), sum(cache_write_5m) + sum(cache_write_1h),"
        " sum(audio_input), sum(audio_output) FROM exchanges",
    )
    assert rows(store, "SELECT request_id FROM session_stats ORDER BY id") == [
        (f"boot-0-{number}",) for number in (1, 2, 4, 5, 8)
    ]


def test_one_answered_request(store):
    write(
        store,
        prepared(
            1,
            model_requested="asked",
            model_used="got",
            streaming=True,
            head_received_us=1_000,
            first_byte_up_us=3_500,
            first_token_us=300_000,
            output=75,
            thinking=25,
            tool_count=2,
            content_blocks=4,
        ),
        prepared(2),
    )
    query = (
        "SELECT model_name, pre_processing_ms, proxy_overhead_ms, tokens_per_second,"
        " thinking_percentage, has_tools, content_blocks, created_at"
        " FROM session_stats ORDER BY id"
    )
    assert rows(store, query) == [
        ("got", 2.5, 2.5, 500.0, 25.0, 1, 4, "2025-10-09 08:53:21"),
        ("unknown", None, None, None, None, 0, None, "2025-10-09 08:53:22"),
    ]


@pytest.fixture
def called(store):
    calls = tuple(
        ToolCallRow(at, f"c{at}", name, f'{{"n":"ä{at}"}}')
        for at, name in enumerate(["Read", "Read", "Bash", "Edit"])
    )
    outcomes = [False, True, None]
    texts = tuple(text("tool_output", "user", f"r{at}") for at in range(3))
    results = tuple(
        ToolResultRow(f"c{at}", text_hash("tool_output", "user", f"r{at}"), 2, failed)
        for at, failed in enumerate(outcomes)
    )
    write(store, prepared(1, model_used="m", calls=calls))
    write(store, prepared(4, texts=texts, results=results))
    return store


def test_executions(called):
    query = (
        "SELECT tool_call_id, tool_name, execution_time_ms, input_size_bytes,"
        " output_size_bytes, success FROM tool_call_executions ORDER BY id"
    )
    assert rows(called, query) == [
        ("c0", "Read", 2_500, 11, 2, 1),
        ("c1", "Read", 2_500, 11, 2, 0),
        ("c2", "Bash", 2_500, 11, 2, None),
        ("c3", "Edit", None, 11, None, None),
    ]


def test_the_clients_own_time_goes_before(called):
    called._connection.execute(
        "UPDATE tool_calls SET client_us = 31000 WHERE ordinal = 1"
    )
    query = "SELECT execution_time_ms FROM tool_call_executions ORDER BY id"
    assert rows(called, query) == [(2_500,), (31,), (2_500,), (None,)]
    query = "SELECT avg_execution_time_ms FROM tool_stats WHERE tool_name = 'Read'"
    assert rows(called, query) == [(1_265,)]


def test_tools(called):
    query = (
        "SELECT model_name, tool_name, call_count, avg_execution_time_ms, error_count,"
        " tool_arguments FROM tool_stats ORDER BY id"
    )
    assert rows(called, query) == [
        ("m", "Read", 2, 2_500, 1, '{"n":"ä0"}'),
        ("m", "Bash", 1, 2_500, 0, '{"n":"ä2"}'),
        ("m", "Edit", 1, None, 0, '{"n":"ä3"}'),
    ]


def test_streams(store):
    moments = {"first_byte_up_us": 2_000, "first_token_us": 102_000}
    write(
        store,
        prepared(1, streaming=True, answer_chunks=9, chunk_p95_ms=1.5, **moments),
        prepared(2, streaming=True, outcome="refused_by_provider"),
        prepared(3, **moments),
    )
    query = (
        "SELECT request_id, time_to_first_token_ms, total_chunks,"
        " streaming_duration_ms, p95_chunk_latency_ms FROM stream_metrics"
    )
    assert rows(store, query) == [("boot-0-1", 100, 9, 398, 1.5)]
