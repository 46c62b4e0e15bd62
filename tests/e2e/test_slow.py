"""A thousand slow clients take nothing away from the fast ones."""

import contextlib
import itertools
import json
import os
import resource
import select
import selectors
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.asker import RESET
from tests.kit import Raw, Serve, ask, post, until
from tests.provider import whole

SLOW = {"head": 480, "body": 470, "reader": 50}
SLOW_REQUEST = post(ask("slow"))
ENOUGH = 4 * sum(SLOW.values())  # descriptors, in the proxy and here


@pytest.fixture
def many_descriptors():
    """Raises our own limit, which the proxy inherits, and the threads' number with it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < ENOUGH:
        pytest.skip(f"this system allows {hard} descriptors only")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, ENOUGH), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class SlowClients(threading.Thread):
    """All of them in one thread: one byte a second each."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.rounds = 0
        self.lost: list[str] = []
        self.socks: dict[socket.socket, str] = {}
        self.left: dict[socket.socket, memoryview] = {}
        self._over = threading.Event()
        for kind, number in SLOW.items():
            for _ in range(number):
                self._connect(port, kind)

    def _connect(self, port: int, kind: str) -> None:
        sock = socket.socket()
        if kind == "reader":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", port))
        request = post(ask("huge")) if kind == "reader" else SLOW_REQUEST
        begun = {"head": 10, "body": len(request) - 50, "reader": len(request)}[kind]
        sock.sendall(request[:begun])
        sock.setblocking(False)
        self.socks[sock] = kind
        self.left[sock] = memoryview(request)[begun:]

    def run(self) -> None:
        while not self._over.wait(1):
            for sock, kind in self.socks.items():
                self._crawl(sock, kind)
            self.rounds += 1

    def _crawl(self, sock: socket.socket, kind: str) -> None:
        try:
            if kind == "reader":
                with contextlib.suppress(BlockingIOError):
                    if not sock.recv(1):
                        self.lost.append(kind)
            else:
                sent = sock.send(self.left[sock][:1])
                self.left[sock] = self.left[sock][sent:]
        except OSError as error:
            self.lost.append(f"{kind}: {error}")

    def stop(self) -> None:
        self._over.set()
        self.join()

    def finish(self) -> int:
        """Lets all but the readers end their requests; how many were answered."""
        waiting = selectors.DefaultSelector()
        for sock, kind in self.socks.items():
            if kind != "reader":
                sock.setblocking(True)
                sock.sendall(self.left[sock])
                waiting.register(sock, selectors.EVENT_READ)
        answered = 0
        deadline = time.monotonic() + 30
        while waiting.get_map() and time.monotonic() < deadline:
            for key, _ in waiting.select(1):
                answered += key.fileobj.recv(65536).startswith(b"HTTP/1.1 200 ")
                waiting.unregister(key.fileobj)
        waiting.close()
        return answered

    def close(self) -> None:
        for sock in self.socks:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            sock.close()


def fast(serve: Serve, until_round, marker: str) -> tuple[int, int]:
    """Asks as fast as it can until then; how often, and how often it failed."""
    asked = failed = 0
    while not until_round():
        with Raw(serve.port) as client:
            for _ in range(5):
                client.send(post(ask(marker)))
                head, body = client.read_answer()
                asked += 1
                good = head.startswith(b"HTTP/1.1 200 ")
                failed += not good or json.loads(body) != {"is": marker}
        time.sleep(0.01)  # two cores are shared by all of us
    return asked, failed


def open_in(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_fast_clients_are_served_beside_a_thousand_slow_ones(
    many_descriptors, tmp_path, provider
):
    huge = [whole({"x": "y" * 3_500_000})]
    provider.scripts["huge"] = lambda seen: huge
    provider.scripts["slow"] = lambda seen: [whole({"is": "slow"})]
    for marker in ("a", "b"):
        provider.scripts[marker] = lambda seen: [whole({"is": seen.marker})]
    config = (
        f"providers: {{anthropic: {{base_url: '{provider.url}'}}}}\n"
        "session_recording: {max_body_mb: 1}\n"
    )
    with Serve(tmp_path, "", config=config) as serve:
        gateway = serve.child("gateway")
        at_rest = open_in(gateway)
        held = at_rest + sum(SLOW.values()) + SLOW["body"] + SLOW["reader"]
        slow = SlowClients(serve.port)
        until(
            lambda: open_in(gateway) >= held,
            "all slow clients' connections and their providers'",
        )
        slow.start()
        with ThreadPoolExecutor(2) as pool:
            rounds = itertools.repeat(lambda: slow.rounds >= 3)
            results = list(pool.map(fast, itertools.repeat(serve), rounds, ("a", "b")))
        slow.stop()
        assert slow.lost == []
        assert [failed for _, failed in results] == [0, 0]
        assert all(asked >= 5 for asked, _ in results)
        assert slow.finish() == SLOW["head"] + SLOW["body"]
        slow.close()
        pooled = 32
        until(lambda: open_in(gateway) <= at_rest + pooled + 1, "the descriptors")


def processor_seconds(pid: int) -> float:
    """What a process has used so far, in both modes (proc(5): stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux")
def test_without_descriptors_it_waits_quietly_and_comes_back(serve, provider):
    gateway = serve.child("gateway")
    limit = open_in(gateway) + 20
    resource.prlimit(gateway, resource.RLIMIT_NOFILE, (limit, limit))
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(Raw(serve.port)) for _ in range(60)]
        until(lambda: "cannot accept" in serve.stderr, "the complaint")
        waiting = stack.enter_context(Raw(serve.port))
        waiting.send(post(ask()))
        used = processor_seconds(gateway)
        assert not select.select([waiting.sock], [], [], 1)[0]
        assert processor_seconds(gateway) - used < 0.3
        for client in idle:
            client.sock.close()
        head, _ = waiting.read_answer()
        assert head.startswith(b"HTTP/1.1 200 ")
