"""What passes through does not stay: the gateway's memory under big and slow bodies."""

import contextlib
import hashlib
import json
import re
import socket
import time
from pathlib import Path

import pytest

from tests.asker import RESET
from tests.kit import CEILING, Raw, Serve, ask, post, until
from tests.provider import STREAM_HEAD, Provider, chunk, whole

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="needs /proc"
)

MB = 1024 * 1024
BUFFER_MB = 4  # the tap's own bound
PIECE = bytes(range(256)) * 4096
LONGER = PIECE + PIECE[:256]
ANSWER_MB = 1024
REQUEST_MB = 100
STREAMS = 50


class Lake(Provider):
    """Has more water than anybody can drink; forgets what was poured into it."""

    def answer(self, seen):
        if seen.marker == "lake":
            yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (ANSWER_MB * MB)
            for _ in range(ANSWER_MB):
                yield PIECE
        elif seen.marker == "stream":
            yield STREAM_HEAD
            yield from [chunk(b"data: " + b"x" * 100_000 + b"\n\n")] * 100
            yield b"0\r\n\r\n"
        elif seen.marker == "gated":
            seen.body = b""
            yield STREAM_HEAD
            assert self.gate.wait(CEILING)
            yield b"0\r\n\r\n"
        else:
            digest = hashlib.sha256(seen.body).hexdigest()
            size, seen.body = len(seen.body), b""
            yield whole({"size": size, "sha256": digest})


class Memory:
    """The gateway's resident memory in bytes; its peak counts from ``__init__`` on."""

    def __init__(self, pid: int) -> None:
        self._place = Path(f"/proc/{pid}")
        (self._place / "clear_refs").write_text("5")  # proc(5): the peak begins anew
        self._before = self._read("VmRSS")

    def grown(self) -> int:
        """The growth of the peak."""
        return self._read("VmHWM") - self._before

    def _read(self, name: str) -> int:
        status = (self._place / "status").read_text()
        return int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) * 1024


@pytest.fixture(scope="module")
def lake():
    made = Lake()
    yield made
    made.close()


@pytest.fixture(scope="module")
def serve(lake, tmp_path_factory):
    config = (
        f"providers: {{anthropic: {{base_url: '{lake.url}'}}}}\n"
        f"session_recording: {{max_body_mb: 1, buffer_mb: {BUFFER_MB}}}\n"
    )
    with Serve(tmp_path_factory.mktemp("memory"), "", config=config) as running:
        with Raw(running.port) as client:  # everything is loaded now
            client.send(post(ask()))
            client.read_answer()
        yield running


def test_a_huge_answer_leaves_nothing_behind(serve):
    memory = Memory(serve.child("gateway"))
    buffer = bytearray(MB)
    received = 0
    with Raw(serve.port) as client:
        client.send(post(ask("lake"), User_Agent="lake"))
        client.read_until(b"\r\n\r\n")
        received += len(client.data)
        assert PIECE.startswith(client.data[: len(PIECE)])
        while received < ANSWER_MB * MB:
            size = client.sock.recv_into(buffer)
            assert size, "cut short"
            # The pieces repeat every 256 bytes, so each place's bytes are known.
            start = received % 256
            assert buffer[:size] == LONGER[start : start + size]
            received += size
    assert memory.grown() < (20 + BUFFER_MB) * MB
    (row,) = until(lambda: rows(serve, "lake"), "the record")
    assert row["answer_bytes"] == ANSWER_MB * MB
    assert row["answer_truncated"]


def test_a_huge_request_leaves_nothing_behind(serve):
    memory = Memory(serve.child("gateway"))
    body = b'{"model": "m", "filler": "%s"}' % (b"f" * (REQUEST_MB * MB - 1000))
    with Raw(serve.port) as client:
        client.send(post(body, User_Agent="upload"))
        _, answer = client.read_answer()
    digest = hashlib.sha256(body).hexdigest()
    assert json.loads(answer) == {"size": len(body), "sha256": digest}
    assert memory.grown() < (20 + BUFFER_MB) * MB
    (row,) = until(lambda: rows(serve, "upload"), "the record")
    assert row["request_bytes"] == len(body)


def test_requests_do_not_stay_while_their_answers_stream(serve, lake):
    body = ask("gated", stream=True)[:-1] + b', "f": "%s"}' % (b"f" * 900_000)
    memory = Memory(serve.child("gateway"))
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Raw(serve.port)) for _ in range(STREAMS)]
        for client in clients:
            client.send(post(body, User_Agent="held"))
            client.read_until(b"\r\n\r\n")
        assert memory.grown() < BUFFER_MB * MB + STREAMS * 256 * 1024
        lake.gate.set()
        for client in clients:
            client.read_until(b"0\r\n\r\n")
    until(lambda: len(rows(serve, "held")) == STREAMS, "the records")


def test_slow_readers_hold_little(serve):
    """What a reader has not taken waits at the provider, not here."""
    memory = Memory(serve.child("gateway"))
    with contextlib.ExitStack() as stack:
        readers = [stack.enter_context(reader(serve.port)) for _ in range(STREAMS)]
        for _ in range(2):
            for sock in readers:
                assert sock.recv(1)
            time.sleep(1)  # the readers' pace is what is tested
            assert memory.grown() < BUFFER_MB * MB + STREAMS * 256 * 1024
        for sock in readers:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    found = until(lambda: (r := rows(serve, "slow"))[STREAMS - 1 :] and r, "records")
    assert {row["outcome"] for row in found} == {"client_left"}
    assert all(row["answer_bytes"] < 100 * 100_000 for row in found)  # it had to wait


@contextlib.contextmanager
def reader(port: int):
    sock = socket.socket()
    with sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", port))
        sock.sendall(post(ask("stream", stream=True), User_Agent="slow"))
        yield sock


def rows(serve: Serve, agent: str) -> list[dict]:
    return [row for row in serve.rows() if row["user_agent"] == agent]
