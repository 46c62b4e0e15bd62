"""Base URL and target: one table."""

import pytest

from lunaroute.errors import ConfigError
from lunaroute.model import Dialect
from lunaroute.routing import parse_base

A, O = Dialect.ANTHROPIC, Dialect.OPENAI  # noqa: E741

TABLE = [
    # base URL, dialect, the client's target, the target at the provider
    ("https://api.openai.com/v1", O, b"/v1/chat/completions", b"/v1/chat/completions"),
    ("https://api.openai.com/v1/", O, b"/v1/models?limit=2", b"/v1/models?limit=2"),
    ("https://api.openai.com", O, b"/v1/responses", b"/v1/responses"),
    ("https://api.openai.com", O, b"/responses", b"/v1/responses"),
    ("https://api.openai.com/v1", O, b"/v1", b"/v1"),
    ("https://chatgpt.com/backend-api/codex", O, b"/v1/responses", b"/backend-api/codex/responses"),
    ("https://chatgpt.com/backend-api/codex", O, b"/responses?x=%2F", b"/backend-api/codex/responses?x=%2F"),
    ("https://openrouter.ai/api/v1", O, b"/v1/chat/completions", b"/api/v1/chat/completions"),
    ("https://openrouter.ai/api/v1", O, b"/v1x", b"/api/v1/v1x"),
    ("https://api.anthropic.com", A, b"/v1/messages?beta=true", b"/v1/messages?beta=true"),
    ("https://api.anthropic.com/v1", A, b"/v1/messages", b"/v1/messages"),
    ("https://host/anthropic", A, b"/v1/messages", b"/anthropic/v1/messages"),
    ("https://host/anthropic/v1/", A, b"/v1/messages/count_tokens", b"/anthropic/v1/messages/count_tokens"),
    ("https://host/anthropic", A, b"/messages", b"/anthropic/v1/messages"),
    ("https://host/anthropic/v1", A, b"/messages?a", b"/anthropic/v1/messages?a"),
    ("https://api.anthropic.com", A, b"/", b"/"),
    ("https://api.anthropic.com", A, b"/api/hello", b"/api/hello"),
]  # fmt: skip


@pytest.mark.parametrize(("url", "dialect", "target", "expected"), TABLE)
def test_joining(url, dialect, target, expected):
    assert parse_base(url, dialect).target(dialect, target) == expected


@pytest.mark.parametrize(
    ("url", "authority", "tls"),
    [
        ("https://a.example", b"a.example", True),
        ("https://a.example:443/x", b"a.example", True),
        ("https://a.example:8443", b"a.example:8443", True),
        ("http://a.example:80", b"a.example", False),
        ("http://127.0.0.1:9000/v1", b"127.0.0.1:9000", False),
        ("http://[::1]:9000", b"[::1]:9000", False),
    ],
)
def test_the_origin_and_its_host_field(url, authority, tls):
    origin = parse_base(url, A).origin
    assert (origin.authority, origin.tls) == (authority, tls)


@pytest.mark.parametrize("url", ["ftp://a", "a.example", "http://", "/v1"])
def test_no_url_is_an_error_that_shows_it(url):
    with pytest.raises(ConfigError, match="base_url"):
        parse_base(url, A)
