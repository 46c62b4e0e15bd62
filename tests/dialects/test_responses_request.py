"""Requests of the responses API, as bodies and as frames."""

import json

import pytest

from lunaroute.dialects import read_request
from lunaroute.model import Endpoint, Text, TextKind, ToolResult

TURN = {
    "model": "gpt-6.1-sol",
    "stream": True,
    "input": [
        {
            "type": "additional_tools",
            "role": "developer",
            "tools": [
                {
                    "type": "namespace",
                    "name": "functions",
                    "tools": [
                        {"type": "custom", "name": "exec"},
                        {"type": "function", "name": "wait"},
                    ],
                },
                {"type": "web_search"},
            ],
        },
        {
            "type": "message",
            "role": "developer",
            "content": [{"type": "input_text", "text": "You code."}],
        },
        {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "fix"}, {"type": "input_image"}],
        },
        {
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": "hm"}],
            "encrypted_content": "xx",
        },
        {
            "type": "function_call",
            "call_id": "c1",
            "name": "ls",
            "namespace": "shell",
            "arguments": '{"p": "."}',
        },
        {"type": "function_call_output", "call_id": "c1", "output": "a.py"},
        {
            "type": "custom_tool_call",
            "call_id": "c2",
            "name": "exec",
            "input": "text(1);",
        },
        {
            "type": "custom_tool_call_output",
            "call_id": "c2",
            "output": [{"type": "input_text", "text": "1"}],
        },
        {
            "type": "message",
            "role": "assistant",
            "phase": "final_answer",
            "content": [{"type": "output_text", "text": "Done."}],
        },
        {
            "type": "agent_message",
            "author": "/root",
            "recipient": "/root/a",
            "content": [
                {"type": "text", "text": "Go on."},
                {"type": "encrypted_content", "encrypted_content": "xx"},
            ],
        },
        {"type": "compaction", "encrypted_content": "xx"},
        {"type": "compaction_trigger"},
    ],
}
TEXTS = (
    Text(TextKind.SYSTEM, "developer", "You code."),
    Text(TextKind.PROMPT, "user", "fix"),
    Text(TextKind.THINKING, "assistant", "hm"),
    Text(TextKind.TOOL_INPUT, "assistant", '{"p": "."}'),
    Text(TextKind.TOOL_OUTPUT, "tool", "a.py"),
    Text(TextKind.TOOL_INPUT, "assistant", "text(1);"),
    Text(TextKind.TOOL_OUTPUT, "tool", "1"),
    Text(TextKind.ANSWER, "assistant", "Done."),
    Text(TextKind.PROMPT, "agent", "Go on."),
)


def read(body):
    return read_request(Endpoint.RESPONSES, json.dumps(body).encode())


def test_a_turn_in_wire_order():
    facts = read(TURN)
    assert (facts.model, facts.streaming, facts.has_system) == (
        "gpt-6.1-sol",
        True,
        True,
    )
    assert facts.message_count == 12
    assert facts.tool_count == 3
    assert facts.texts == TEXTS
    assert facts.tool_results == (ToolResult("c1", "a.py"), ToolResult("c2", "1"))


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "response.create", **TURN},
        {"type": "response.create", "response": TURN},
        {"type": "response.create", **{k: v for k, v in TURN.items() if k != "stream"}},
    ],
)
def test_frames_say_the_same(frame):
    assert read(frame) == read(TURN)


def test_a_nested_body_without_a_type():
    assert read({"response": TURN}) == read(TURN)


def test_other_frames_say_nothing():
    assert read({"type": "response.cancel"}).texts == ()


def test_a_plain_string_is_one_message():
    facts = read({"model": "m", "instructions": "You code.", "input": "hi"})
    assert facts.message_count == 1
    assert facts.has_system
    assert facts.texts == (
        Text(TextKind.SYSTEM, "system", "You code."),
        Text(TextKind.PROMPT, "user", "hi"),
    )


def test_messages_may_leave_out_their_type():
    facts = read({"input": [{"role": "user", "content": "hi"}]})
    assert facts.texts == (Text(TextKind.PROMPT, "user", "hi"),)


def test_tools_of_both_places_are_counted():
    tools = [
        {"type": "namespace", "name": "n", "tools": [{}, {}]},
        {"type": "function"},
    ]
    late = {"type": "additional_tools", "tools": tools}
    assert read({"tools": tools, "input": [late, late]}).tool_count == 9
