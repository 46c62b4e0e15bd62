"""Sessions by the words of each client."""

import json

import pytest

from lunaroute.dialects import session_of
from lunaroute.model import Endpoint, SessionFacts

UUID = "550e8400-e29b-41d4-a716-446655440000"
DEVICE = {"device_id": "f" * 64, "account_uuid": "", "session_id": UUID}


def of_user(user_id):
    body = {"messages": [], "metadata": {"user_id": user_id}}
    return session_of(Endpoint.MESSAGES, [], json.dumps(body).encode())


@pytest.mark.parametrize(
    ("user_id", "session"),
    [
        (json.dumps(DEVICE), UUID),
        (" " + json.dumps(DEVICE), UUID),
        (DEVICE, UUID),
        (f"user_abc123_account_def456_session_{UUID}", UUID),
        (f"user_session_x_session_{UUID}", UUID),
        (f"session_{UUID}", UUID),
        (UUID, UUID),
        ("session_abc", "session_abc"),
        ("my-session_1", "my-session_1"),
        ("x" * 255, "x" * 255),
        # what looks like JSON does not fall through to the other rules
        ('{"device_id":"d"}', None),
        ('{"session_id":7}', None),
        ('{"session_id":"../x"}', None),
        (f"{{broken_session_{UUID}", None),
        ({"session_id": None}, None),
        ({}, None),
        # not ids
        ("", None),
        ("x" * 256, None),
        ("a b", None),
        ("../../etc/passwd", None),
        ("user_session_", None),
        ("user_session_a/b", None),
        ("sitzung-ä", None),
        ("a\n", None),
        ("a\x00", None),
        (None, None),
        (7, None),
        ([UUID], None),
    ],
)
def test_user_ids(user_id, session):
    assert of_user(user_id) == SessionFacts(id=session)


@pytest.mark.parametrize(
    "endpoint", [Endpoint.CHAT, Endpoint.RESPONSES, Endpoint.OTHER]
)
def test_user_ids_of_other_dialects_are_no_sessions(endpoint):
    body = json.dumps({"metadata": {"user_id": UUID}}).encode()
    assert session_of(endpoint, [], body) == SessionFacts()


def test_a_token_count_belongs_to_its_session():
    body = json.dumps({"metadata": {"user_id": UUID}}).encode()
    assert session_of(Endpoint.COUNT_TOKENS, [], body).id == UUID


@pytest.mark.parametrize(
    ("headers", "facts"),
    [
        ({}, SessionFacts()),
        # Claude Code
        ({"X-Claude-Code-Session-Id": "s1"}, SessionFacts("s1")),
        ({"x-claude-code-session-id": " s1 "}, SessionFacts("s1")),
        (
            {"X-Claude-Code-Session-Id": "s1", "X-Claude-Code-Agent-Id": "a1"},
            SessionFacts("s1", "a1"),
        ),
        (
            {
                "X-Claude-Code-Session-Id": "s1",
                "X-Claude-Code-Agent-Id": "a2",
                "x-claude-code-parent-agent-id": "a1",
            },
            SessionFacts("s1", "a2", "a1"),
        ),
        (
            {"X-Claude-Code-Session-Id": "s1", "X-Claude-Code-Agent-Id": "<a>"},
            SessionFacts("s1"),
        ),
        ({"X-Claude-Code-Session-Id": "s1", "session-id": "s2"}, SessionFacts("s1")),
        ({"X-Claude-Code-Session-Id": "../s", "session-id": "s2"}, SessionFacts("s2")),
        # Codex
        ({"session-id": "s1", "thread-id": "s1"}, SessionFacts("s1")),
        ({"thread-id": "t1"}, SessionFacts("t1")),
        (
            {
                "session-id": "s1",
                "thread-id": "t2",
                "x-openai-subagent": "collab_spawn",
                "x-codex-parent-thread-id": "t1",
            },
            SessionFacts("s1", "t2", "t1"),
        ),
        (
            {"session-id": "s1", "thread-id": "t2", "x-openai-subagent": "review"},
            SessionFacts("s1", "t2"),
        ),
        (
            {"x-codex-turn-metadata": '{"session_id":"s1","thread_id":"s1"}'},
            SessionFacts("s1"),
        ),
        (
            {
                "x-codex-turn-metadata": json.dumps(
                    {
                        "session_id": "s1",
                        "thread_id": "t2",
                        "parent_thread_id": "s1",
                        "thread_source": "subagent",
                    }
                )
            },
            SessionFacts("s1", "t2", "s1"),
        ),
        (
            {"session-id": "s1", "x-codex-turn-metadata": '{"session_id":"s2"}'},
            SessionFacts("s1"),
        ),
        ({"x-codex-turn-metadata": "{broken"}, SessionFacts()),
        ({"x-codex-turn-metadata": '{"session_id":"a/b"}'}, SessionFacts()),
        ({"thread-id": "t2", "x-openai-subagent": "review"}, SessionFacts()),
        # OpenCode
        (
            {"x-session-id": "ses_1", "x-session-affinity": "ses_1"},
            SessionFacts("ses_1"),
        ),
        (
            {"x-session-id": "ses_2", "x-parent-session-id": "ses_1"},
            SessionFacts("ses_1", "ses_2"),
        ),
        (
            {
                "session-id": "ses_2",
                "x-session-id": "ses_2",
                "x-parent-session-id": "ses_1",
            },
            SessionFacts("ses_1", "ses_2"),
        ),
        # anyone
        (
            {"session_id": "a", "session-id": "b", "x-session-id": "c"},
            SessionFacts("a"),
        ),
        ({"session-id": "b", "x-session-id": "c"}, SessionFacts("b")),
        ({"Session-ID": "b"}, SessionFacts("b")),
        (
            {"session_id": "", "session-id": "b c", "x-session-id": "c"},
            SessionFacts("c"),
        ),
        ({"session_id": "x" * 256}, SessionFacts()),
        ({"session_id": "sitzung-ä"}, SessionFacts()),
    ],
)
@pytest.mark.parametrize("endpoint", [Endpoint.MESSAGES, Endpoint.RESPONSES])
def test_headers(endpoint, headers, facts):
    assert session_of(endpoint, list(headers.items()), b"{}") == facts


def test_the_header_comes_before_the_body():
    body = json.dumps({"metadata": {"user_id": UUID}}).encode()
    headers = [("X-Claude-Code-Session-Id", "s1")]
    assert session_of(Endpoint.MESSAGES, headers, body).id == "s1"


def test_an_agent_is_known_where_the_body_names_the_session():
    body = json.dumps({"metadata": {"user_id": UUID}}).encode()
    headers = [("x-claude-code-agent-id", "a1")]
    assert session_of(Endpoint.MESSAGES, headers, body) == SessionFacts(UUID, "a1")


def test_the_cache_key_of_the_body_is_no_session():
    body = b'{"prompt_cache_key":"s1","client_metadata":{"session_id":"s1"}}'
    assert session_of(Endpoint.RESPONSES, [], body) == SessionFacts()


def test_the_first_of_repeated_headers_counts():
    headers = [("session-id", "a"), ("Session-Id", "b")]
    assert session_of(Endpoint.CHAT, headers, b"").id == "a"


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b'{"metadata":{"user_id":"\xff"}}', b"{"]
)
def test_no_body_raises(body):
    assert session_of(Endpoint.MESSAGES, [], body) == SessionFacts()


def test_a_cut_body_may_still_name_its_session():
    body = f'{{"metadata":{{"user_id":"{UUID}"}},"messages":[{{"role":"us'.encode()
    assert session_of(Endpoint.MESSAGES, [], body).id == UUID
