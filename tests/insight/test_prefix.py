"""Where two requests part."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunaroute.insight._prefix import change, prefix_of

READ = {"name": "Read", "input_schema": {"type": "object"}}
BASH = {"name": "Bash", "input_schema": {"type": "object"}}
MARK = {"cache_control": {"type": "ephemeral"}}
CALL = {"type": "tool_use", "id": "t", "name": "Read", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "a"}]}  # fmt: skip
BILLING = {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.{};"}
CHAT_TOOL = {"type": "function", "function": {"name": "exec"}}


def body(*messages, system="be brief", tools=(READ, BASH), **more):
    messages = [
        {"role": "user" if at % 2 == 0 else "assistant", "content": each}
        for at, each in enumerate(messages)
    ]
    return {"system": system, "tools": list(tools), "messages": messages, **more}


def parted(before, after):
    first, second = (prefix_of(json.dumps(each).encode()) for each in (before, after))
    return change(first, second)


def texts(*words, **more):
    return [{"type": "text", "text": each, **more} for each in words]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (body("a"), body("a")),
        (body("a"), body("a", "b", "c")),
        (body("a"), body(texts("a", **MARK), "b")),
        (body(texts("a", "b", **MARK)), body(texts("a", "b"), "c")),
        (body("a", [CALL], [{**RESULT, **MARK}]), body("a", [CALL], [RESULT], "b")),
        (body("a"), body("a", tools=[READ, {**BASH, **MARK}])),
        (body("a"), body("a", system=texts("be brief", **MARK))),
        (body("a", system=[BILLING, *texts("x")]), body("a", system=texts("x"))),
        (body("a"), body("a", max_tokens=9, stream=True, metadata={"user_id": "u"})),
        ({"input": "a"}, {"input": "a"}),
        ({"type": "response.create", "response": {"input": "a"}}, {"input": "a"}),
        ({}, body("a")),
    ],
)  # fmt: skip
def test_what_only_goes_on(before, after):
    assert parted(before, after) is None


@pytest.mark.parametrize(
    ("before", "after", "where"),
    [
        (body("a", "b"), body("A", "b"), "messages[0] (user) changed"),
        (body("a", "b", "c"), body("a", "B", "c"), "messages[1] (assistant) changed"),
        (body("a", "b", "c"), body("a"), "messages[1] (assistant) and what follows it is gone"),
        (body(texts("a", "b")), body(texts("a", "c")),
         "messages[0].content[1] (user, text) changed"),
        (body("a", [CALL], [RESULT]), body("a", [CALL], [{**RESULT, "content": "b"}]),
         "messages[2] (user) changed"),
        (body(texts("a", "b")), body(["a"]),
         "messages[0] (user) stands where messages[0].content[0] (user, text) was"),
        (body("a"), body("a", system="be long"), "system[0] changed"),
        (body("a"), body("a", system=texts("be brief", "and kind")),
         "system[1] stands where messages[0] (user) was"),
        (body("a"), body("a", thinking={"type": "enabled"}),
         "thinking stands where messages[0] (user) was"),
        (body("a"), body("a", tools=[READ]), "tools: gone Bash"),
        (body("a"), body("a", tools=[READ, BASH, {"name": "Edit"}]), "tools: new Edit"),
        (body("a"), body("a", tools=[BASH, READ]), "tools: in another order"),
        (body("a"), body("b", tools=[READ, {**BASH, "description": "d"}]), "tools: changed Bash"),
        (body("a", tools=[]), body("a", tools=[{"name": n} for n in "abcdef"]),
         "tools: new a b c and 3 more"),
        (body("a", tools=[{"name": "x"}]), body("a", tools=[{"name": "y"}]), "tools: new y, gone x"),
        ({"messages": [], "tools": [CHAT_TOOL]}, {"messages": []}, "tools: gone exec"),
        ({"instructions": "a", "input": "b"}, {"instructions": "b", "input": "b"},
         "instructions[0] changed"),
        ({"input": [{"type": "function_call_output", "output": "a"}]},
         {"input": [{"type": "function_call_output", "output": "b"}]},
         "input[0] (function_call_output) changed"),
    ],
)  # fmt: skip
def test_where_they_part(before, after, where):
    assert parted(before, after) == where


def test_a_request_that_continues_says_so():
    assert prefix_of(b'{"input": [], "previous_response_id": "r"}').goes_on
    assert not prefix_of(b'{"input": []}').goes_on


@pytest.mark.parametrize("text", [b"", b"[]", b"no json", b'"x"'])
def test_what_is_no_request(text):
    assert prefix_of(text) is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.text() | st.integers(-9, 9),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["role", "type", "text", "content", "name", "function", "x"]), inner
    ),
)  # fmt: skip
BODIES = st.dictionaries(
    st.sampled_from(["tools", "system", "messages", "input", "thinking", "type", "response"]),
    VALUES,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(BODIES, BODIES)
def test_any_body_has_some_prefix(before, after):
    assert parted(before, before) is None
    assert parted(before, after) is None or parted(before, after)
