"""Answers that no provider should give, and what the client gets of them."""

import itertools
import json
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import h11
import pytest

from tests.kit import CEILING, Raw, Serve, ask, post, until
from tests.provider import Cut, Provider, anthropic_events, chunk, whole

OK = b"HTTP/1.1 200 OK\r\n"
EMPTY = whole({})
SMUGGLED = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"


@pytest.fixture(scope="module")
def provider():
    made = Provider()
    yield made
    made.close()


@pytest.fixture(scope="module")
def serve(provider, tmp_path_factory):
    with Serve(tmp_path_factory.mktemp("upstreams"), provider.url) as running:
        yield running


NUMBERS = itertools.count()


class Exchange:
    """One scripted exchange and what followed it on the same client's connection."""

    def __init__(self, provider: Provider, client: Raw, *parts: bytes) -> None:
        self._provider = provider
        self._client = client
        self._marker = f"u{next(NUMBERS)}"
        self._parts = parts
        self.sent = threading.Event()
        provider.scripts[self._marker] = self._play

    def _play(self, seen):
        yield from self._parts
        self.sent.set()

    def ask(self, method: bytes = b"POST", fields: bytes = b"") -> bytes:
        """The head of what comes first; a body stays with the client."""
        request = post(ask(self._marker), User_Agent=self._marker)
        line, _, rest = request.removeprefix(b"POST").partition(b"\r\n")
        self._client.send(method + line + b"\r\n" + fields + rest)
        return self._client.read_until(b"\r\n\r\n")

    def rows(self, serve: Serve) -> list[dict]:
        return [row for row in serve.rows() if row["user_agent"] == self._marker]

    @property
    def connection(self) -> int:
        return next(
            seen.connection
            for seen in reversed(self._provider.seen)
            if seen.marker == self._marker
        )


FAULTY = {
    "both framings": OK + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"
    b"4\r\nevil\r\n0\r\n\r\n",
    "two lengths": OK + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nevil!",
    "a list of lengths": OK + b"Content-Length: 4, 4\r\n\r\nevil",
    "a signed length": OK + b"Content-Length: +4\r\n\r\nevil",
    "a length beyond all measure": OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
    "a coding beside chunked": OK
    + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "an unknown coding": OK + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "an unasked 101": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n"
    b"Connection: Upgrade\r\n\r\nevil",
    "a flood of 103": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 40 + EMPTY,
    "a flood of fields": OK + b"X: y\r\n" * 100_000 + b"Content-Length: 0\r\n\r\n",
    "a field without end": OK + b"X: " + b"y" * 600_000,
    "CR in a value": OK + b"X: a\rSet-Cookie: evil=1\r\nContent-Length: 0\r\n\r\n",
    "LF in a value": OK + b"X: a\nSet-Cookie: evil=1\r\nContent-Length: 0\r\n\r\n",
    "NUL in a value": OK + b"X: a\x00b\r\nContent-Length: 0\r\n\r\n",
    "CR in the reason": b"HTTP/1.1 200 O\rK\r\nContent-Length: 0\r\n\r\n",
    "NUL in the reason": b"HTTP/1.1 200 O\x00K\r\nContent-Length: 0\r\n\r\n",
    "a folded line": OK + b"X: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    "a space before the colon": OK + b"Content-Length : 4\r\n\r\nevil",
    "no HTTP": b"220 smtp.example ESMTP\r\n\r\n",
    "another version": b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "a bad chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n-4\r\nevil\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("name", FAULTY)
def test_an_answer_that_is_none_becomes_a_502(serve, provider, name):
    with Raw(serve.port) as client:
        exchange = Exchange(provider, client, FAULTY[name])
        head = exchange.ask()
        while head.startswith(b"HTTP/1.1 103 "):
            head = client.read_until(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 502 ")
        client.data = head + client.data
        _, body = client.read_answer()
        assert json.loads(body)["error"]["type"] == "api_error"
        assert b"evil" not in head + body
        # Nothing of it is left for who comes next, on either side.
        after = Exchange(provider, client, EMPTY)
        assert after.ask() == EMPTY[:-2]
        assert after.connection != exchange.connection


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
@pytest.mark.parametrize("late", [False, True])
def test_a_body_where_none_may_be_goes_nowhere(serve, provider, status, late):
    bare = b"HTTP/1.1 %s\r\nETag: x\r\n\r\n" % status
    check_bodiless(serve, provider, b"POST", bare, late)


@pytest.mark.parametrize("late", [False, True])
def test_a_body_after_a_head_request_goes_nowhere(serve, provider, late):
    bare = OK + b"Content-Length: %d\r\n\r\n" % len(SMUGGLED)
    check_bodiless(serve, provider, b"HEAD", bare, late)


def check_bodiless(serve, provider, method, bare, late):
    """``SMUGGLED`` where a body would be is not the answer to the next request."""
    parts = (bare, SMUGGLED) if late else (bare + SMUGGLED,)
    with Raw(serve.port) as client:
        exchange = Exchange(provider, client, *parts)
        assert exchange.ask(method) == bare
        assert exchange.sent.wait(CEILING)
        after = Exchange(provider, client, EMPTY)
        assert after.ask() == EMPTY[:-2]
        assert client.read_until(b"{}") == b"{}"
        assert after.connection != exchange.connection


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"Content-Length: 5\r\n\r\nwhole",
        OK + b"Content-Length: 0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(b"whole") + b"0\r\n\r\n",
    ],
)
def test_bytes_after_the_answer_go_nowhere(serve, provider, answer):
    with Raw(serve.port) as client:
        exchange = Exchange(provider, client, answer + SMUGGLED)
        head = exchange.ask()
        client.data = head + client.data
        got = b"".join(client.read_answer())
        assert got == answer
        after = Exchange(provider, client, EMPTY)
        assert after.ask() == EMPTY[:-2]
        assert after.connection != exchange.connection


def test_a_connection_that_behaves_is_used_again(serve, provider):
    """The counterpart of all the above."""
    with Raw(serve.port) as client:
        first = Exchange(provider, client, EMPTY)
        assert first.ask() == EMPTY[:-2]
        client.read_until(b"{}")
        second = Exchange(provider, client, EMPTY)
        assert second.ask() == EMPTY[:-2]
        assert second.connection == first.connection


@pytest.mark.parametrize("status", [b"200", b"299", b"418", b"599", b"999"])
def test_any_final_status_passes_as_it_is(serve, provider, status):
    answer = b"HTTP/1.1 %s Of its own\r\nContent-Length: 2\r\n\r\n{}" % status
    with Raw(serve.port) as client:
        head = Exchange(provider, client, answer).ask()
        assert head + client.read_until(b"{}") == answer


def test_an_answer_without_a_reason_passes(serve, provider):
    answer = b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n{}"
    with Raw(serve.port) as client:
        head = Exchange(provider, client, answer).ask()
        assert head + client.read_until(b"{}") == answer


def test_the_version_is_the_proxys_own(serve, provider):
    """RFC 9110 6.2: what an HTTP/1.0 provider says is forwarded as HTTP/1.1."""
    with Raw(serve.port) as client:
        old = b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"
        exchange = Exchange(provider, client, old)
        assert exchange.ask().startswith(b"HTTP/1.1 200 OK\r\n")
        assert client.read_until(b"{}") == b"{}"
        after = Exchange(provider, client, EMPTY)
        after.ask()
        assert after.connection != exchange.connection


@pytest.mark.parametrize("name", ["both framings", "an unasked 101", "NUL in a value"])
def test_the_record_says_what_was_wrong(serve, provider, name):
    with Raw(serve.port) as client:
        exchange = Exchange(provider, client, FAULTY[name])
        exchange.ask()
    (row,) = until(lambda: exchange.rows(serve), "the record")
    assert (row["outcome"], row["status"]) == ("upstream_cut", 502)
    assert "provider" in row["error_text"]


def test_an_upgrade_that_was_not_passed_on_is_not_accepted(serve, provider):
    """Only WebSockets are offered to the provider; another 101 is unasked."""
    answer = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    with Raw(serve.port) as client:
        exchange = Exchange(provider, client, answer)
        assert exchange.ask(
            fields=b"Connection: Upgrade\r\nUpgrade: h2c\r\n"
        ).startswith(b"HTTP/1.1 502 ")


def test_an_informational_head_is_for_this_hop_too(serve, provider):
    """RFC 9110 7.6.1 knows no exception for 1xx."""
    hints = b"HTTP/1.1 103 Early Hints\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nLink: </a>\r\n\r\n"
    with Raw(serve.port) as client:
        head = Exchange(provider, client, hints + EMPTY).ask()
        assert head == b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        assert client.read_until(b"{}") == EMPTY


@pytest.mark.parametrize("field", [b"Transfer-Encoding: chunked", b"Content-Length: 5"])
def test_a_204_has_no_framing(serve, provider, field):
    """RFC 9110 8.6, RFC 9112 6.1: a sender must not, and readers differ on it."""
    answer = b"HTTP/1.1 204 No Content\r\nETag: x\r\n%s\r\n\r\n" % field
    with Raw(serve.port) as client:
        head = Exchange(provider, client, answer).ask()
        assert head == b"HTTP/1.1 204 No Content\r\nETag: x\r\n\r\n"


MUTATIONS = 300


def verdict(data: bytes) -> tuple[str, int, bytes]:
    """What h11 makes of all of it: whole or not, status and body of the final answer."""
    judge = h11.Connection(h11.CLIENT)
    judge.send(h11.Request(method="POST", target="/", headers=[("Host", "x")]))
    judge.send(h11.EndOfMessage())
    status, body = 0, b""
    try:
        for part in (data, b""):
            judge.receive_data(part)
            while (event := judge.next_event()) is not h11.NEED_DATA:
                if isinstance(event, h11.Response):
                    status = event.status_code
                elif isinstance(event, h11.Data):
                    body += event.data
                elif isinstance(event, h11.EndOfMessage):
                    rest = judge.trailing_data[0]
                    return ("whole and more" if rest else "whole"), status, body
    except h11.RemoteProtocolError:
        pass
    return "broken", status, body


def mutated(source: random.Random) -> bytes:
    """One of three good answers with something done to it."""
    events = [chunk(event) for event in anthropic_events(False)]
    chunked = b"Transfer-Encoding: chunked\r\n\r\n"
    data = OK + source.choice(
        [
            chunked + b"".join(events) + b"0\r\n\r\n",
            chunked + chunk(b"one") + chunk(b"two") + b"0\r\nX-T: 1\r\n\r\n",
            b"Content-Type: a/b\r\nContent-Length: 11\r\n\r\nhello world",
        ]
    )
    head = data.index(b"\r\n\r\n") + 4
    for _ in range(source.randint(1, 2)):
        at = source.randrange(source.choice([head, len(data)]))
        end = at + source.randint(1, 4)
        new = source.choice(
            [
                b"",
                source.randbytes(1),
                data[at:end] * 2,
                b"\r\n",
                b"\n",
                b"0",
                b" ",
                b":",
            ]
        )
        data = data[:at] + new + data[source.choice([at, end]) :]
    return data[: source.choice([len(data)] * 3 + [source.randrange(len(data))])]


def test_no_damage_makes_an_answer_look_whole_that_is_not(serve, provider):
    """h11 judges what the provider sent and what the client got: the two agree, but
    for what we refuse with a 502. Seeded, so it is the same every time.
    """
    source = random.Random(9112)
    with ThreadPoolExecutor(4) as pool:
        answers = [mutated(source) for _ in range(MUTATIONS)]
        got = list(pool.map(lambda answer: asked(serve, provider, answer), answers))
    passed = 0
    for sent, received in zip(answers, got, strict=True):
        end, status, body = verdict(received)
        if status == 502:
            assert end == "whole"
            continue
        expected = verdict(sent)
        if expected[0] == "broken":
            assert end == "broken", (sent, received)
        else:
            assert (end, status, body) == ("whole", *expected[1:]), (sent, received)
            passed += 1
    assert passed > MUTATIONS / 10  # a third is refused, a third cut, a third passes
    assert "fault of our own" not in serve.stderr


def asked(serve: Serve, provider: Provider, answer: bytes) -> bytes:
    """Everything that a client gets of that answer, to the end of its connection."""
    marker = f"u{next(NUMBERS)}"

    def script(seen):
        yield answer
        raise Cut

    provider.scripts[marker] = script
    with Raw(serve.port) as client:
        client.send(post(ask(marker), Connection="close"))
        return client.read_all()
