"""Which provider a request reaches through the real thing, and which it never does."""

import json
import re
from contextlib import contextmanager

import pytest

from tests.kit import Raw, Serve, ask, post
from tests.provider import Provider

CHAT = b'{"model": "m", "messages": []}'


@pytest.fixture
def vendors():
    made = {"anthropic": Provider(), "openai": Provider()}
    yield made
    for provider in made.values():
        provider.close()


@contextmanager
def serving(tmp_path, vendors, text="", openai=""):
    """The proxy with a provider each; ``text`` is added to the file."""
    config = (
        f"{text}\nproviders:\n"
        f"  anthropic: {{base_url: '{vendors['anthropic'].url}'}}\n"
        f"  openai: {{base_url: '{vendors['openai'].url}/v1'{openai}}}\n"
    )
    with Serve(tmp_path, "", "--no-recording", config=config) as serve:
        yield serve


def answer(serve, request: bytes) -> tuple[int, dict]:
    with Raw(serve.port) as client:
        client.send(request)
        head, body = client.read_answer()
    return int(head.split()[1]), json.loads(body)


def get(path: str, *lines: str) -> bytes:
    return "\r\n".join(
        (f"GET {path} HTTP/1.1", "Host: localhost", *lines, "", "")
    ).encode()


def reached(vendors) -> dict[str, list[bytes]]:
    """The request targets that each provider has got."""
    return {
        name: [seen.line.split()[1] for seen in provider.seen]
        for name, provider in vendors.items()
    }


def test_each_request_reaches_its_provider(tmp_path, vendors):
    version = "anthropic-version: 2023-06-01"
    with serving(tmp_path, vendors) as serve:
        for request in (
            post(ask()),
            post(CHAT, "/v1/chat/completions"),
            get("/v1/models?limit=1"),
            get("/v1/models?limit=2", version),
            get("/v1/models", "Authorization: Bearer sk-ant-1"),
            get("/v1/files", "x-api-key: opaque"),
            get("/elsewhere/%2e%2e?a=b%2F"),
            get("/elsewhere", version),
        ):
            answer(serve, request)
    assert reached(vendors) == {
        "anthropic": [
            b"/v1/messages",
            b"/v1/models?limit=2",
            b"/v1/models",
            b"/v1/files",
            b"/elsewhere",
        ],
        "openai": [
            b"/v1/chat/completions",
            b"/v1/models?limit=1",
            b"/v1/elsewhere/%2e%2e?a=b%2F",
        ],
    }


def test_the_other_vendors_credentials_reach_nobody(tmp_path, vendors):
    with serving(tmp_path, vendors) as serve:
        for path, field, value, kind in (
            ("/v1/messages", "Authorization", "Bearer sk-proj-s3cret", "error"),
            ("/v1/messages", "chatgpt-account-id", "s3cret", "error"),
            ("/v1/responses", "x-api-key", "sk-ant-s3cret", None),
            ("/v1/responses", "Authorization", "Bearer sk-ant-s3cret", None),
            ("/v1/embeddings", "anthropic-version", "2023-06-01", None),
        ):
            status, body = answer(serve, post(CHAT, path, **{field: value}))
            assert status == 403
            assert body.get("type") == kind  # Anthropic's shape has it at the top
            assert "was not forwarded" in body["error"]["message"]
            assert "s3cret" not in json.dumps(body) + serve.stderr
    assert reached(vendors) == {"anthropic": [], "openai": []}


def test_the_unknown_and_what_is_switched_off(tmp_path, vendors):
    text = "bypass: {enabled: false}\napi_dialect: openai"
    with serving(tmp_path, vendors, text, ", websocket: off") as serve:
        status, body = answer(serve, get("/elsewhere"))
        assert (status, body["error"]["code"]) == (404, "lunaroute_404")
        status, body = answer(serve, post(ask()))
        assert (status, body["type"]) == (404, "error")
        assert body["error"]["type"] == "not_found_error"
        upgrade = get("/v1/responses", "Connection: Upgrade", "Upgrade: websocket")
        status, body = answer(serve, upgrade)
        assert status == 426
        assert "POST" in body["error"]["message"]
        assert reached(vendors) == {"anthropic": [], "openai": []}
        assert answer(serve, post(CHAT, "/v1/responses"))[0] == 200
    assert reached(vendors)["openai"] == [b"/v1/responses"]


def test_bypass_to_the_provider_that_is_named(tmp_path, vendors):
    with serving(tmp_path, vendors, "bypass: {provider: anthropic}") as serve:
        answer(serve, get("/elsewhere"))
    assert reached(vendors) == {"anthropic": [b"/elsewhere"], "openai": []}


def test_a_request_that_may_go_no_further_is_answered_here(serve, provider):
    """RFC 9110 7.6.2."""
    for method, left, status in ((b"OPTIONS", b"0", 200), (b"TRACE", b"0", 405)):
        with Raw(serve.port) as client:
            client.send(
                method + b" /v1/messages HTTP/1.1\r\nHost: localhost\r\n"
                b"Max-Forwards: " + left + b"\r\n\r\n"
            )
            assert int(client.read_answer()[0].split()[1]) == status
    assert provider.seen == []
    with Raw(serve.port) as client:
        for left in (b"2", b"x", b"2"):
            client.send(
                b"OPTIONS /v1/messages HTTP/1.1\r\nHost: localhost\r\n"
                b"Max-Forwards: " + left + b"\r\nContent-Length: 2\r\n\r\n{}"
            )
            client.read_answer()
    said = [
        re.search(rb"(?i)max-forwards: (\S+)", seen.head)[1] for seen in provider.seen
    ]
    assert said == [b"1", b"x", b"1"]
