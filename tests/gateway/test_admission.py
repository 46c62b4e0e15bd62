"""The token in a path is taken out of it."""

import pytest

from lunaroute.gateway._admission import without_token
from lunaroute.wire import parse_request


def head(target: bytes, extra: bytes = b""):
    return parse_request(
        b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\n" + extra + b"\r\n"
    )


@pytest.mark.parametrize(
    ("target", "token", "left"),
    [
        (b"/t/abc/v1/messages?beta=true", b"abc", b"/v1/messages?beta=true"),
        (b"/t/abc/", b"abc", b"/"),
        (b"/t/abc", b"abc", b"/"),
        (b"/t//v1", b"", b"/t//v1"),
        (b"/v1/t/abc", b"", b"/v1/t/abc"),
        (b"/t/abc/t/abc", b"abc", b"/t/abc"),
        (b"http://localhost/t/abc/v1", b"abc", b"/v1"),
    ],
)
def test_the_token_is_taken_out_of_the_path(target, token, left):
    shown, cleaned = without_token(head(target))
    assert (shown, cleaned.target) == (token, left)
    if token:
        assert cleaned.raw.count(b"/t/abc") == left.count(b"/t/abc")


def test_the_token_in_a_header():
    before = head(b"/v1", b"X-LunaRoute-Token: abc\r\n")
    assert without_token(before) == (b"abc", before)
