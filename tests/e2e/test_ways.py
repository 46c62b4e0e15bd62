"""Ways to a provider other than plain HTTP, and whose key is used on it."""

import json
import ssl
import threading
from pathlib import Path

import pytest
import trustme

from tests.kit import Raw, Serve, ask, post, until
from tests.provider import Provider, whole


class TlsProvider(Provider):
    """The scripted provider behind TLS."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()
        self.url = f"https://localhost:{self.port}"

    def _serve(self, sock, number) -> None:
        try:
            secured = self._context.wrap_socket(sock, server_side=True)
        except (ssl.SSLError, OSError):
            sock.close()  # a client that does not trust us
            return
        super()._serve(secured, number)


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def secured(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    provider = TlsProvider(context)
    yield provider
    provider.close()


def test_tls_to_the_provider_is_verified_and_passes_streams(
    tmp_path, authority, secured
):
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    environment = {"SSL_CERT_FILE": str(bundle)}
    with Serve(tmp_path / "home", secured.url, environment=environment) as serve:
        with Raw(serve.port) as client:
            for _ in range(3):
                client.send(post(ask(stream=True)))
                head, body = client.read_answer()
                assert head.startswith(b"HTTP/1.1 200 ")
                assert body.endswith(b"0\r\n\r\n")
            big = ask("big")[:-1] + b', "f": "%s"}' % (b"f" * 2_000_000)
            secured.scripts["big"] = lambda seen: [whole({"n": len(seen.body)})]
            client.send(post(big))
            assert json.loads(client.read_answer()[1]) == {"n": len(big)}
        assert secured.connections == 1
        assert all(row["outcome"] == "answered" for row in serve.recorded(4))


def test_a_certificate_that_does_not_hold_is_a_502_with_the_reason(tmp_path, secured):
    with Serve(tmp_path / "home", secured.url) as serve:
        with Raw(serve.port) as client:
            client.send(post(ask()))
            head, body = client.read_answer()
        assert head.startswith(b"HTTP/1.1 502 ")
        assert "certificate" in json.loads(body)["error"]["message"]
        assert secured.seen == []
        (row,) = serve.recorded(1)
        assert row["outcome"] == "upstream_cut"
        assert "certificate" in row["error_text"]


def config(provider: Provider, key: str | None = None) -> str:
    part = f", api_key: '{key}'" if key else ""
    return "providers:\n" + "".join(
        f"  {name}: {{base_url: '{provider.url}'{part}}}\n"
        for name in ("anthropic", "openai")
    )


@pytest.mark.parametrize(
    ("file_key", "variable_key", "client_sends", "expected"),
    [
        (None, None, {}, {}),
        (None, None, {"x_api_key": "c"}, {b"x-api-key": b"c"}),
        ("f", None, {"x_api_key": "c", "Authorization": "Bearer c"}, {b"x-api-key": b"f"}),
        ("f", "e", {}, {b"x-api-key": b"f"}),
        (None, "e", {}, {b"x-api-key": b"e"}),
        (None, "e", {"Authorization": "Bearer c"}, {b"authorization": b"Bearer c"}),
    ],
)  # fmt: skip
def test_whose_key_reaches_the_provider(
    tmp_path, provider, file_key, variable_key, client_sends, expected
):
    variables = {"ANTHROPIC_API_KEY": variable_key} if variable_key else {}
    with Serve(
        tmp_path, "", "--no-recording", config=config(provider, file_key),
        environment=variables,
    ) as serve, Raw(serve.port) as client:  # fmt: skip
        client.send(post(ask(), **client_sends))
        client.read_answer()
    (seen,) = provider.seen
    carriers = (b"authorization", b"x-api-key")
    got = {
        name.lower(): value for name, value in seen.fields if name.lower() in carriers
    }
    assert got == expected


def test_openais_key_is_a_bearer(tmp_path, provider):
    with (
        Serve(tmp_path, "", "--no-recording", config=config(provider, "f")) as serve,
        Raw(serve.port) as client,
    ):
        client.send(post(b'{"model": "m"}', "/v1/chat/completions", x_api_key="c"))
        client.read_answer()
    (seen,) = provider.seen
    assert seen.field(b"authorization") == b"Bearer f"
    assert seen.field(b"x-api-key") is None


# What our provider can read without knowing frames.
TUNNELLED = b"GET /frames-from-the-client HTTP/1.1\r\n\r\n"


def test_a_websocket_is_relayed_in_both_directions(serve, provider):
    """The handshake and every byte behind it; the record knows how many."""
    handshake = (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"
    )
    more = threading.Event()

    def accept(seen):
        if len(provider.seen) > 1:
            return
        yield handshake + b"hello from the start"
        more.wait(60)
        yield b" and later"

    provider.scripts[""] = accept
    with Raw(serve.port) as client:
        client.send(
            b"GET /v1/responses HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
            b"Upgrade: websocket\r\nSec-WebSocket-Key: k\r\n"
            b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
        )
        assert client.read_until(b"\r\n\r\n") == handshake
        client.read_until(b"start")
        client.send(TUNNELLED)
        more.set()
        client.read_until(b" and later")
        until(lambda: len(provider.seen) == 2, "the client's bytes at the provider")
    seen = provider.seen[0]
    assert seen.field(b"connection") == b"Upgrade"
    assert seen.field(b"sec-websocket-extensions") == b"permessage-deflate"
    (row,) = serve.recorded(1)
    assert row["status"] == 101
    assert row["tunnel_up_bytes"] == len(TUNNELLED)
    assert row["tunnel_down_bytes"] == len(b"hello from the start and later")


def test_a_refused_upgrade_passes_as_it_is(serve, provider):
    provider.scripts[""] = lambda seen: [whole({"no": 1}, 426, "Upgrade Required")]
    with Raw(serve.port) as client:
        client.send(
            b"GET /v1/responses HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
            b"Upgrade: websocket\r\n\r\n"
        )
        head, _ = client.read_answer()
    assert head.startswith(b"HTTP/1.1 426 ")


def test_the_home_is_made_where_the_variable_says(tmp_path, provider):
    home = tmp_path / "deep" / "er"
    with Serve(home, provider.url) as serve:
        with Raw(serve.port) as client:
            client.send(post(ask()))
            client.read_answer()
        serve.recorded(1)
    assert {path.name for path in Path(home).iterdir()} >= {"sessions", "sessions.db"}
