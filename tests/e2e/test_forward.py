"""Bytes through the proxy: what the provider sees and what the client sees."""

import json
import socket
import threading

import pytest

from tests.kit import Raw, Serve, ask, post, until
from tests.provider import ANSWER, STREAM_HEAD, Cut, Provider, whole

HOP = {b"host", b"connection"}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """A proxy that records nothing, before a provider; nobody disturbs the next."""
    provider, home = Provider(), tmp_path_factory.mktemp("home")
    with Serve(home, provider.url, "--no-recording") as running:
        yield running, provider
    provider.close()


@pytest.fixture
def quiet(both):
    return both[0]


@pytest.fixture
def provider(both):
    both[1].forget()
    return both[1]


def test_the_head_passes_unchanged_but_for_hop_by_hop_and_host(quiet, provider):
    body = ask()
    lines = [
        b"POST /v1/messages?beta=true&x=%2F HTTP/1.1",
        b"X-One: 1",
        b"hOsT: localhost:1",
        b"x-one: 2",
        b"X-Latin: caf\xe9",
        b"Accept-Encoding: gzip, deflate, br, zstd",
        b"Connection: keep-alive, X-Named",
        b"X-Named: secret to this hop",
        b"Keep-Alive: timeout=5",
        b"TE: trailers",
        b"Proxy-Authorization: Basic eA==",
        b"Cookie: a=b; c=d",
        b"anthropic-version: 2026-10-21",
        b"Authorization: Bearer sk-ant-dummy",
        b"X-Empty: ",
        b"Content-Length: %d" % len(body),
    ]
    with Raw(quiet.port) as client:
        client.send(b"\r\n".join(lines) + b"\r\n\r\n" + body)
        client.read_answer()
    seen = provider.seen[0]
    assert seen.body == body
    assert seen.head.split(b"\r\n")[:-2] == [
        lines[0],
        lines[1],
        b"hOsT: 127.0.0.1:%d" % provider.port,
        *lines[3:6],
        *lines[11:],
    ]


def test_answer_head_and_chunks_pass_unchanged(quiet, provider):
    with Raw(quiet.port) as client:
        client.send(post(ask(stream=True)))
        through = client.read_answer()
    with Raw(provider.port) as client:
        client.send(post(ask(stream=True)))
        direct = client.read_answer()
    assert through == direct
    assert through[0] == STREAM_HEAD


@pytest.mark.parametrize("size", [0, 1, 65_535, 300_000, 3_000_000])
def test_bodies_of_every_size_pass_whole(quiet, provider, size):
    provider.scripts["echo"] = lambda seen: [whole({"got": len(seen.body)})]
    body = b'{"x":"[[echo]]' + b"a" * size + b'"}'
    with Raw(quiet.port) as client:
        client.send(post(body))
        _, answer = client.read_answer()
    assert json.loads(answer) == {"got": len(body)}
    assert provider.seen[0].body == body


def test_a_chunked_request_keeps_its_chunks_and_trailers(quiet, provider):
    head = b"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = ask()
    framed = b"5;a=b\r\n%s\r\n%x\r\n%s\r\n0\r\nX-T: 1\r\n\r\n" % (
        body[:5],
        len(body) - 5,
        body[5:],
    )
    provider.scripts[""] = lambda seen: [whole({})]
    with Raw(quiet.port) as client:
        for byte in range(0, len(head + framed), 7):
            client.send((head + framed)[byte : byte + 7])
        client.read_answer()
    assert provider.seen[0].body == framed


def test_connections_are_kept_on_both_sides(quiet, provider):
    with Raw(quiet.port) as client:
        for _ in range(5):
            client.send(post(ask()))
            head, _ = client.read_answer()
            assert head.startswith(b"HTTP/1.1 200 OK")
    assert provider.connections == 1
    assert len(provider.seen) == 5


def test_pipelined_requests_are_answered_in_order(quiet, provider):
    for number in range(3):
        provider.scripts[f"n{number}"] = lambda seen: [whole({"is": seen.marker})]
    with Raw(quiet.port) as client:
        client.send(b"".join(post(ask(f"n{number}")) for number in range(3)))
        answers = [json.loads(client.read_answer()[1]) for _ in range(3)]
    assert answers == [{"is": "n0"}, {"is": "n1"}, {"is": "n2"}]


def test_an_idle_connection_that_died_is_replaced_unseen(quiet, provider):
    def once_and_close(seen):
        yield whole({"n": len(provider.seen)})
        if len(provider.seen) == 1:
            raise Cut

    provider.scripts["once"] = once_and_close
    with Raw(quiet.port) as client:
        for number in (1, 2):
            client.send(post(ask("once")))
            assert json.loads(client.read_answer()[1]) == {"n": number}


def test_a_reused_connection_that_dies_unanswered_is_tried_once_more(quiet, provider):
    def die_on_reuse(seen):
        if seen.connection == 1 and len(provider.seen) > 1:
            raise Cut
        yield whole({"connection": seen.connection})

    provider.scripts["reuse"] = die_on_reuse
    with Raw(quiet.port) as client:
        for connection in (1, 2):
            client.send(post(ask("reuse")))
            assert json.loads(client.read_answer()[1]) == {"connection": connection}
    assert len(provider.seen) == 3


def test_a_fresh_connection_that_dies_unanswered_is_a_502_and_no_second_try(
    quiet, provider
):
    def die(seen):
        raise Cut
        yield b""

    provider.scripts["die"] = die
    with Raw(quiet.port) as client:
        client.send(post(ask("die")))
        head, body = client.read_answer()
    assert head.startswith(b"HTTP/1.1 502 ")
    answer = json.loads(body)
    assert answer["type"] == "error"
    assert answer["error"]["type"] == "api_error"
    assert len(provider.seen) == 1


def test_an_unreachable_provider_is_a_502_in_the_dialects_shape(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    paths = ("/v1/messages", "/v1/chat/completions", "/v1/responses")
    with Serve(tmp_path, f"http://127.0.0.1:{port}", "--no-recording") as running:
        with Raw(running.port) as client:
            for path in paths:
                client.send(post(b"{}", path))
                head, body = client.read_answer()
                answer = json.loads(body)
                assert head.startswith(b"HTTP/1.1 502 ")
                assert "cannot connect" in answer["error"]["message"]
                assert ("type" in answer) == (path == "/v1/messages")
            client.send(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            head, body = client.read_answer()
    assert head.startswith(b"HTTP/1.1 200 ")
    for entry in json.loads(body)["providers"]:
        assert "cannot connect" in entry["last_error"]


def test_a_cut_answer_never_ends_cleanly(quiet, provider):
    for marker in ("cut_midway", "reset_midway"):
        with Raw(quiet.port) as client:
            client.send(post(ask(marker, stream=True)))
            data = client.read_all()
        assert b"message_start" in data
        assert not data.endswith(b"0\r\n\r\n")


def test_an_answer_that_ends_with_the_connection_passes(quiet, provider):
    def until_close(seen):
        yield b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\nall of "
        yield b"it"
        raise Cut

    provider.scripts["close"] = until_close
    with Raw(quiet.port) as client:
        client.send(post(ask("close")))
        data = client.read_all()
    head, _, body = data.partition(b"\r\n\r\n")
    assert body == b"all of it"
    assert b"Connection: close" in head


def test_an_early_answer_wins_over_the_rest_of_the_request(tmp_path):
    """The provider refuses while the body is still coming."""
    early = whole({"error": "too large"}, 413, "Too Large")

    def serve_raw(sock):
        while b"\r\n\r\n" not in sock.recv(65536):
            pass
        sock.sendall(early)
        sock.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        threading.Thread(
            target=lambda: serve_raw(listener.accept()[0]), daemon=True
        ).start()
        with (
            Serve(tmp_path, f"http://127.0.0.1:{port}", "--no-recording") as running,
            Raw(running.port) as client,
        ):
            client.send(
                b"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Length: 50000000\r\n\r\n" + b"x" * 100
            )
            head, body = client.read_answer()
    assert head.startswith(b"HTTP/1.1 413 ")
    assert json.loads(body) == {"error": "too large"}


def test_a_client_that_leaves_cancels_its_request_at_the_provider(quiet, provider):
    client = Raw(quiet.port)
    client.send(post(ask("gated", stream=True)))
    assert provider.waiting.wait(60)
    provider.ended.clear()
    client.sock.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00"
    )
    client.sock.close()  # a reset
    # The provider's connection is closed while it is silent; its next write fails.
    provider.gate.set()
    assert provider.ended.wait(60)


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", 505),
        (b"nonsense\r\n\r\n", 400),
        (b"POST /v1/messages HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", 400),
        (
            b"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
        (
            b"GET /v1/messages HTTP/1.1\r\nHost: localhost\r\nX: 1\r\n folded\r\n\r\n",
            400,
        ),
        (b"GET /v1/messages HTTP/1.1\r\nHost: localhost\r\nX: 1\n\r\n", 400),
        (b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"GET /v1/messages HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 70_000, 431),
    ],
)
def test_what_is_not_http_is_refused_and_reaches_nobody(
    quiet, provider, request_bytes, status
):
    with Raw(quiet.port) as client:
        client.send(request_bytes)
        data = client.read_all()
    assert data.startswith(b"HTTP/1.1 %d " % status)
    assert json.loads(data.partition(b"\r\n\r\n")[2])["error"]["message"]
    assert provider.seen == []


def test_a_bad_chunk_in_a_request_is_a_400(quiet, provider):
    with Raw(quiet.port) as client:
        client.send(
            b"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\n"
            b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"
        )
        data = client.read_all()
    assert data.startswith(b"HTTP/1.1 400 ")
    assert provider.seen == []


def test_an_http10_client_gets_the_answer_without_chunks(quiet, provider):
    with Raw(quiet.port) as client:
        body = ask(stream=True)
        client.send(
            b"POST /v1/messages HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % len(body)
            + body
        )
        head, _, answer = client.read_all().partition(b"\r\n\r\n")
    assert b"chunked" not in head.lower()
    assert answer.startswith(b"event: message_start\n")
    assert answer.endswith(b'data: {"type": "message_stop"}\n\n')
    assert ANSWER.split()[0].encode() in answer


def test_health_and_readiness(serve, provider):
    def get(path: str) -> tuple[bytes, bytes]:
        with Raw(serve.port) as client:
            client.send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            return client.read_answer()

    head, body = get("/healthz")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert body == b'{"status":"ok"}'
    until(lambda: json.loads(get("/readyz")[1])["status"] == "ready", "ready")
    ready = json.loads(get("/readyz")[1])
    assert [entry["name"] for entry in ready["providers"]] == ["anthropic", "openai"]
    assert all(entry["last_success"] is None for entry in ready["providers"])
    assert provider.seen == []  # observed, never probed
    with Raw(serve.port) as client:
        client.send(post(ask()))
        client.read_answer()
    ready = json.loads(get("/readyz")[1])
    assert ready["providers"][0]["last_success"] is not None
    assert ready["providers"][0]["base_url"] == provider.url


def test_a_dialect_that_is_off_is_a_404_in_its_shape(tmp_path, provider):
    with (
        Serve(
            tmp_path, provider.url, "--dialect", "openai", "--no-recording"
        ) as running,
        Raw(running.port) as client,
    ):
        client.send(post(ask()))
        head, body = client.read_answer()
    assert head.startswith(b"HTTP/1.1 404 ")
    assert json.loads(body)["error"]["type"] == "not_found_error"
    assert provider.seen == []
