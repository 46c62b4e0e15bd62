"""The corpus of requests through a real proxy: what the client hears, and what a strict
provider behind it gets to see.

Client and provider are one loop of this test, without threads and waits: bytes that
the proxy sent before it answered are there when the answer is.
"""

import json
import re
import selectors
import socket
import time
from operator import itemgetter
from pathlib import Path

import pytest

from tests.kit import CEILING, Serve

CORPUS = Path(__file__).parents[1] / "corpora" / "http1_vectors.jsonl"
HOST = b"HTTP/1.1\r\nHost: a.test\r\n"
CHUNKED = b"POST /v1/messages " + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
SMUGGLED = b"hello\r\n0\r\n\r\nGET /smuggled " + HOST + b"\r\n"


def long_ones():
    """What is too long for a corpus that people read. All of it is refused."""
    flood = b"".join(b"X-H-%d: v\r\n" % at for at in range(5000))
    for name, data in (
        ("rl-long-target-70k", b"GET /" + b"a" * 70_000 + b" " + HOST + b"\r\n"),
        ("cn-100k-garbage", b"A" * 100_000),
        ("ch-size-huge-line", CHUNKED + b"0" * 100_000 + b"5\r\n" + SMUGGLED),
        ("ch-ext-100k", CHUNKED + b"5;" + b"a" * 100_000 + b"\r\n" + SMUGGLED),
        ("fs-header-200k", b"GET / " + HOST + b"X: " + b"x" * 200_000 + b"\r\n\r\n"),
        ("fs-5000-headers", b"GET / " + HOST + flood + b"\r\n"),
    ):
        text = data.decode("latin-1")
        yield {"name": name, "expect": "reject", "bytes": text, "forbid": ["/smuggled"]}


VECTORS = [*map(json.loads, CORPUS.read_text().splitlines()), *long_ones()]
# What the standard lets a proxy decide, and docs/http.md says: refused, or passed on.
DECIDED = {
    "cl-same-dup": "reject",
    "cl-same-list": "reject",
    "cn-expect-unknown": "accept",
    "fs-bare-lf-all": "reject",
    "rl-max-forwards-0": "own",
}
FINAL = re.compile(rb"HTTP/1\.1 ([2-5]\d\d) ")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"


class Dirty(Exception):
    """What a provider must never be sent."""


class Upstream:
    """One connection of the proxy's, read as strictly as the standard allows."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.data = b""

    def requests(self):
        """Whole requests in what has come: (head, body without its framing)."""
        while found := self._request():
            yield found

    def _request(self):
        head, end, rest = self.data.partition(b"\r\n\r\n")
        if not end:
            return None
        start, *lines = head.split(b"\r\n")
        if re.search(rb"[\r\n\0]", b"".join((start, *lines))):
            raise Dirty(f"a control character: {head!r}")
        if not re.fullmatch(rb"[\w!#$%&'*+.^`|~-]+ [!-~]+ HTTP/1\.1", start):
            raise Dirty(f"no request line: {start!r}")
        lengths = values(lines, b"content-length")
        codings = values(lines, b"transfer-encoding")
        if len(lengths) + len(codings) > 1 or len(values(lines, b"host")) != 1:
            raise Dirty(f"two framings, or not one Host: {head!r}")
        if codings:
            if codings != [b"chunked"]:
                raise Dirty(f"a coding: {codings}")
            taken = dechunked(rest)
        else:
            length = int(lengths[0]) if lengths else 0
            taken = (rest[:length], rest[length:]) if len(rest) >= length else None
        if taken is None:
            return None
        body, self.data = taken
        return head, body


def values(lines, name):
    parts = [line.split(b":", 1) for line in lines]
    return [part[1].strip().lower() for part in parts if part[0].lower() == name]


def dechunked(data):
    """The body and what follows it; None if it is not whole."""
    body = b""
    while True:
        line, end, data = data.partition(b"\r\n")
        if not end:
            return None
        size = re.fullmatch(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?", line)
        if size is None:
            raise Dirty(f"a chunk: {line!r}")
        length = int(size[1], 16)
        if not length:
            break
        if len(data) < length + 2:
            return None
        if data[length : length + 2] != b"\r\n":
            raise Dirty(f"a chunk's end: {data[length : length + 10]!r}")
        body, data = body + data[:length], data[length + 2 :]
    while True:
        line, end, data = data.partition(b"\r\n")
        if not end:
            return None
        if not line:
            return body, data


class Ends:
    """The provider's side, and the loop that plays both."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.listener.setblocking(False)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.seen: list[tuple[bytes, bytes]] = []
        self.unfinished: list[bytes] = []

    def close(self) -> None:
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()

    def run(self, port: int, data: bytes, answers: int, *, eof: bool) -> bytes:
        """All that a client hears that says ``data`` and, after so many answers (or
        at once: ``eof``), that this was all. Ends when the proxy has closed.
        """
        self.seen.clear()
        self.unfinished.clear()
        with socket.create_connection(("127.0.0.1", port), timeout=CEILING) as client:
            client.sendall(data)
            if eof:
                client.shutdown(socket.SHUT_WR)
            client.setblocking(False)
            self.selector.register(client, selectors.EVENT_READ)
            try:
                heard = self._listen(client, answers)
            finally:
                self.selector.unregister(client)
        while self._turn(client, 0):
            pass
        return heard

    def _listen(self, client: socket.socket, answers: int) -> bytes:
        heard, deadline = b"", time.monotonic() + CEILING
        while time.monotonic() < deadline:
            if not self._turn(client, 1):
                continue
            try:
                more = client.recv(65536)
            except BlockingIOError:
                continue
            except ConnectionResetError:
                return heard
            if not more:
                return heard
            heard += more
            if answers and len(FINAL.findall(heard)) == answers:
                client.shutdown(socket.SHUT_WR)
                answers = 0
        pytest.fail(f"the proxy says no more and does not close: {heard!r}")

    def _turn(self, client: socket.socket, seconds: float) -> bool:
        """Does what there is to do for the provider; false if there is nothing."""
        ready = self.selector.select(seconds)
        for key, _ in ready:
            if key.fileobj is self.listener:
                sock, _ = self.listener.accept()
                self.selector.register(sock, selectors.EVENT_READ, Upstream(sock))
            elif key.fileobj is not client:
                self._provide(key.data)
        return bool(ready)

    def _provide(self, upstream: Upstream) -> None:
        try:
            more = upstream.sock.recv(65536)
        except ConnectionResetError:
            more = b""
        if not more:
            self.selector.unregister(upstream.sock)
            upstream.sock.close()
            if upstream.data:
                self.unfinished.append(upstream.data)
            return
        upstream.data += more
        for head, body in upstream.requests():
            self.seen.append((head, body))
            is_head = head.startswith(b"HEAD ")
            upstream.sock.sendall(OK if is_head else OK + b"ok")


@pytest.fixture(scope="module")
def ends():
    made = Ends()
    yield made
    made.close()


@pytest.fixture(scope="module")
def proxy(ends, tmp_path_factory):
    environment = {"LUNAROUTE_ALLOWED_HOSTS": "a.test"}
    home = tmp_path_factory.mktemp("vectors") / "home"
    with Serve(home, ends.url, "--no-recording", environment=environment) as serve:
        yield serve


@pytest.mark.parametrize("vector", VECTORS, ids=itemgetter("name"))
def test_neither_side_is_deceived(ends, proxy, vector):
    data, name = vector["bytes"].encode("latin-1"), vector["name"]
    expect = DECIDED.get(name, vector["expect"])
    asked = {"reject": 0, "accept": vector.get("requests", 1), "own": 1}[expect]
    heard = ends.run(proxy.port, data, asked, eof="eof" in name)
    statuses = [int(status) for status in FINAL.findall(heard)]
    heads = [head.lower() for head, _ in ends.seen]
    heads += [data.lower() for data in ends.unfinished]
    for word in vector.get("forbid", ()):
        assert not [head for head in heads if word.lower().encode() in head]
    if expect == "reject":
        assert ends.seen == []
        assert statuses == [] or (len(statuses) == 1 and statuses[0] >= 400)
        assert statuses or "eof" in name
        return
    assert statuses == [200] * asked
    assert ends.unfinished == []
    assert len(ends.seen) == (asked if expect == "accept" else 0)
    if "body" in vector:
        assert ends.seen[0][1] == vector["body"].encode("latin-1")
