"""Whose requests are taken: by Host, Origin and token."""

import pytest

from lunaroute.errors import ClientFault
from lunaroute.routing import Admission, is_loopback

TOKEN = b"0123456789abcdefghijklmnop"


def refused(check, *arguments) -> int:
    """The status of the refusal, 0 if there was none."""
    try:
        check(*arguments)
    except ClientFault as fault:
        return fault.status
    return 0


@pytest.mark.parametrize(
    ("host", "name", "local", "status"),
    [
        ("127.0.0.1", "localhost", "127.0.0.1", 0),
        ("127.0.0.1", "LocalHost", "127.0.0.1", 0),
        ("127.0.0.1", "app.localhost", "127.0.0.1", 0),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1", 0),
        ("127.0.0.1", "127.9.9.9", "127.0.0.1", 0),
        ("127.0.0.1", "::1", "127.0.0.1", 0),
        ("127.0.0.1", "::ffff:127.0.0.1", "127.0.0.1", 0),
        ("127.0.0.1", "", "127.0.0.1", 0),  # HTTP/1.0
        ("127.0.0.1", "evil.example", "127.0.0.1", 403),
        ("127.0.0.1", "localhost.evil.example", "127.0.0.1", 403),
        ("127.0.0.1", "127.0.0.1.evil.example", "127.0.0.1", 403),
        ("127.0.0.1", "192.0.2.7", "127.0.0.1", 403),
        ("127.0.0.1", "0.0.0.0", "127.0.0.1", 403),
        ("192.0.2.7", "192.0.2.7", "192.0.2.7", 0),
        ("192.0.2.7", "192.0.2.8", "192.0.2.7", 403),
        ("0.0.0.0", "192.0.2.7", "192.0.2.7", 0),
        ("0.0.0.0", "192.0.2.8", "192.0.2.7", 403),
        ("::", "2001:db8::1", "2001:db8::1", 0),
        ("0.0.0.0", "evil.example", "192.0.2.7", 403),
    ],
)
def test_host(host, name, local, status):
    assert refused(Admission(host=host).check_host, name, local) == status


def test_allowed_hosts():
    admission = Admission(allowed_hosts=frozenset(("proxy.example",)))
    assert refused(admission.check_host, "Proxy.Example", "127.0.0.1") == 0
    assert refused(admission.check_host, "a.proxy.example", "127.0.0.1") == 403
    everyone = Admission(allowed_hosts=frozenset("*"))
    assert refused(everyone.check_host, "evil.example", "127.0.0.1") == 0


@pytest.mark.parametrize(
    ("allowed", "origin", "status"),
    [
        ((), b"", 0),
        ((), b"http://localhost:8081", 0),
        ((), b"HTTP://LOCALHOST:8081", 0),
        ((), b"http://localhost:3000", 403),
        ((), b"http://127.0.0.1:8081", 403),
        ((), b"https://localhost:8081", 403),
        ((), b"http://localhost", 403),
        ((), b"https://evil.example", 403),
        ((), b"null", 403),
        ((), b"http://localhost:8081.evil.example", 403),
        ((), b"\xff", 403),
        (("http://localhost:3000",), b"http://localhost:3000", 0),
        (("http://localhost:3000",), b"http://localhost:3001", 403),
        (("vscode-webview://*",), b"vscode-webview://1b2c", 0),
        (("vscode-webview://*",), b"https://evil.example", 403),
        (("null",), b"null", 0),
        (("*",), b"https://evil.example", 0),
    ],
)
def test_origin(allowed, origin, status):
    admission = Admission(allowed_origins=frozenset(allowed))
    assert refused(admission.check_origin, origin, b"localhost:8081") == status


@pytest.mark.parametrize(
    ("shown", "peer", "status"),
    [
        (b"", "127.0.0.1", 0),
        (b"", "::ffff:127.0.0.1", 0),
        (b"", "192.0.2.9", 401),
        (b"wrong", "192.0.2.9", 401),
        (TOKEN + b"x", "192.0.2.9", 401),
        (TOKEN, "192.0.2.9", 0),
        (b"", "fe80::1%eth0", 401),
    ],
)
def test_token(shown, peer, status):
    assert refused(Admission(token=TOKEN).check_token, shown, peer) == status


def test_without_a_token_nobody_is_asked_for_one():
    assert refused(Admission().check_token, b"", "192.0.2.9") == 0


def test_is_loopback_takes_any_text():
    assert not is_loopback("\x00")
