"""What comes out is what went in: random bodies, odd heads, unusual orders."""

import hashlib
import random
import socket
import threading

import pytest

from tests.kit import CEILING, Raw, Serve, ask, post
from tests.provider import Cut, Provider, Reset, chunk, whole

SEED = 20261021
OK = b"HTTP/1.1 200 OK\r\n"


def noise(size: int, seed: int = 0) -> bytes:
    return random.Random(SEED + seed).randbytes(size)


class Mirror(Provider):
    """Answers by the request's path, whatever its body; ``next`` overrules it once."""

    def __init__(self) -> None:
        self.next = None
        super().__init__()

    def answer(self, seen):
        if self.next is not None:
            script, self.next = self.next, None
            yield from script(seen)
        else:
            yield whole({})


@pytest.fixture(scope="module")
def provider():
    made = Mirror()
    yield made
    made.close()


@pytest.fixture(scope="module")
def serve(provider, tmp_path_factory):
    with Serve(tmp_path_factory.mktemp("exact"), provider.url) as running:
        yield running


def answers(
    provider: Mirror, *parts: bytes, end: type[Exception] | None = None
) -> None:
    """Lets the provider answer the next request so."""

    def script(seen):
        yield from parts
        if end is not None:
            raise end

    provider.next = script


def chunks(body: bytes, seed: int = 0) -> bytes:
    """``body`` in chunks of random sizes, some with extensions."""
    source = random.Random(SEED + seed)
    framed = b""
    while body:
        size = source.randint(1, 20_000)
        part, body = body[:size], body[size:]
        extension = source.choice([b"", b"", b";a=b", b' ; q="x;y"'])
        framed += b"%x%s\r\n%s\r\n" % (len(part), extension, part)
    return framed + b"0\r\n"


CODINGS = [b"", b"Content-Encoding: zstd\r\n", b"Content-Encoding: gzip\r\n"]


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [1, 70_001, 2_000_003])
def test_random_bodies_pass_both_ways(serve, provider, size, chunked, coding):
    """Nobody looks inside, whatever the head says of it."""
    up, down = noise(size, 1), noise(size, 2)

    def framed(body: bytes, seed: int) -> bytes:
        if chunked:
            head = b"Transfer-Encoding: chunked\r\n\r\n"
            return coding + head + chunks(body, seed) + b"\r\n"
        return coding + b"Content-Length: %d\r\n\r\n" % len(body) + body

    answer = OK + framed(down, 3)
    answers(provider, answer[:70], answer[70:])
    sent = framed(up, 4)
    with Raw(serve.port) as client:
        writer = threading.Thread(
            target=client.send,
            args=(b"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\n" + sent,),
        )
        writer.start()
        got = b""
        while len(got) < len(answer):
            more = client.sock.recv(1 << 20)
            assert more
            got += more
        writer.join()
    assert hashlib.sha256(got).digest() == hashlib.sha256(answer).digest()
    assert provider.seen[-1].body == sent.partition(b"\r\n\r\n")[2]


def test_an_odd_answer_head_passes_as_it_is(serve, provider):
    answer = (
        b"HTTP/1.1 200 Tout va bien, caf\xc3\xa9 \xff\r\n"
        b"SET-Cookie: a=1; Path=/\r\n"
        b"x-latin: caf\xe9\r\n"
        b"set-cookie: b=2\r\n"
        b"X-Twice: 1\r\n"
        b"content-LENGTH:  2 \r\n"
        b"x-Twice: 1\r\n"
        b"X-Empty:\r\n"
        b"X-Tabs:\ta\tb\t\r\n"
        b"Set-Cookie: c=3\r\n"
        b"\r\n{}"
    )
    answers(provider, answer)
    with Raw(serve.port) as client:
        client.send(post(ask()))
        assert client.read_until(b"{}") == answer


def test_an_odd_request_head_passes_as_it_is(serve, provider):
    lines = [
        b"POST /v1/messages?a=1&a=1&b=%C3%A9&c&d=;x HTTP/1.1",
        b"HOST: 127.0.0.1:%d" % provider.port,
        b"cookie: a=1",
        b"X-Latin: caf\xe9",
        b"COOKIE: b=2; c=3",
        b"X-Tabs:\ta\tb",
        b"x-twice: 1",
        b"X-Twice: 1",
        b"Content-Length: 2",
    ]
    with Raw(serve.port) as client:
        client.send(b"\r\n".join(lines) + b"\r\n\r\n{}")
        client.read_answer()
    assert provider.seen[-1].head.split(b"\r\n")[:-2] == lines


HINTS = (
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n",
    b"HTTP/1.1 102 Processing\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </b>; rel=preload\r\n\r\n",
)


@pytest.mark.parametrize("apart", [False, True])
def test_informational_answers_pass_before_the_final_one(serve, provider, apart):
    final = whole({"a": "final one"})
    answers(provider, *(HINTS if apart else (b"".join(HINTS),)), final)
    with Raw(serve.port) as client:
        client.send(post(ask()))
        assert client.read_until(b"final one") == (b"".join(HINTS) + final)[:-2]


def test_an_http10_client_is_told_nothing_before_the_final_one(serve, provider):
    final = whole({"a": "final one"})
    answers(provider, *HINTS, final)
    with Raw(serve.port) as client:
        client.send(b"POST /v1/messages HTTP/1.0\r\nContent-Length: 0\r\n\r\n")
        got = client.read_all()
    assert got.startswith(b"HTTP/1.1 200 ")
    assert got.endswith(b'{"a": "final one"}')


def test_a_client_that_expects_100_continue_waits_for_the_providers(tmp_path):
    """It is the provider who says to go on, and the body goes only then."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(CEILING)
        port = listener.getsockname()[1]
        with (
            Serve(tmp_path, f"http://127.0.0.1:{port}") as serve,
            Raw(serve.port) as client,
        ):
            client.send(
                b"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n"
                b"Expect: 100-continue\r\n\r\n"
            )
            with listener.accept()[0] as sock:
                head = sock.recv(65536)
                assert b"\r\nExpect: 100-continue\r\n" in head
                assert head.endswith(b"\r\n\r\n")
                sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                assert (
                    client.read_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
                )
                client.send(b"body")
                assert sock.recv(65536) == b"body"
                sock.sendall(whole({}))
                client.read_answer()


def test_trailers_pass_and_the_connection_goes_on(serve, provider):
    answer = (
        OK
        + b"Trailer: X-Sum, X-T\r\nTransfer-Encoding: chunked\r\n\r\n"
        + chunks(noise(50_000))
        + b"X-Sum: caf\xe9\r\nX-T: 1\r\n\r\n"
    )
    answers(provider, answer)
    with Raw(serve.port) as client:
        client.send(post(ask()))
        assert client.read_until(b"X-T: 1\r\n\r\n") == answer
        client.send(post(ask()))
        assert client.read_answer()[1] == b"{}"


def test_an_http10_client_gets_the_payload_alone(serve, provider):
    body = noise(300_000)
    framed = chunks(body) + b"X-T: 1\r\n\r\n"
    head = OK + b"Trailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n"
    answers(
        provider, head, *(framed[at : at + 9973] for at in range(0, len(framed), 9973))
    )
    with Raw(serve.port) as client:
        client.send(b"POST /v1/messages HTTP/1.0\r\nContent-Length: 0\r\n\r\n")
        head, _, got = client.read_all().partition(b"\r\n\r\n")
    assert got == body
    assert b"trailer" not in head.lower()
    assert b"chunked" not in head.lower()


def test_a_random_answer_that_ends_with_the_connection_passes(serve, provider):
    body = noise(400_000)
    answers(provider, OK + b"\r\n", body[:9], body[9:], end=Cut)
    with Raw(serve.port) as client:
        client.send(post(ask()))
        assert client.read_all().partition(b"\r\n\r\n")[2] == body


def drain(sock: socket.socket) -> None:
    while sock.recv(65536):
        pass


@pytest.mark.parametrize(
    ("version", "head", "end"),
    [
        (b"1.0", b"Transfer-Encoding: chunked\r\n\r\n" + chunk(b"half"), Cut),
        (b"1.0", b"Transfer-Encoding: chunked\r\n\r\n" + chunk(b"half"), Reset),
        (
            b"1.0",
            b"Transfer-Encoding: chunked\r\n\r\n" + chunk(b"half") + b"!\r\n",
            Cut,
        ),
        (b"1.1", b"\r\nhalf", Reset),
    ],
)
def test_a_cut_answer_that_only_the_connection_ends_is_a_reset(
    serve, provider, version, head, end
):
    """A clean end of file would tell these clients that all is well."""
    read = threading.Event()

    def script(seen):
        yield OK + head[:-3]
        assert read.wait(CEILING)
        yield head[-3:]
        raise end

    provider.next = script
    with Raw(serve.port) as client:
        client.send(b"POST /v1/messages HTTP/%s\r\nHost: localhost\r\n" % version)
        client.send(b"Content-Length: 0\r\n\r\n")
        client.read_until(b"\r\n\r\n")
        read.set()
        with pytest.raises(ConnectionResetError):
            drain(client.sock)


def test_an_early_answer_streams_while_the_request_still_comes(serve, provider):
    """Its end is the exchange's; what the client still sends is read and dropped."""
    early = OK + b"Transfer-Encoding: chunked\r\n\r\n"
    parts = [chunk(b"part %d" % number) for number in range(5)]
    asked = threading.Event()

    class Early(Mirror):
        def _serve(self, sock, number):
            head = b""
            while not head.endswith(b"x" * 100):
                head += sock.recv(65536)
            sock.sendall(early)
            for part in parts:
                assert asked.wait(CEILING)
                asked.clear()
                sock.sendall(part)
            sock.sendall(b"0\r\n\r\n")
            sock.recv(65536)
            sock.close()

    made = Early()
    try:
        with (
            Serve(serve.home / "early", made.url) as running,
            Raw(running.port) as client,
        ):
            client.send(
                b"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"
            )
            client.send(b"x" * 100)
            assert client.read_until(b"\r\n\r\n") == early
            for part in parts:
                client.send(b"x" * 100)
                asked.set()
                assert client.read_until(part) == part
            assert client.read_until(b"0\r\n\r\n") == b"0\r\n\r\n"
            client.send(b"x" * 100)
            assert client.read_all() == b""
            (row,) = running.recorded(1)
            assert row["outcome"] == "answered"
    finally:
        made.close()
