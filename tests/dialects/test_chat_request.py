"""Requests of the chat completions API."""

import json

import pytest

from lunaroute.dialects import read_request
from lunaroute.model import Endpoint, Text, TextKind, ToolResult


def read(*messages, **body):
    body["messages"] = list(messages)
    return read_request(Endpoint.CHAT, json.dumps(body).encode())


def test_a_turn_with_tools_in_wire_order():
    facts = read(
        {"role": "developer", "content": "You code."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "fix"}, {"type": "image_url"}],
        },
        {
            "role": "assistant",
            "content": None,
            "reasoning_content": "hm",
            "tool_calls": [
                {
                    "id": "c1",
                    "type": "function",
                    "function": {"name": "ls", "arguments": '{"p": "."}'},
                },
                {"id": "c2", "type": "custom", "custom": {"name": "x", "input": "raw"}},
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "a.py"},
        {
            "role": "tool",
            "tool_call_id": "c2",
            "content": [{"type": "text", "text": "b"}],
        },
        model="gpt-5.4",
        stream=True,
        tools=[{"type": "function", "function": {"name": "ls"}}],
    )
    assert (facts.model, facts.streaming, facts.has_system) == ("gpt-5.4", True, True)
    assert (facts.message_count, facts.tool_count) == (5, 1)
    assert facts.texts == (
        Text(TextKind.SYSTEM, "developer", "You code."),
        Text(TextKind.PROMPT, "user", "fix"),
        Text(TextKind.THINKING, "assistant", "hm"),
        Text(TextKind.TOOL_INPUT, "assistant", '{"p": "."}'),
        Text(TextKind.TOOL_INPUT, "assistant", "raw"),
        Text(TextKind.TOOL_OUTPUT, "tool", "a.py"),
        Text(TextKind.TOOL_OUTPUT, "tool", "b"),
    )
    assert facts.tool_results == (ToolResult("c1", "a.py"), ToolResult("c2", "b"))


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"role": "system", "content": "s"}, Text(TextKind.SYSTEM, "system", "s")),
        ({"role": "user", "content": "u"}, Text(TextKind.PROMPT, "user", "u")),
        ({"content": "u"}, Text(TextKind.PROMPT, "user", "u")),
        (
            {"role": "assistant", "content": "a"},
            Text(TextKind.ANSWER, "assistant", "a"),
        ),
        (
            {"role": "assistant", "content": None, "refusal": "no"},
            Text(TextKind.ANSWER, "assistant", "no"),
        ),
        (
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
            Text(TextKind.ANSWER, "assistant", "no"),
        ),
        (
            {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}},
            Text(TextKind.TOOL_INPUT, "assistant", "{}"),
        ),
        (
            {
                "role": "assistant",
                "tool_calls": [{"function": {"arguments": {"a": 1}}}],
            },
            Text(TextKind.TOOL_INPUT, "assistant", '{"a":1}'),
        ),
        (
            {"role": "function", "content": "o"},
            Text(TextKind.TOOL_OUTPUT, "function", "o"),
        ),
    ],
)
def test_messages(message, text):
    assert read(message).texts == (text,)


@pytest.mark.parametrize("content", [None, [], "", 7, {"no": "text"}])
def test_messages_without_text(content):
    assert read({"role": "user", "content": content}).texts == ()


def test_a_result_of_nothing_is_a_result():
    facts = read({"role": "tool", "tool_call_id": "c", "content": None})
    assert facts.tool_results == (ToolResult("c", ""),)
