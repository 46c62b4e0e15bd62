"""Requests of the messages API."""

import json

import pytest

from lunaroute.dialects import read_request
from lunaroute.model import Endpoint, Text, TextKind, ToolResult


def read(**body):
    return read_request(Endpoint.MESSAGES, json.dumps(body).encode())


def user(*content):
    return {"messages": [{"role": "user", "content": list(content)}]}


CACHED = {"cache_control": {"type": "ephemeral"}}


def test_a_coding_turn_in_wire_order():
    facts = read(
        model="claude-opus-5-5",
        stream=True,
        system=[
            {"type": "text", "text": "You code."},
            {"type": "text", "text": "Well."},
        ],
        tools=[{"name": "Bash"}, {"name": "Read"}],
        messages=[
            {"role": "user", "content": "fix it"},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "hm", "signature": "s"},
                    {"type": "redacted_thinking", "data": "xx"},
                    {"type": "text", "text": "I look."},
                    {
                        "type": "tool_use",
                        "id": "t1",
                        "name": "Bash",
                        "input": {"c": "ls"},
                    },
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "t1", "content": "a.py"},
                    {"type": "text", "text": "and?", **CACHED},
                ],
            },
            {"role": "system", "content": "Mode changed.", "output_config": {}},
        ],
    )
    assert facts.model == "claude-opus-5-5"
    assert facts.streaming
    assert facts.has_system
    assert facts.message_count == 4
    assert facts.tool_count == 2
    assert facts.problem is None
    assert facts.texts == (
        Text(TextKind.SYSTEM, "system", "You code."),
        Text(TextKind.SYSTEM, "system", "Well."),
        Text(TextKind.PROMPT, "user", "fix it"),
        Text(TextKind.THINKING, "assistant", "hm"),
        Text(TextKind.ANSWER, "assistant", "I look."),
        Text(TextKind.TOOL_INPUT, "assistant", '{"c":"ls"}'),
        Text(TextKind.TOOL_OUTPUT, "user", "a.py"),
        Text(TextKind.PROMPT, "user", "and?"),
        Text(TextKind.SYSTEM, "system", "Mode changed."),
    )
    assert facts.tool_results == (ToolResult("t1", "a.py"),)


@pytest.mark.parametrize(
    ("system", "has_system"),
    [
        ("You code.", True),
        ([{"type": "text", "text": "x"}], True),
        ("", False),
        ([], False),
    ],
)
def test_the_system_is_a_string_or_blocks(system, has_system):
    assert read(system=system).has_system is has_system


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ({"content": "plain"}, "plain"),
        (
            {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            "a\nb",
        ),
        (
            {"content": [{"type": "image", "source": {"type": "base64", "data": "x"}}]},
            "",
        ),
        ({"content": [{"type": "tool_reference", "tool_name": "x"}]}, ""),
        ({"content": []}, ""),
        ({"content": None}, ""),
        ({}, ""),
    ],
)
def test_tool_results_of_every_shape(block, text):
    facts = read(**user({"type": "tool_result", "tool_use_id": "t", **block}))
    assert facts.tool_results == (ToolResult("t", text),)
    assert [found.text for found in facts.texts] == ([text] if text else [])


@pytest.mark.parametrize(
    ("flag", "is_error"), [(True, True), (False, False), (None, None), ("yes", None)]
)
def test_errors_of_tools(flag, is_error):
    block = {
        "type": "tool_result",
        "tool_use_id": "t",
        "content": "x",
        "is_error": flag,
    }
    assert read(**user(block)).tool_results[0].is_error is is_error


def test_parallel_results_keep_the_order_they_came_in():
    blocks = [{"type": "tool_result", "tool_use_id": i, "content": i} for i in "ba"]
    assert [result.call_id for result in read(**user(*blocks)).tool_results] == [
        "b",
        "a",
    ]


def test_unknown_blocks_keep_their_plain_text():
    facts = read(
        **user(
            {"type": "holo", "text": "seen"},
            {"type": "image", "source": {"type": "base64", "data": "aGk="}},
            {"type": "document", "source": {"type": "text", "data": "the document"}},
            {"type": "search_result", "content": [{"type": "text", "text": "found"}]},
            "bare",
            7,
        )
    )
    assert [text.text for text in facts.texts] == [
        "seen",
        "the document",
        "found",
        "bare",
    ]


def test_tools_that_ran_at_the_provider():
    facts = read(
        messages=[
            {
                "role": "assistant",
                "content": [
                    {
                        "type": "server_tool_use",
                        "id": "s",
                        "name": "w",
                        "input": {"q": 1},
                    },
                    {
                        "type": "mcp_tool_result",
                        "tool_use_id": "s",
                        "content": [{"type": "text", "text": "out"}],
                    },
                ],
            }
        ]
    )
    assert facts.texts == (
        Text(TextKind.TOOL_INPUT, "assistant", '{"q":1}'),
        Text(TextKind.TOOL_OUTPUT, "assistant", "out"),
    )
    assert facts.tool_results == ()


def test_a_token_count_is_read_alike():
    body = b'{"model":"m","messages":[{"role":"user","content":"x"}]}'
    counted = read_request(Endpoint.COUNT_TOKENS, body)
    assert counted == read_request(Endpoint.MESSAGES, body)
