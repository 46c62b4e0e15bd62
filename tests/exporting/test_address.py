"""Where an exchange went."""

import pytest

from lunaroute.exporting._address import address
from tests.store.kit import exchange


@pytest.mark.parametrize(
    ("upstream", "dialect", "path", "query", "expected"),
    [
        ("https://api.anthropic.com", "anthropic", "/v1/messages", "beta=true",
         "https://api.anthropic.com/v1/messages?beta=true"),
        ("https://api.openai.com/v1", "openai", "/v1/responses", None,
         "https://api.openai.com/v1/responses"),
        ("http://127.0.0.1:9/x", "openai", "/chat/completions", None,
         "http://127.0.0.1:9/x/chat/completions"),
        ("", "openai", "/v1/responses", None, None),
        ("ftp://x", "openai", "/v1/responses", None, None),
        ("https://x", "smoke", "/v1/responses", None, None),
        ("https://x", "openai", None, None, None),
    ],
)  # fmt: skip
def test_address(upstream, dialect, path, query, expected):
    row = exchange(upstream=upstream, dialect=dialect, path=path, query=query)
    assert address(row) == expected
