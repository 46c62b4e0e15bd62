"""Clients that go away, and providers that go or fall silent."""

import contextlib
import json
import select
import socket
import threading

import pytest

from tests.asker import RESET
from tests.kit import CEILING, Raw, Serve, ask, post, until
from tests.provider import STREAM_HEAD, Provider, anthropic_events, chunk, whole

BIG = b"POST /v1/responses HTTP/1.1\r\nHost: localhost\r\nUser-Agent: %s\r\nContent-Length: %d\r\n\r\n"


class Watching(Provider):
    """Says nothing more at some point and waits for its connection to be closed."""

    def __init__(self) -> None:
        self._socks: dict[int, socket.socket] = {}
        self.silent = threading.Event()
        self.closed = threading.Event()
        self.spoken: list[bytes] = []  # came over a connection that fell silent
        super().__init__()
        self.scripts["head"] = self._fall_silent
        self.scripts["mid"] = lambda seen: self._fall_silent(seen, *HALF)
        self.scripts["whole"] = self._wait_for_the_gate

    def _serve(self, sock: socket.socket, number: int) -> None:
        self._socks[number] = sock
        super()._serve(sock, number)

    def _fall_silent(self, seen, *parts: bytes):
        yield from parts
        self.silent.set()
        sock = self._socks[seen.connection]
        with contextlib.suppress(ConnectionError):
            self.spoken.append(sock.recv(1))
        self.closed.set()

    def _wait_for_the_gate(self, seen):
        self.silent.set()
        assert self.gate.wait(CEILING)
        yield whole({"all": "there"})

    def again(self) -> None:
        for event in (self.silent, self.closed, self.gate):
            event.clear()
        self.spoken.clear()


HALF = (STREAM_HEAD, *(chunk(event) for event in list(anthropic_events(False))[:4]))


@pytest.fixture(scope="module")
def one_for_all():
    made = Watching()
    yield made
    made.close()


@pytest.fixture
def provider(one_for_all):
    one_for_all.again()
    return one_for_all


@pytest.fixture(scope="module")
def raw():
    """The OpenAI provider: a listener, and the test itself is who answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(CEILING)
        yield listener


@pytest.fixture(scope="module")
def serve(one_for_all, raw, tmp_path_factory):
    config = (
        f"providers: {{anthropic: {{base_url: '{one_for_all.url}'}}, "
        f"openai: {{base_url: 'http://127.0.0.1:{raw.getsockname()[1]}'}}}}\n"
    )
    with Serve(tmp_path_factory.mktemp("leaving"), "", config=config) as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def half_closed(serve, raw):
    """A client that has half an answer and has closed its sending half.

    It is made first and looked at last, so that the grace passes meanwhile.
    """
    with Raw(serve.port) as client:
        client.send(BIG % (b"grace-over", 0))
        with raw.accept()[0] as sock:
            heard(sock, b"\r\n\r\n")
            sock.sendall(b"".join(HALF))
            client.read_until(HALF[-1])
            client.sock.shutdown(socket.SHUT_WR)
            yield client, sock


def heard(sock: socket.socket, end: bytes) -> bytes:
    """What comes on ``sock`` up to ``end``."""
    data = b""
    while not data.endswith(end):
        more = sock.recv(65536)
        assert more, data[:200]
        data += more
    return data


def closes(sock: socket.socket) -> bool:
    """Waits for the other side's end, which comes before any byte."""
    with contextlib.suppress(ConnectionError):
        return sock.recv(1) == b""
    return True


def reset(client: Raw) -> None:
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    client.sock.close()


def row_of(serve: Serve, agent: str) -> dict:
    def rows() -> list[dict]:
        return [row for row in serve.rows() if row["user_agent"] == agent]

    (row,) = until(rows, f"the record of {agent}")
    return row


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("marker", ["head", "mid"])
def test_a_reset_closes_the_silent_providers_connection_at_once(
    serve, provider, marker, stream
):
    """No byte flows that could fail: the kernel alone tells that the client is gone."""
    agent = f"reset-{marker}-{stream}"
    client = Raw(serve.port)
    client.send(post(ask(marker, stream=stream), User_Agent=agent))
    assert provider.silent.wait(CEILING)
    if marker == "mid":
        client.read_until(HALF[-1])
    assert not provider.closed.is_set()
    reset(client)
    assert provider.closed.wait(CEILING)
    assert provider.spoken in ([], [b""])
    row = row_of(serve, agent)
    assert row["outcome"] == "client_left"
    assert row["status"] == (200 if marker == "mid" else None)


def test_a_reset_within_the_request_ends_it_at_the_provider(serve, raw):
    client = Raw(serve.port)
    client.send(BIG % (b"reset-upload", 1000) + b"x" * 500)
    with raw.accept()[0] as sock:
        heard(sock, b"x" * 500)
        reset(client)
        assert closes(sock)
    row = row_of(serve, "reset-upload")
    assert (row["outcome"], row["request_bytes"]) == ("client_left", 500)


def test_after_a_half_close_the_answer_still_comes(serve, provider):
    with Raw(serve.port) as client:
        client.send(post(ask("whole"), User_Agent="half-closed"))
        assert provider.silent.wait(CEILING)
        client.sock.shutdown(socket.SHUT_WR)
        assert not select.select([client.sock], [], [], 0.5)[0]  # nothing is cut off
        provider.gate.set()
        _, body = client.read_answer()
        assert json.loads(body) == {"all": "there"}
        assert client.sock.recv(1) == b""  # and the connection is over
    assert row_of(serve, "half-closed")["outcome"] == "answered"


def test_a_reset_after_a_half_close_needs_no_grace(serve, provider):
    client = Raw(serve.port)
    client.send(post(ask("head"), User_Agent="half-then-reset"))
    client.sock.shutdown(socket.SHUT_WR)
    assert provider.silent.wait(CEILING)
    reset(client)
    assert provider.closed.wait(4)  # the grace is longer
    assert row_of(serve, "half-then-reset")["outcome"] == "client_left"


def test_a_reset_is_noticed_behind_bytes_that_nobody_has_read(serve, provider):
    """A second request waits in the socket while the first one's answer is due."""
    client = Raw(serve.port)
    client.send(post(ask("head"), User_Agent="pipelined"))
    assert provider.silent.wait(CEILING)
    client.send(post(ask("head"), User_Agent="never"))
    reset(client)
    assert provider.closed.wait(CEILING)
    assert row_of(serve, "pipelined")["outcome"] == "client_left"
    assert not any(row["user_agent"] == "never" for row in serve.rows())


def test_a_reset_ends_an_upload_that_the_provider_does_not_take(serve, raw):
    client = Raw(serve.port)
    client.send(BIG % (b"blocked-upload", 100_000_000))
    with raw.accept()[0] as sock:
        heard(sock, b"\r\n\r\n")
        client.sock.setblocking(False)
        fill(client.sock)
        reset(client)
        drain(sock)
    row = row_of(serve, "blocked-upload")
    assert (row["outcome"], row["status"]) == ("client_left", None)
    assert row["request_bytes"] > 0


def test_a_reset_ends_an_answer_that_the_client_does_not_take(serve, raw):
    client = Raw(serve.port)
    client.send(BIG % (b"blocked-answer", 0))
    with raw.accept()[0] as sock:
        heard(sock, b"\r\n\r\n")
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        client.read_until(b"\r\n\r\n")
        sock.setblocking(False)
        fill(sock)
        reset(client)
        sock.setblocking(True)
        sock.settimeout(CEILING)
        assert closes(sock)
    assert row_of(serve, "blocked-answer")["outcome"] == "client_left"


def test_a_kept_connection_that_dies_within_an_upload_is_replaced(serve, raw):
    """Nothing of it was answered, so all that had gone out goes out once more."""
    half = b"x" * 200_000
    with Raw(serve.port) as client:
        client.send(BIG % (b"first", 0))
        with raw.accept()[0] as kept:
            heard(kept, b"\r\n\r\n")
            kept.sendall(whole({}))
            client.read_answer()
            client.send(BIG % (b"second", 2 * len(half)) + half)
            head, _, body = heard(kept, half).partition(b"\r\n\r\n")
            assert body == half
        with raw.accept()[0] as fresh:
            assert heard(fresh, half) == head + b"\r\n\r\n" + half
            client.send(half)
            assert heard(fresh, half) == half
            fresh.sendall(whole({"second": 2}))
            assert client.read_answer()[1] == b'{"second": 2}'
    row = row_of(serve, "second")
    assert (row["outcome"], row["request_bytes"]) == ("answered", 2 * len(half))


def fill(sock: socket.socket) -> None:
    """Sends until nothing more has gone out for a while: all buffers are full."""
    while select.select([], [sock], [], 0.3)[1]:
        sock.send(b"f" * 1_000_000)


def drain(sock: socket.socket) -> None:
    with contextlib.suppress(ConnectionError):
        while sock.recv(1_000_000):
            pass


def test_a_client_that_closes_within_its_request_is_gone(serve, raw):
    with Raw(serve.port) as client:
        client.send(BIG % (b"half-request", 1000) + b"x" * 500)
        with raw.accept()[0] as sock:
            heard(sock, b"x" * 500)
            client.sock.shutdown(socket.SHUT_WR)
            assert closes(sock)
        assert client.read_all() == b""
    assert row_of(serve, "half-request")["outcome"] == "client_left"


def test_a_client_that_leaves_a_tunnel_ends_it(serve, raw):
    client = Raw(serve.port)
    client.send(
        b"GET /v1/responses HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
        b"User-Agent: tunnel\r\nUpgrade: websocket\r\n\r\n"
    )
    with raw.accept()[0] as sock:
        heard(sock, b"\r\n\r\n")
        sock.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\n\r\n"
        )
        client.read_until(b"\r\n\r\n")
        reset(client)
        assert closes(sock)
    assert row_of(serve, "tunnel")["tunnel_down_bytes"] == 0


def test_a_provider_that_falls_silent_is_timed_out(tmp_path, provider):
    config = (
        f"providers: {{anthropic: {{base_url: '{provider.url}', "
        "http_client: {timeout_secs: 1}}}\n"
    )
    with (
        Serve(tmp_path, "", config=config) as serve,
        Raw(serve.port) as before,
        Raw(serve.port) as within,
    ):
        before.send(post(ask("head", stream=True)))
        within.send(post(ask("mid", stream=True)))
        head, body = before.read_answer()
        assert head.startswith(b"HTTP/1.1 504 ")
        assert json.loads(body)["error"]["type"] == "timeout_error"
        assert within.read_all() == b"".join(HALF)  # and then the end: a cut
        assert provider.closed.wait(CEILING)
        assert {row["outcome"] for row in serve.recorded(2)} == {"timed_out"}


def test_after_a_half_close_and_its_grace_the_silent_provider_is_let_go(
    serve, half_closed
):
    client, sock = half_closed
    assert closes(sock)
    assert client.read_all() == b""  # no last chunk
    assert row_of(serve, "grace-over")["outcome"] == "client_left"
