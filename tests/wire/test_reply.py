"""Our own small answers."""

import json

import pytest

from lunaroute.model import Dialect
from lunaroute.wire import error_body, parse_response, reply


def test_a_reply_is_a_complete_answer():
    raw = reply(200, b"{}", extra=(("retry-after", "1"),), close=True)
    head, _, body = raw.partition(b"\r\n\r\n")
    parsed = parse_response(head + b"\r\n\r\n", b"GET")
    assert (parsed.status, parsed.length, parsed.close, body) == (200, 2, True, b"{}")
    assert parsed.first(b"retry-after") == b"1"
    assert reply(200, b"{}", head_only=True).endswith(b"content-length: 2\r\n\r\n")
    assert reply(529, b"").startswith(b"HTTP/1.1 529 Error\r\n")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "invalid_request_error"), (403, "permission_error"), (404, "not_found_error"),
     (413, "request_too_large"), (502, "api_error"), (504, "timeout_error")],
)  # fmt: skip
def test_anthropics_shape(status, kind):
    assert json.loads(error_body(Dialect.ANTHROPIC, status, 'a "b"')) == {
        "type": "error",
        "error": {"type": kind, "message": 'a "b"'},
    }


@pytest.mark.parametrize("dialect", [Dialect.OPENAI, None])
def test_openais_shape(dialect):
    body = json.loads(error_body(dialect, 502, "gone"))
    assert body["error"]["message"] == "gone"
    assert set(body["error"]) == {"message", "type", "param", "code"}
