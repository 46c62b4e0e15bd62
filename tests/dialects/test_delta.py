"""What each event of each dialect adds, and nothing of what is unknown."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunaroute.dialects import Delta, DeltaKind, read_deltas
from lunaroute.model import Endpoint

TEXT, THINKING, TOOL, BREAK = DeltaKind


@pytest.mark.parametrize(
    ("endpoint", "event", "expected"),
    [
        (Endpoint.MESSAGES, {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "a"}}, [(TEXT, "a")]),
        (Endpoint.MESSAGES, {"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": "b"}}, [(THINKING, "b")]),
        (Endpoint.MESSAGES, {"type": "content_block_delta", "delta": {"type": "signature_delta", "signature": "x"}}, []),
        (Endpoint.MESSAGES, {"type": "content_block_start", "content_block": {"type": "tool_use", "name": "Read"}}, [(TOOL, "Read")]),
        (Endpoint.MESSAGES, {"type": "content_block_start", "content_block": {"type": "server_tool_use", "name": "web_search"}}, [(TOOL, "web_search")]),
        (Endpoint.MESSAGES, {"type": "content_block_start", "content_block": {"type": "text", "text": "s"}}, [(TEXT, "s")]),
        (Endpoint.MESSAGES, {"type": "content_block_start", "content_block": {"type": "text", "text": ""}}, []),
        (Endpoint.MESSAGES, {"type": "content_block_stop", "index": 0}, [(BREAK, "")]),
        (Endpoint.MESSAGES, {"type": "ping"}, []),
        (Endpoint.CHAT, {"choices": [{"delta": {"content": "a", "reasoning_content": "b"}}]}, [(THINKING, "b"), (TEXT, "a")]),
        (Endpoint.CHAT, {"choices": [{"delta": {"tool_calls": [{"function": {"name": "f"}}, {"function": {"arguments": "{"}}]}}]}, [(TOOL, "f")]),
        (Endpoint.CHAT, {"choices": [], "usage": {}}, []),
        (Endpoint.RESPONSES, {"type": "response.output_text.delta", "delta": "a"}, [(TEXT, "a")]),
        (Endpoint.RESPONSES, {"type": "response.reasoning_summary_text.delta", "delta": "b"}, [(THINKING, "b")]),
        (Endpoint.RESPONSES, {"type": "response.output_item.added", "item": {"type": "function_call", "name": "exec"}}, [(TOOL, "exec")]),
        (Endpoint.RESPONSES, {"type": "response.output_item.added", "item": {"type": "message"}}, []),
        (Endpoint.RESPONSES, {"type": "response.output_item.done"}, [(BREAK, "")]),
        (Endpoint.MODELS, {"type": "content_block_stop"}, []),
    ],
)  # fmt: skip
def test_deltas(endpoint, event, expected):
    for data in (json.dumps(event), json.dumps(event).encode()):
        assert read_deltas(endpoint, "", data) == tuple(
            Delta(*each) for each in expected
        )


def test_the_name_serves_where_the_type_is_missing():
    assert read_deltas(Endpoint.MESSAGES, "content_block_stop", "{}") == (Delta(BREAK),)


@given(st.sampled_from(Endpoint), st.text(), st.binary() | st.text() | st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["type", "delta", "choices", "item", "content_block", "tool_calls", "function", "name", "content"]), inner)).map(json.dumps))  # fmt: skip
def test_nothing_raises(endpoint, name, data):
    for delta in read_deltas(endpoint, name, data):
        assert isinstance(delta.text, str)
