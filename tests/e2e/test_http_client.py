"""The `http_client` settings and the proxy variables, in the running program."""

import json
import subprocess

from tests.kit import BIN, Raw, Serve, ask, clean_environment, post
from tests.provider import Provider


def answer(serve: Serve, request: bytes) -> tuple[bytes, bytes]:
    with Raw(serve.port) as client:
        client.send(request)
        return client.read_answer()


def test_each_provider_has_its_own_limits(tmp_path, provider):
    environment = {
        "LUNAROUTE_ANTHROPIC_TIMEOUT_SECS": "2",
        "LUNAROUTE_OPENAI_POOL_MAX_IDLE": "0",
        "LUNAROUTE_ANTHROPIC_ENABLE_POOL_METRICS": "false",
        "LUNAROUTE_OPENAI_ENABLE_POOL_METRICS": "false",
    }
    chat = post(ask(), "/v1/chat/completions")
    with Serve(tmp_path, provider.url, environment=environment) as serve:
        for count in (1, 2):
            assert answer(serve, chat)[0].startswith(b"HTTP/1.1 200 ")
            assert provider.connections == count
        for _ in range(2):
            assert answer(serve, post(ask()))[0].startswith(b"HTTP/1.1 200 ")
        assert provider.connections == 3
        with Raw(serve.port) as patient:
            patient.send(post(ask("gated"), "/v1/chat/completions"))
            head, body = answer(serve, post(ask("gated")))
            assert head.startswith(b"HTTP/1.1 504 ")
            assert "no byte for too long" in json.loads(body)["error"]["message"]
            provider.gate.set()
            assert patient.read_answer()[0].startswith(b"HTTP/1.1 200 ")
        assert b"lunaroute_live_exchanges" in metrics(serve)
        assert b"lunaroute_pool_idle_connections" not in metrics(serve)


def metrics(serve: Serve) -> bytes:
    return answer(serve, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")[1]


class ProxiedProvider(Provider):
    """Both in one: asked for a tunnel it is the provider behind it."""

    def _serve(self, sock, number) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += sock.recv(1)
        self.asked_for = head
        sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        super()._serve(sock, number)


def test_a_provider_behind_a_proxy(tmp_path):
    provider = ProxiedProvider()
    environment = {"HTTP_PROXY": f"http://me:secret@127.0.0.1:{provider.port}"}
    try:
        with Serve(tmp_path, "http://api.test:8000/", environment=environment) as serve:
            for _ in range(2):
                assert answer(serve, post(ask()))[0].startswith(b"HTTP/1.1 200 ")
            assert provider.connections == 1
            assert b"lunaroute_pool_idle_connections" in metrics(serve)
            assert provider.asked_for.startswith(b"CONNECT api.test:8000 HTTP/1.1\r\n")
            assert (
                b"\r\nProxy-Authorization: Basic bWU6c2VjcmV0\r\n" in provider.asked_for
            )
            assert provider.seen[0].field(b"host") == b"api.test:8000"
            assert provider.seen[0].field(b"proxy-authorization") is None
            assert "secret" not in serve.stderr
    finally:
        provider.close()


def test_a_proxy_that_cannot_be_used_is_said_at_the_start(tmp_path):
    environment = {"HTTPS_PROXY": "socks5://me:secret@127.0.0.1:1080"}
    made = subprocess.run(
        [str(BIN / "lunaroute"), "serve", "--port", "0"],
        env=clean_environment(tmp_path, **environment),
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert made.returncode == 2
    assert "HTTPS_PROXY: only http:// proxies are supported" in made.stderr
    assert "secret" not in made.stderr
