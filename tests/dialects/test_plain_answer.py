"""Answers without a conversation."""

import pytest

from lunaroute.model import Endpoint


def test_a_count_of_tokens_is_no_usage(read_body):
    facts = read_body(Endpoint.COUNT_TOKENS, {"input_tokens": 2095})
    assert facts.usage is None
    assert facts.complete
    assert facts.problem is None


def test_embeddings_have_usage_and_model_and_no_texts(read_body):
    facts = read_body(
        Endpoint.EMBEDDINGS,
        {
            "object": "list",
            "data": [{"embedding": [0.1], "index": 0}],
            "model": "text-embedding-3-small",
            "usage": {"prompt_tokens": 8, "total_tokens": 8},
        },
    )
    assert facts.model == "text-embedding-3-small"
    assert facts.usage.input_uncached == facts.usage.total == 8
    assert facts.texts == ()
    assert facts.complete


@pytest.mark.parametrize("endpoint", [Endpoint.MODELS, Endpoint.OTHER])
@pytest.mark.parametrize(
    ("body", "complete"), [(b'{"data":[]}', True), (b"hello", False), (b"", False)]
)
def test_unread_bodies_are_no_problem(read_body, endpoint, body, complete):
    facts = read_body(endpoint, body)
    assert facts.problem is None
    assert facts.complete is complete


@pytest.mark.parametrize("endpoint", [Endpoint.COUNT_TOKENS, Endpoint.EMBEDDINGS])
def test_their_errors_are_read_whatever_the_status(read_body, endpoint):
    facts = read_body(endpoint, {"error": {"type": "t", "message": "m"}})
    assert (facts.error_kind, facts.error_text) == ("t", "m")


def test_a_stream_of_them_is_unknown_but_for_its_errors(read_events):
    facts = read_events(Endpoint.OTHER, {"x": 1}, {"error": {"message": "m"}})
    assert (facts.events, facts.unknown_events) == (2, 1)
    assert facts.error_text == "m"
