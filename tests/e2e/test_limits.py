"""The clients' side of time: what is ended, and what goes on for as long as it likes.

Every limit of one proxy is short; the waits are for what ends, never for a time.
"""

import contextlib
import socket
import ssl
import threading
import time

import pytest
import trustme

from tests.kit import CEILING, Raw, Serve, ask, post, until
from tests.provider import STREAM_HEAD, Provider, chunk, whole

CONFIG = """
http_server: {{head_timeout_secs: 1, keep_alive_secs: 1, half_close_secs: 0.6}}
providers:
  anthropic: {{base_url: '{url}', http_client: {{timeout_secs: 2}}}}
  openai: {{base_url: '{url}', http_client: {{timeout_secs: 2}}}}
"""


@pytest.fixture
def hurried(tmp_path, provider):
    config = CONFIG.format(url=provider.url)
    with Serve(tmp_path / "home", "", config=config) as serve:
        yield serve


def test_a_head_that_does_not_end_is_a_408(hurried):
    with Raw(hurried.port) as client:
        client.send(b"POST /v1/messages HTTP/1.1\r\nHost")
        assert client.read_all().startswith(b"HTTP/1.1 408 ")


def test_a_connection_between_requests_is_closed_after_its_time(hurried):
    with Raw(hurried.port) as used, Raw(hurried.port) as fresh:
        used.send(post(ask()))
        assert used.read_answer()[0].startswith(b"HTTP/1.1 200 ")
        assert (used.read_all(), fresh.read_all()) == (b"", b"")


def test_a_byte_on_its_way_up_moves_the_limit(hurried, provider):
    """Four seconds, where silence may last two; the way down is another test's."""
    request = post(ask())
    with Raw(hurried.port) as client:
        client.send(request[:-8])
        for at in range(len(request) - 8, len(request)):
            time.sleep(0.5)
            client.send(request[at : at + 1])
        assert client.read_answer()[0].startswith(b"HTTP/1.1 200 ")
    assert hurried.recorded(1)[0]["outcome"] == "answered"


@pytest.mark.skipif(not hasattr(socket, "SO_DOMAIN"), reason="Linux tells what waits")
def test_a_slow_reader_is_not_idle(hurried, provider):
    size = 30_000_000
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size
    provider.scripts["big"] = lambda seen: [head, b"x" * size]
    with contextlib.closing(socket.socket()) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", hurried.port))
        sock.settimeout(CEILING)
        sock.sendall(post(ask("big")))
        for _ in range(40):
            assert sock.recv(3000)
            time.sleep(0.1)
        assert hurried.rows() == []


def test_a_websocket_has_no_idle_limit(hurried, provider):
    go = threading.Event()

    def switch(seen):
        yield (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\n\r\n"
        )
        go.wait(CEILING)
        yield b"late"

    provider.scripts[""] = switch
    with Raw(hurried.port) as client:
        client.send(
            b"GET /v1/responses HTTP/1.1\r\nHost: localhost\r\n"
            b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        )
        client.read_until(b"\r\n\r\n")
        time.sleep(3.5)
        go.set()
        assert client.read_until(b"late") == b"late"


def test_the_half_closes_grace_is_a_setting_and_moved_by_the_answer(hurried, provider):
    """The stream lasts four seconds, longer than the grace and than the idle limit."""

    def flowing(seen):
        yield STREAM_HEAD
        for _ in range(40):
            time.sleep(0.1)
            yield chunk(b"data: x\n\n")
        yield b"0\r\n\r\n"

    provider.scripts["flowing"] = flowing
    with Raw(hurried.port) as client:
        client.send(post(ask("flowing", stream=True)))
        client.sock.shutdown(socket.SHUT_WR)
        assert client.read_until(b"0\r\n\r\n").count(b"data: x") == 40
    with Raw(hurried.port) as client:
        client.send(post(ask("gated")))
        assert provider.waiting.wait(CEILING)
        client.sock.shutdown(socket.SHUT_WR)
        assert client.read_all() == b""
    assert [row["outcome"] for row in hurried.recorded(2)] == [
        "answered",
        "client_left",
    ]


def test_a_timed_out_answer_says_that_the_connection_ends(hurried, provider):
    with Raw(hurried.port) as client:
        client.send(post(ask("gated")))
        answered = client.read_all()
    assert answered.startswith(b"HTTP/1.1 504 ")
    assert b"connection: close" in answered.lower()


def test_a_body_that_does_not_go_on_is_a_408_and_no_fault_of_the_providers(
    hurried, provider
):
    """One that waits for the provider's 100 is owed it: that is a 504."""
    head = b"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n%s\r\n"
    with Raw(hurried.port) as stopped, Raw(hurried.port) as waiting:
        stopped.send(head % b"" + b"x" * 10)
        waiting.send(head % b"Expect: 100-continue\r\n")
        answers = stopped.read_all(), waiting.read_all()
    assert [answer[:13] for answer in answers] == [b"HTTP/1.1 408 ", b"HTTP/1.1 504 "]
    assert b"connection: close" in answers[0].lower()
    assert provider.ended.wait(CEILING)
    assert provider.seen == []
    rows = hurried.recorded(2)
    assert {row["status"]: row["outcome"] for row in rows} == {
        408: "timed_out",
        504: "timed_out",
    }
    assert [row["request_bytes"] for row in rows if row["status"] == 408] == [10]


def test_own_paths_stay_own_whatever_was_asked_before(hurried, provider):
    with Raw(hurried.port) as client:
        client.send(b"POST /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        head = client.read_all()
    assert head.startswith(b"HTTP/1.1 405 ")
    assert b"allow: " in head
    with Raw(hurried.port) as client:
        for _ in range(2):
            client.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.read_answer()[1] == b'{"status":"ok"}'
    assert provider.seen == []


def test_a_host_that_does_not_resolve_is_a_502(tmp_path):
    with Serve(tmp_path / "home", "http://nobody.invalid") as serve:
        with Raw(serve.port) as client:
            client.send(post(ask()))
            head, _ = client.read_answer()
    assert head.startswith(b"HTTP/1.1 502 ")


@pytest.mark.parametrize("size", [900_000, 1_500_000])
@pytest.mark.parametrize("reset", [False, True])
def test_only_what_is_short_is_sent_again(tmp_path, size, reset):
    """A pooled connection dies within the upload: once more up to 1 MiB, else a 502."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        Serve(
            tmp_path / "home", f"http://127.0.0.1:{listener.getsockname()[1]}"
        ) as serve,
        Raw(serve.port) as client,
    ):
        listener.settimeout(CEILING)
        head = b"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
        client.send(head % 0)
        kept, _ = listener.accept()
        with kept:
            kept.recv(65536)
            kept.sendall(whole({}))
            client.read_answer()
            client.send(head % (2 * size) + b"x" * size)
            taken = 0
            while taken < size:
                taken += len(kept.recv(1 << 20))
            if reset:
                linger = b"\x01" + b"\0" * 7
                kept.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if size < 1 << 20:
            again, _ = listener.accept()
            with again:
                assert again.recv(100).startswith(b"POST /v1/messages ")
        else:
            assert client.read_answer()[0].startswith(b"HTTP/1.1 502 ")
            listener.settimeout(0)
            with pytest.raises(BlockingIOError):
                listener.accept()


class TlsProvider(Provider):
    """Answers once over TLS and breaks off without a close_notify."""

    def __init__(self, context: ssl.SSLContext, answer: bytes) -> None:
        self._context, self._said = context, answer
        super().__init__()

    def _serve(self, sock: socket.socket, number: int) -> None:
        with self._context.wrap_socket(sock, server_side=True) as secured:
            secured.recv(65536)
            secured.sendall(self._said)
            socket.socket.shutdown(secured, socket.SHUT_RDWR)


@pytest.mark.parametrize(
    "answer",
    [
        b"Content-Length: 100\r\n\r\nhello",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"\r\nhello",
    ],
)
def test_an_answer_cut_under_tls_never_looks_whole(tmp_path, answer):
    authority = trustme.CA()
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    provider = TlsProvider(context, b"HTTP/1.1 200 OK\r\n" + answer)
    url = f"https://localhost:{provider.port}"
    environment = {"SSL_CERT_FILE": str(file)}
    with Serve(tmp_path / "home", url, environment=environment) as serve:
        with Raw(serve.port) as client:
            client.send(post(ask()))
            ended = "eof"
            try:
                while client.sock.recv(65536):
                    pass
            except ConnectionResetError:
                ended = "reset"
        (row,) = serve.recorded(1)
    provider.close()
    assert row["outcome"] == "upstream_cut"
    if answer.startswith(b"\r\n"):
        assert ended == "reset"


def test_ipv6_on_both_sides(tmp_path):
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no ::1")
    with (
        listener,
        Serve(
            tmp_path / "home",
            f"http://[::1]:{listener.getsockname()[1]}",
            "--host",
            "::1",
        ) as serve,
        Raw(serve.port, "::1") as client,
    ):
        assert serve.url.startswith("http://[::1]:")
        client.send(
            b"POST /v1/messages HTTP/1.1\r\nHost: [::1]:%d\r\n"
            b"Content-Length: 2\r\n\r\n{}" % serve.port
        )
        sock, _ = listener.accept()
        with sock:
            assert b"Host: [::1]:%d\r\n" % listener.getsockname()[1] in sock.recv(65536)
            sock.sendall(whole({}))
            assert client.read_answer()[0].startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("count", [40])
def test_a_reset_right_behind_its_request_asks_nobody_for_long(serve, provider, count):
    """However the reset and the request reach the loop, nothing stays with the
    provider.
    """
    provider.scripts["gone"] = lambda seen: provider.gate.wait(CEILING) and []
    for _ in range(count):
        client = Raw(serve.port)
        client.send(post(ask("gated")))
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01" + b"\0" * 7)
        client.sock.close()

    def live() -> int:
        with Raw(serve.port) as asking:
            asking.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            text = asking.read_answer()[1].decode()
        (line,) = [
            line
            for line in text.splitlines()
            if line.startswith("lunaroute_live_exchanges ")
        ]
        return int(float(line.split()[1]))

    until(lambda: live() <= 1, "no exchange but the question itself")
