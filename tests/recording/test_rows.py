"""The row of an exchange: its facts, and nothing that may not be kept."""

import json
from dataclasses import replace

import pytest

from lunaroute.link import Tapped
from lunaroute.model import ToolCall
from lunaroute.recording._reading import read_exchange
from lunaroute.recording._rows import call_row, prepare_rows
from tests.recording.build import SESSION, anthropic_stream, exchange, question

KEY = b"k" * 32


def row(raw):
    return prepare_rows(read_exchange(raw, KEY), KEY).exchange


def test_a_streamed_turn():
    found = row(
        anthropic_stream(7, request_fields=[("anthropic-version", "2023-06-01")])
    )
    expected = {
        "id": "boot-0-7",
        "session_id": SESSION,
        "started_at": 1_760_000_007_000_000,
        "outcome": "answered",
        "request_class": "main",
        "endpoint": "messages",
        "method": "POST",
        "path": "/v1/messages",
        "query": "beta=true",
        "user_agent": "test/1",
        "model_requested": "claude-x",
        "model_used": "claude-x-1",
        "streaming": True,
        "status": 200,
        "stop_reason": "tool_use",
        "head_received_us": 1_000,
        "first_byte_up_us": 2_000,
        "first_byte_down_us": 99_000,
        "first_token_us": 102_000,
        "last_byte_down_us": 110_000,
        "ended_us": 111_000,
        "answer_chunks": 11,
        "content_blocks": 2,
        "chunk_avg_ms": 1.0,
        "chunk_p99_ms": 1.0,
        "input_uncached": 10,
        "cache_read": 100,
        "cache_write_5m": 5,
        "output": 42,
        "message_count": 1,
    }
    assert {name: getattr(found, name) for name in expected} == expected
    assert json.loads(found.vendor_usage)["output_tokens"] == 42
    assert json.loads(found.request_headers)["anthropic-version"] == "2023-06-01"


def test_the_last_byte_is_known_where_all_of_the_answer_is():
    """What is not here has come at a time that nobody has told."""
    raw = anthropic_stream()
    cut = replace(raw.answer, truncated=True, tail=b"x")
    assert row(replace(raw, answer=cut)).last_byte_down_us is None
    assert row(replace(raw, shed=1)).last_byte_down_us is None
    assert row(replace(raw, answer=Tapped())).last_byte_down_us == 99_000  # its head's


def test_a_subagent():
    found = row(anthropic_stream(request_fields=[("X-Claude-Code-Agent-Id", "a1b2")]))
    assert (found.agent, found.request_class, found.session_id) == (
        "a1b2",
        "subagent",
        SESSION,
    )


def test_request_classes_of_what_is_no_turn():
    count = exchange(1, path="/v1/messages/count_tokens", body=question())
    assert row(count).request_class == "count_tokens"
    assert row(exchange(1, method="GET", path="/v1/models")).request_class == "other"


def test_no_secret_reaches_a_row():
    fields = [
        ("Authorization", "Bearer s3cret"),
        ("x-api-key", "s3cret"),
        ("Cookie", "__cf_bm=s3cret"),
        ("chatgpt-account-id", "s3cret"),
    ]
    raw = anthropic_stream(path="/v1/messages?key=s3cret", request_fields=fields,
                           answer_fields=[("Set-Cookie", "s3cret")])  # fmt: skip
    assert "s3cret" not in repr(prepare_rows(read_exchange(raw, KEY), KEY))


def test_an_unsafe_session_id_is_replaced_and_kept():
    # The dialects' own rules refuse such ids; this holds should they ever change.
    from dataclasses import replace

    from lunaroute.recording._session import name_session

    reading = replace(
        read_exchange(anthropic_stream(), KEY), session=name_session("../x", "1")
    )
    found = prepare_rows(reading, KEY).exchange
    assert found.session_id.startswith("h_")
    assert found.client_session_id == "../x"


@pytest.mark.parametrize(
    ("name", "server", "expected"),
    [
        ("Read", None, (None, None)),
        ("mcp__github__get_me", None, ("github", "get_me")),
        ("mcp__plugin_a_b__x__y", None, ("plugin_a_b", "x__y")),
        ("mcp__github__get_me", "github", ("github", "get_me")),
        ("find", "docs", ("docs", "find")),
        ("mcp__github", None, (None, None)),
        ("mcp____x", None, (None, None)),
        ("mcp__github__", None, (None, None)),
        ("mcp__\ud800__x", None, ("?", "x")),
    ],
)
def test_servers_and_tools_are_apart(name, server, expected):
    row = call_row(0, ToolCall("c", name, "{}", server))
    assert (row.mcp_server, row.mcp_tool) == expected
