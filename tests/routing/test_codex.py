"""Codex' login: what its file holds, when it may be used, what goes out with it."""

import json

import pytest

from lunaroute.routing import (
    Login,
    LoginError,
    codex_user_agent,
    is_openais,
    login_change,
    may_use_login,
    parse_base,
    parse_login,
)
from tests.routing.build import A, O, facts

FIELD = "tokens.access_token"
TOKENS = {"access_token": "eyJ.t", "account_id": "acc-1", "id_token": "i"}
CHATGPT = {"auth_mode": "chatgpt", "OPENAI_API_KEY": None, "tokens": TOKENS}
LOGINS = [
    (CHATGPT, FIELD, "", Login("eyJ.t", "acc-1")),
    (CHATGPT, FIELD, "mine", Login("eyJ.t", "mine")),
    (CHATGPT, "tokens.id_token", "", Login("i", "acc-1")),
    ({"flat": "t"}, "flat", "", Login("t", "")),
    ({"tokens": {"access_token": "t", "account_id": None}}, FIELD, "", Login("t", "")),
    (CHATGPT | {"OPENAI_API_KEY": "sk-1"}, FIELD, "", Login("eyJ.t", "acc-1")),
    (
        CHATGPT | {"OPENAI_API_KEY": "sk-1", "auth_mode": "apikey"},
        FIELD,
        "mine",
        Login("sk-1", ""),
    ),
    ({"OPENAI_API_KEY": "sk-1", "tokens": None}, FIELD, "", Login("sk-1", "")),
    ({"OPENAI_API_KEY": "sk-1"}, FIELD, "mine", Login("sk-1", "")),
]


@pytest.mark.parametrize(("held", "token_field", "account", "expected"), LOGINS)
def test_a_login(held, token_field, account, expected):
    assert parse_login(json.dumps(held).encode(), token_field, account) == expected


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b'{"tokens": {"access_token": "s3cret"', "not JSON"),
        (b"\xff\xfe\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'"s3cret"', "not a JSON object"),
        (b"{}", "has no tokens.access_token"),
        (b'{"tokens": "s3cret"}', "has no tokens.access_token"),
        (b'{"tokens": {"access_token": ""}}', "has no tokens.access_token"),
        (b'{"tokens": {"access_token": ["s3cret"]}}', "is not a text"),
        (b'{"tokens": {"access_token": "s3cret\\r\\nX: y"}}', "not one word"),
        (b'{"tokens": {"access_token": "s3cret \xc3\xa4"}}', "not one word"),
        (b'{"tokens": {"access_token": "t", "account_id": "s3cret\\n"}}', "account_id"),
        (b'{"OPENAI_API_KEY": 5}', "OPENAI_API_KEY is not a text"),
    ],
)
def test_no_login_is_an_error_with_the_reason_and_without_the_content(content, reason):
    with pytest.raises(LoginError, match=reason) as caught:
        parse_login(content, FIELD)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.openai.com/v1", True),
        ("https://eu.api.openai.com/v1", True),
        ("https://chatgpt.com/backend-api/codex", True),
        ("https://CHATGPT.com", True),
        ("https://x.chatgpt.com:8443", True),
        ("http://chatgpt.com", False),
        ("https://openai.com", False),
        ("https://evilchatgpt.com", False),
        ("https://chatgpt.com.evil.example", False),
        ("https://api.openai.com@evil.example", False),
        ("https://openrouter.ai/api/v1", False),
        ("http://127.0.0.1:1/v1", False),
    ],
)
def test_the_login_goes_to_openais_own_hosts_over_tls(url, expected):
    assert is_openais(parse_base(url, O).origin) is expected


ALLOWED = ("127.0.0.1:1234", O, "https://chatgpt.com", ())
DECISIONS = [
    (ALLOWED, True),
    (("127.8.8.8:1", *ALLOWED[1:]), True),
    (("[::1]:1", *ALLOWED[1:]), True),
    (("[::ffff:127.0.0.1]:1", *ALLOWED[1:]), True),
    (("192.168.0.2:1", *ALLOWED[1:]), False),
    (("[::ffff:10.0.0.1]:1", *ALLOWED[1:]), False),
    (("[fe80::1%eth0]:1", *ALLOWED[1:]), False),
    (("0.0.0.0:1", *ALLOWED[1:]), False),
    (("", *ALLOWED[1:]), False),
    (("localhost.evil.example:1", *ALLOWED[1:]), False),
    (("127.0.0.1:1", A, "https://chatgpt.com", ()), False),
    (("127.0.0.1:1", O, "https://openrouter.ai", ()), False),
    (("127.0.0.1:1", O, "http://chatgpt.com", ()), False),
    ((*ALLOWED[:3], ("authorization: Bearer x",)), False),
    ((*ALLOWED[:3], ("x-api-key: x",)), False),
    ((*ALLOWED[:3], ("authorization: Bearer ",)), True),
    ((*ALLOWED[:3], ("x-forwarded-for: 10.0.0.1",)), False),
    ((*ALLOWED[:3], ("origin: https://evil.example",)), False),
]


@pytest.mark.parametrize(("request_", "expected"), DECISIONS)
def test_when_the_login_may_be_used(request_, expected):
    peer, dialect, url, lines = request_
    origin = parse_base(url, dialect).origin
    told = facts("/v1/responses", *lines)
    assert may_use_login(dialect, origin, told, peer) is expected


def test_another_client_goes_out_in_codex_name():
    agent = codex_user_agent("1.2.3", "Darwin", "arm64")
    assert agent == "codex_cli_rs/1.2.3 (Mac OS; arm64) xterm-256color"
    assert codex_user_agent("1", "Linux", "x86_64") == (
        "codex_cli_rs/1 (Linux; x86_64) xterm-256color"
    )
    change = login_change(Login("t", "acc"), facts("/", "user-agent: curl"), agent)
    assert change.add == (
        b"Authorization: Bearer t",
        b"ChatGPT-Account-ID: acc",
        b"User-Agent: " + agent.encode(),
        b"originator: codex_cli_rs",
    )
    assert change.drop == {
        b"authorization",
        b"x-api-key",
        b"chatgpt-account-id",
        b"user-agent",
        b"originator",
    }


def test_codex_itself_keeps_its_own_name():
    codex = facts("/", "user-agent: codex_exec/0.169.0")
    change = login_change(Login("sk-1", ""), codex, "unused")
    assert change.add == (b"Authorization: Bearer sk-1",)
    assert change.drop == {b"authorization", b"x-api-key"}


def test_a_login_never_shows_itself():
    assert "s3cret" not in repr(Login("s3cret", "s3cret"))
