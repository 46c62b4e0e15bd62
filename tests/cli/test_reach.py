"""Providers that can be reached, and ways on which they cannot."""

import socket
import ssl
import threading

import pytest
import trustme

from lunaroute.cli._finding import Level
from lunaroute.cli._reach import reach


def answering(
    listener, *, tls=None, said=b"HTTP/1.1 405 No\r\ncontent-length: 0\r\n\r\n"
):
    """Answers one connection; what it was asked is in the list."""
    asked = []

    def answer() -> None:
        peer, _ = listener.accept()
        try:
            if tls is not None:
                peer = tls.wrap_socket(peer, server_side=True)
            asked.append(peer.recv(4096))
            peer.sendall(said)
        except OSError:
            asked.append(b"")  # the client went away
        finally:
            peer.close()

    thread = threading.Thread(target=answer)
    thread.start()
    return asked, thread


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def test_any_answer_is_one(listener):
    port = listener.getsockname()[1]
    asked, thread = answering(listener)
    found = reach("openai", f"http://127.0.0.1:{port}/v1", None)
    thread.join()
    assert found.level is Level.OK
    assert "status 405" in found.text
    assert asked[0].startswith(b"HEAD /v1 HTTP/1.1\r\n")
    assert b"uthorization" not in asked[0]


def test_the_proxy_is_asked_where_there_is_one(listener):
    port = listener.getsockname()[1]
    asked, thread = answering(listener, said=b"HTTP/1.1 407 No\r\n\r\n")
    found = reach("openai", "https://api.test/v1", ("127.0.0.1", port, "Basic eA=="))
    thread.join()
    assert found.level is Level.PROBLEM
    assert "407" in found.text
    assert "HTTPS_PROXY" in found.remedy
    assert asked[0].startswith(b"CONNECT api.test:443 ")
    assert b"Proxy-Authorization: Basic eA==\r\n" in asked[0]


def test_a_closed_port_and_a_foreign_certificate_are_said(listener):
    port = listener.getsockname()[1]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    _, thread = answering(listener, tls=context)
    found = reach("anthropic", f"https://127.0.0.1:{port}", None)
    thread.join()
    assert found.level is Level.PROBLEM
    assert "certificate is not accepted" in found.text
    assert "SSL_CERT_FILE" in found.remedy
    listener.close()
    found = reach("anthropic", f"http://127.0.0.1:{port}", None)
    assert "cannot be reached" in found.text
