"""Items, whichever side sent them."""

import pytest

from lunaroute.dialects._responses_item import has_refusal, read_item
from lunaroute.dialects._transcript import Transcript
from lunaroute.model import Text, TextKind, ToolCall, ToolResult


def read(item):
    transcript = Transcript()
    read_item(item, transcript)
    return transcript


@pytest.mark.parametrize(
    ("item", "call"),
    [
        (
            {"type": "function_call", "id": "fc", "call_id": "c", "name": "f"},
            ToolCall("c", "f", ""),
        ),
        (
            {"type": "custom_tool_call", "call_id": "c", "name": "f", "input": "raw"},
            ToolCall("c", "f", "raw"),
        ),
        (
            {"type": "mcp_call", "id": "m", "name": "f", "arguments": "{}"},
            ToolCall("m", "f", "{}"),
        ),
        (
            {"type": "web_search_call", "id": "w", "action": {"query": "luna"}},
            ToolCall("w", "web_search", '{"query":"luna"}'),
        ),
        (
            {"type": "code_interpreter_call", "id": "i", "code": "1 + 1"},
            ToolCall("i", "code_interpreter", "1 + 1"),
        ),
    ],
)
def test_calls(item, call):
    assert read(item).tool_calls == [call]


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("plain", "plain"),
        (
            [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}],
            "a\nb",
        ),
        ([{"type": "input_image", "image_url": "data:"}], ""),
        (None, ""),
    ],
)
@pytest.mark.parametrize("kind", ["function_call_output", "custom_tool_call_output"])
def test_outputs(kind, output, text):
    found = read({"type": kind, "call_id": "c", "output": output}).tool_results
    assert found == [ToolResult("c", text)]


def test_a_call_that_ran_at_the_provider_brings_its_output():
    item = {
        "type": "mcp_call",
        "id": "m",
        "name": "f",
        "arguments": "{}",
        "output": "o",
    }
    assert read(item).texts == [
        Text(TextKind.TOOL_INPUT, "assistant", "{}"),
        Text(TextKind.TOOL_OUTPUT, "tool", "o"),
    ]


@pytest.mark.parametrize(
    ("named", "server"),
    [
        ({"namespace": "mcp__github"}, "github"),
        ({"namespace": "mcp__github__"}, "github"),
        ({"namespace": "functions"}, None),
        ({"namespace": "mcp__"}, None),
        ({"server_label": "docs"}, "docs"),
        ({}, None),
    ],
)
def test_a_calls_server(named, server):
    item = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    assert read(item | named).tool_calls == [ToolCall("c", "f", "{}", server)]


def test_reasoning_is_its_summary_and_its_text():
    item = {"type": "reasoning", "summary": [{"text": "a"}], "content": [{"text": "b"}]}
    assert [text.text for text in read(item).texts] == ["a", "b"]


@pytest.mark.parametrize(
    "kind", ["compaction", "compaction_trigger", "item_reference", "additional_tools"]
)
def test_silent_items(kind):
    assert read({"type": kind, "text": "x", "tools": [{"text": "y"}]}).texts == []


def test_unknown_items_keep_their_plain_text():
    assert read({"type": "holo", "text": "x"}).texts == [
        Text(TextKind.PROMPT, "user", "x")
    ]


def test_refusals():
    assert has_refusal({"content": [{"type": "refusal", "refusal": "no"}]})
    assert not has_refusal({"content": [{"type": "output_text", "text": "yes"}]})
    assert not has_refusal({"content": "plain"})
