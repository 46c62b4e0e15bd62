"""Paths to endpoints."""

import pytest

from lunaroute.dialects import endpoint_of
from lunaroute.model import Dialect, Endpoint

A, O = Dialect.ANTHROPIC, Dialect.OPENAI  # noqa: E741


@pytest.mark.parametrize(
    ("dialect", "method", "path", "endpoint"),
    [
        (A, "POST", "/v1/messages", Endpoint.MESSAGES),
        (A, "POST", "/messages", Endpoint.MESSAGES),
        (A, "POST", "/v1/messages/", Endpoint.MESSAGES),
        (A, "post", "/v1/messages", Endpoint.MESSAGES),
        (A, "POST", "/v1/messages/count_tokens", Endpoint.COUNT_TOKENS),
        (A, "POST", "/messages/count_tokens", Endpoint.COUNT_TOKENS),
        (A, "POST", "/v1/messages/batches", Endpoint.OTHER),
        (A, "GET", "/v1/messages", Endpoint.OTHER),
        (A, "HEAD", "/api/hello", Endpoint.OTHER),
        (A, "GET", "/v1/models", Endpoint.MODELS),
        (A, "GET", "/v1/models/claude-opus-5-5", Endpoint.MODELS),
        (A, "POST", "/v1/chat/completions", Endpoint.OTHER),
        (O, "POST", "/v1/chat/completions", Endpoint.CHAT),
        (O, "POST", "/chat/completions", Endpoint.CHAT),
        (O, "POST", "/v1/responses", Endpoint.RESPONSES),
        (O, "GET", "/v1/responses", Endpoint.WEBSOCKET),
        (O, "POST", "/responses", Endpoint.RESPONSES),
        (O, "GET", "/v1/responses/resp_1", Endpoint.OTHER),
        (O, "POST", "/v1/embeddings", Endpoint.EMBEDDINGS),
        (O, "GET", "/models", Endpoint.MODELS),
        (O, "GET", "/v1", Endpoint.OTHER),
        (O, "POST", "/v1responses", Endpoint.OTHER),
        (O, "POST", "", Endpoint.OTHER),
        (O, "POST", "*", Endpoint.OTHER),
    ],
)
def test_endpoints(dialect, method, path, endpoint):
    assert endpoint_of(dialect, method, path) is endpoint
