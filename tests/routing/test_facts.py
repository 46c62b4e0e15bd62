"""What a request says about itself: forms of credentials, headers, hints."""

import pytest

from tests.routing.build import LEGACY, A, O, facts

FORMS = [
    # A credential and whose form it has.
    ("sk-ant-api03-x", A),
    ("sk-ant-oat01-x", A),
    ("sk-ant-admin01-x", A),
    ("sk-proj-x", O),
    ("sk-svcacct-x", O),
    ("sk-admin-x", O),
    ("sess-x", O),
    (LEGACY, O),
    ("sk-T3BlbkFJ" + "a" * 40, O),
    (LEGACY + "x", None),
    (LEGACY[:-1], None),
    ("sk-" + "a" * 48, None),
    ("sk-or-v1-x", None),
    ("sk-1234", None),
    ("eyJhbGciOi.sk-ant-x.sess-y", None),
    ("xsk-ant-1", None),
    ("dummy", None),
]
CARRYING = [
    "x-api-key: {}",
    "X-Api-Key:{}",
    "Authorization: Bearer {}",
    "authorization: bearer   {}",
    "authorization: {}",
    'Authorization: Bearer "{}"',
]


@pytest.mark.parametrize("line", CARRYING)
@pytest.mark.parametrize(("credential", "vendor"), FORMS)
def test_a_credential_is_known_by_its_form(credential, vendor, line):
    told = facts("/v1/models", line.format(credential))
    assert told.has_credential
    assert told.keys == ({vendor} if vendor else set())
    assert told.x_api_key == line.lower().startswith("x-api-key")
    assert credential not in repr(told)


def test_every_credential_is_looked_at_not_only_the_first():
    told = facts("/", "x-api-key: a", "x-api-key: sk-ant-1", "authorization: sk-proj-1")
    assert told.keys == {A, O}


def test_the_same_letters_elsewhere_are_no_credential():
    told = facts("/sk-ant-1?key=sk-proj-1", "cookie: sk-ant-1", "x-other: sess-1")
    assert not told.keys
    assert not told.has_credential


@pytest.mark.parametrize("value", ["", " ", "Bearer", "bearer ", "Basic"])
def test_an_empty_credential_is_none(value):
    assert not facts("/", f"authorization: {value}").has_credential
    assert not facts("/", f"x-api-key: {value}").x_api_key


@pytest.mark.parametrize(
    ("lines", "vendor"),
    [
        ((), None),
        (("authorization: Bearer x",), None),
        (("x-api-key: x",), A),
        (("anthropic-version: ",), A),
        (("ChatGPT-Account-ID: x",), O),
        (("x-api-key: sk-proj-1",), O),
        (("x-api-key: x", "chatgpt-account-id: x"), O),
        (("anthropic-version: x", "authorization: Bearer sk-proj-1"), A),
    ],
)
def test_whose_request_it_is_by_its_headers(lines, vendor):
    assert facts("/v1/models", *lines).vendor is vendor


@pytest.mark.parametrize(
    "line",
    ["Forwarded: for=x", "X-Forwarded-For: x", "Via: 1.1 x", "Origin: null", "sec-fetch-site: none"],
)  # fmt: skip
def test_a_proxy_or_a_web_page_behind_the_peer_shows(line):
    assert facts("/", line).is_indirect
    assert not facts("/", "referer: x").is_indirect


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("codex_exec/0.169.0 (Debian 12.0.0; x86_64) dumb", True),
        ("Codex Desktop/1", True),
        ("openai-python/3.52.0", False),
        ("like codex", False),
    ],
)
def test_codex_is_known_by_its_user_agent(agent, expected):
    assert facts("/", f"User-Agent: {agent}").is_codex is expected


def test_the_path_is_as_it_came():
    assert facts("/v1/%6d/../x%2F?q=/..").path == "/v1/%6d/../x%2F"
