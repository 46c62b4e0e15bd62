"""What all requests have in common."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunaroute.dialects import read_request
from lunaroute.model import Endpoint, RequestFacts, Text, TextKind

TALKS = [Endpoint.MESSAGES, Endpoint.COUNT_TOKENS, Endpoint.CHAT, Endpoint.RESPONSES]


@pytest.mark.parametrize("endpoint", TALKS)
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "empty"),
        (b"[]", "not a JSON object"),
        (b'{"model":"m","mess', "cut short"),
    ],
)
def test_a_problem_is_told(endpoint, body, problem):
    assert read_request(endpoint, body) == RequestFacts(problem=problem)


@pytest.mark.parametrize("endpoint", TALKS)
def test_an_empty_object_says_nothing(endpoint):
    assert read_request(endpoint, b"{}") == RequestFacts()


def test_facts_stand_beside_a_problem():
    body = b'{"model":"m","messages":[{"role":"user","content":"a\xffb"}]}'
    facts = read_request(Endpoint.MESSAGES, body)
    assert facts.problem == "not UTF-8"
    assert facts.model == "m"
    assert facts.texts == (Text(TextKind.PROMPT, "user", "a�b"),)


def test_half_a_surrogate_pair_spoils_nothing():
    body = rb'{"model":"m","messages":[{"role":"user","content":"a\ud83d"}]}'
    facts = read_request(Endpoint.CHAT, body)
    assert facts.problem is None
    assert facts.texts == (Text(TextKind.PROMPT, "user", "a�"),)


@pytest.mark.parametrize(
    ("stream", "streaming"), [(True, True), (False, False), ("yes", False), (1, False)]
)
def test_streaming_is_asked_for_by_true_alone(stream, streaming):
    body = json.dumps({"stream": stream}).encode()
    assert read_request(Endpoint.CHAT, body).streaming is streaming


def test_other_endpoints_have_a_model_at_most():
    body = b'{"model":"text-embedding-3-small","input":["a","b"]}'
    facts = RequestFacts(model="text-embedding-3-small")
    assert read_request(Endpoint.EMBEDDINGS, body) == facts
    assert read_request(Endpoint.EMBEDDINGS, b"x").problem.startswith("not JSON")
    assert read_request(Endpoint.MODELS, b"") == RequestFacts()
    assert read_request(Endpoint.OTHER, b"\x00\xff") == RequestFacts()


NAMES = st.sampled_from(
    [
        *("type", "role", "content", "text", "messages", "system", "tools", "input"),
        *(
            "output",
            "tool_calls",
            "function",
            "name",
            "arguments",
            "summary",
            "call_id",
        ),
        *("source", "data", "response", "instructions", "thinking", "tool_use_id"),
    ]
)
WORDS = st.sampled_from(
    [
        *("tool_result", "tool_use", "thinking", "text", "user", "assistant", "tool"),
        *("message", "reasoning", "function_call", "function_call_output", "namespace"),
        *("additional_tools", "custom_tool_call", "response.create", "developer"),
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5)
    ),
    max_leaves=25,
)


@settings(deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=5), st.sampled_from(list(Endpoint)))
def test_no_shape_raises(body, endpoint):
    facts = read_request(endpoint, json.dumps(body).encode())
    assert facts.problem is None
    assert all(text.text for text in facts.texts)


@settings(deadline=None)
@given(st.binary(), st.sampled_from(list(Endpoint)))
def test_no_bytes_raise(body, endpoint):
    read_request(endpoint, body)


def test_deep_nesting_does_not_raise():
    block = '{"type":"tool_result","content":['
    nested = block * 400 + '"deep"' + "]}" * 400
    body = '{"messages":[{"role":"user","content":[' + nested + "]}]}"
    facts = read_request(Endpoint.MESSAGES, body.encode())
    assert [text.text for text in facts.texts] == ["deep"]
