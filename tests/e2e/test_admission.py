"""Who may use the proxy: pages of other origins, other names, other machines."""

import json
import re
import socket
import subprocess

import pytest

from tests.kit import BIN, Raw, Serve, ask, clean_environment, post, until

TOKEN = "0123456789abcdefghijklmnop"


def answer(serve, *lines: bytes, path: bytes = b"/v1/messages", address=None):
    """Status and body of a POST with these header lines beside its length."""
    body = ask()
    head = b"\r\n".join(
        (
            b"POST " + path + b" HTTP/1.1",
            *lines,
            b"Content-Length: %d" % len(body),
            b"Connection: close",
        )
    )
    with Raw(serve.port, *([address] if address else [])) as client:
        client.send(head + b"\r\n\r\n" + body)
        head, answered = client.read_answer()
    return int(head.split()[1]), answered


def own_address() -> str:
    """An address of this machine that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            pytest.skip("this machine has no other address than loopback")
        return probe.getsockname()[0]


def test_a_foreign_page_and_a_foreign_name_are_refused(serve, provider):
    here = b"localhost:%d" % serve.port
    for lines, status in (
        ((b"Host: " + here,), 200),
        ((b"Host: " + here, b"Origin: http://" + here), 200),
        ((b"Host: " + here, b"Origin: http://localhost:1"), 403),
        ((b"Host: " + here, b"Origin: https://evil.example"), 403),
        ((b"Host: " + here, b"Origin: null"), 403),
        ((b"Host: evil.example:%d" % serve.port,), 403),
    ):
        got, body = answer(serve, *lines)
        assert got == status, lines
        if status == 403:
            error = json.loads(body)
            assert error["type"] == "error"
            assert error["error"]["type"] == "permission_error"
            assert "allowed_" in error["error"]["message"]
    assert len(provider.seen) == 2
    got, body = answer(serve, b"Host: evil.example", path=b"/v1/chat/completions")
    assert (got, json.loads(body)["error"]["code"]) == (403, "lunaroute_403")
    with Raw(serve.port) as client:
        client.send(b"GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        assert client.read_answer()[0].startswith(b"HTTP/1.1 403 ")
    rows = serve.recorded(8)
    assert sum(row["outcome"] == "refused_by_us" for row in rows) == 6


def test_an_old_client_without_host_passes(serve, provider):
    with Raw(serve.port) as client:
        client.send(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert client.read_answer()[0].startswith(b"HTTP/1.1 200 ")


def test_allowed_names_and_origins(tmp_path, provider):
    allowed = {
        "LUNAROUTE_ALLOWED_HOSTS": "proxy.example",
        "LUNAROUTE_ALLOWED_ORIGINS": "https://app.example",
    }
    with Serve(tmp_path / "home", provider.url, environment=allowed) as serve:
        lines = b"Host: proxy.example", b"Origin: https://app.example"
        assert answer(serve, *lines)[0] == 200
        assert answer(serve, b"Host: other.example")[0] == 403


def test_other_machines_show_a_token_which_goes_nowhere(tmp_path, provider):
    address = own_address()
    home = tmp_path / "home"
    with Serve(
        home, provider.url, "--host", "0.0.0.0", environment={"LUNAROUTE_TOKEN": TOKEN}
    ) as serve:
        host = f"Host: {address}:{serve.port}".encode()
        shown = f"x-lunaroute-token: {TOKEN}".encode()
        path = f"/t/{TOKEN}/v1/messages".encode()
        assert answer(serve, host, address=address)[0] == 401
        assert answer(serve, host, b"x-lunaroute-token: no", address=address)[0] == 401
        assert answer(serve, host, shown, address=address)[0] == 200
        assert answer(serve, host, path=path, address=address)[0] == 200
        assert answer(serve, b"Host: localhost")[0] == 200
        assert answer(serve, b"Host: localhost", path=path)[0] == 200
        rows = serve.recorded(6)
    assert {row["path"] for row in rows} == {"/v1/messages"}
    assert len(provider.seen) == 4
    for seen in provider.seen:
        assert seen.line == b"POST /v1/messages HTTP/1.1"
        assert TOKEN.encode() not in seen.head
    for file in home.rglob("*"):
        if file.is_file():
            assert TOKEN.encode() not in file.read_bytes(), file
    assert TOKEN not in "".join(serve.output + serve.errors)


def start(home, *arguments: str) -> subprocess.CompletedProcess:
    command = [str(BIN / "lunaroute"), "serve", "--port", "0", *arguments]
    return subprocess.run(
        command, env=clean_environment(home), capture_output=True, text=True
    )


def test_an_address_for_others_needs_a_token_or_the_explicit_word(tmp_path, provider):
    for host in ("0.0.0.0", "::"):
        ended = start(tmp_path / "home", "--host", host)
        assert ended.returncode == 2
        assert re.search(r"token.*--allow-remote.*127\.0\.0\.1", ended.stderr)
        assert "Traceback" not in ended.stderr
    address = own_address()
    allowed = "--host", "0.0.0.0", "--allow-remote"
    with Serve(tmp_path / "other", provider.url, *allowed) as serve:
        host = f"Host: {address}".encode()
        assert answer(serve, host, address=address)[0] == 200
        assert "Everybody who can reach" in "".join(serve.output)


def test_a_body_over_the_limit_is_a_413_counted_as_it_streams(tmp_path, provider):
    config = f"""
http_server: {{max_request_body_bytes: 1000}}
providers:
  anthropic: {{base_url: {provider.url}}}
"""
    with Serve(tmp_path / "home", "", config=config) as serve:
        whole = ask().ljust(1000)
        for body, status in ((whole, 200), (whole + b" ", 413)):
            with Raw(serve.port) as client:
                client.send(post(body))
                head, answered = client.read_answer()
            assert int(head.split()[1]) == status
        assert json.loads(answered)["error"]["type"] == "request_too_large"
        assert len(provider.seen) == 1
        with Raw(serve.port) as client:
            client.send(
                b"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n1f4\r\n" + b"x" * 500 + b"\r\n"
            )
            client.send(b"1f4\r\n" + b"x" * 500 + b"\r\n")
            head, answered = client.read_answer()
        assert int(head.split()[1]) == 413
        rows = serve.recorded(3)
        assert [row["outcome"] for row in rows].count("refused_by_us") == 2


def test_too_many_connections_are_a_503_with_retry_after(tmp_path, provider):
    config = f"""
http_server: {{max_connections: 2}}
providers:
  anthropic: {{base_url: {provider.url}}}
"""
    with Serve(tmp_path / "home", "", config=config) as serve:
        with Raw(serve.port) as first, Raw(serve.port) as second:
            for client in (first, second):
                client.send(post(ask()))
                assert client.read_answer()[0].startswith(b"HTTP/1.1 200 ")
            with Raw(serve.port) as third:
                third.send(post(ask()))
                head, body = third.read_answer()
            assert head.startswith(b"HTTP/1.1 503 ")
            assert b"retry-after: 1" in head
            assert b"too many connections" in body
        until(lambda: answer(serve, b"Host: localhost")[0] == 200, "room again")
        until(lambda: "further ones are refused" in "".join(serve.errors), "a warning")
    assert "".join(serve.errors).count("further ones are refused") == 1
