"""The allow-lists: what is not named is not kept."""

import pytest

from lunaroute.recording._allowed import (
    HIDDEN,
    answer_headers,
    masked_headers,
    request_headers,
    split_target,
)
from lunaroute.recording._head import Head, read_head

SECRET = "sk-ant-secret"
FORBIDDEN = (
    "Authorization",
    "x-api-key",
    "Cookie",
    "Proxy-Authorization",
    "chatgpt-account-id",
    "x-codex-turn-metadata",
    "api-key",
    "x-goog-api-key",
    "X-Forwarded-For",
    "anything-else",
)


def test_request_headers():
    kept = {
        "User-Agent": "claude-cli/2",
        "anthropic-version": "2023-06-01",
        "Anthropic-Beta": "a,b",
        "X-Stainless-Retry-Count": "0",
        "X-Claude-Code-Session-Id": "s",
        "originator": "codex_exec",
        "x-app": "cli",
        "session-id": "t",
    }
    fields = [*kept.items(), *((name, SECRET) for name in FORBIDDEN)]
    assert request_headers(Head(("", "", ""), tuple(fields))) == {
        name.lower(): value for name, value in kept.items()
    }


def test_answer_headers():
    fields = (
        ("Request-Id", "req_1"),
        ("retry-after", "2"),
        ("anthropic-ratelimit-tokens-remaining", "5"),
        ("Set-Cookie", SECRET),
        ("anthropic-organization-id", SECRET),
    )
    assert sorted(answer_headers(Head(("", "", ""), fields))) == [
        "anthropic-ratelimit-tokens-remaining",
        "request-id",
        "retry-after",
    ]


def test_repeated_headers_are_joined_and_long_ones_cut():
    fields = (("Accept", "a"), ("accept", "b"), ("user-agent", "x" * 10_000))
    kept = request_headers(Head(("", "", ""), fields))
    assert kept["accept"] == "a, b"
    assert len(kept["user-agent"]) == 4_096


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/v1/messages", "/v1/messages", ""),
        ("/v1/messages?beta=true", "/v1/messages", "beta=true"),
        ("/v1/models?limit=1000&key=AIzaX", "/v1/models", "limit=1000&key=…"),
        ("/a?api-version=1&token=a=b&&x", "/a", "api-version=1&token=…&&…"),
        (f"/a?{SECRET}", "/a", "…"),
        ("/a?b%00c=d", "/a", "…=…"),
        ("/a?beta", "/a", "beta"),
        ("/a?", "/a", ""),
        ("", "", ""),
    ],
)
def test_targets(target, path, query):
    assert split_target(target) == (path, query)


def test_an_absolute_targets_userinfo_is_not_kept():
    assert split_target("http://user:SECRET@host/v1/messages?beta=true") == (
        "/v1/messages",
        "beta=true",
    )


def test_of_a_clients_own_headers_only_the_known_ones_are_kept():
    sent = read_head(
        b"POST / HTTP/1.1\r\nX-Claude-Code-Token: SECRET\r\n"
        b"X-Claude-Code-Session-Id: s\r\nX-Stainless-Secret: SECRET\r\n\r\n"
    )
    assert request_headers(sent) == {"x-claude-code-session-id": "s"}


def test_all_headers_in_order_with_the_values_that_may_be_seen():
    head = read_head(
        b"GET / HTTP/1.1\r\nHost: x\r\nAccept: a\r\nCookie: s\r\naccept: b\r\n\r\n"
    )
    assert masked_headers(head, request_headers(head)) == [
        ("Host", HIDDEN),
        ("Accept", "a"),
        ("Cookie", HIDDEN),
        ("accept", "b"),
    ]
