"""`lunaroute restart`: another server at the same place, nothing refused or lost."""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lunaroute.cli import restart
from lunaroute.cli.restart import asked, in_the_way, new_flags
from lunaroute.running import Server
from tests.kit import Raw, ask, post, until


class Asking:
    """A client that asks all the time, each time anew or on one connection as long as
    it is kept; ``failures`` has whatever was not a whole answer.
    """

    def __init__(self, port: int, *, kept: bool) -> None:
        self.answered = 0
        self.failures: list[str] = []
        self._port, self._kept = port, kept
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def _ask(self) -> None:
        with contextlib.ExitStack() as open_now:
            client = None
            while not self._over.is_set():
                try:
                    client = client or open_now.enter_context(Raw(self._port))
                    client.send(post(ask(session="asking")))
                    head, _ = client.read_answer()
                    assert head.startswith(b"HTTP/1.1 200"), head
                    self.answered += 1
                    if not self._kept or b"connection: close" in head.lower():
                        open_now.close()
                        client = None
                except (OSError, AssertionError) as error:
                    self.failures.append(repr(error))
                    client = None
                self._over.wait(0.01)

    def more(self) -> bool:
        """Once it has been answered three times from now on."""
        seen = self.answered
        return bool(until(lambda: self.answered > seen + 2, "further answers"))


@contextlib.contextmanager
def asking(port: int) -> Iterator[list[Asking]]:
    clients = [Asking(port, kept=kept) for kept in (False, True)]
    for each in clients:
        each._thread.start()
    try:
        yield clients
    finally:
        for each in clients:
            each._over.set()
        for each in clients:
            each._thread.join()


def test_the_new_one_serves_while_the_old_one_finishes(behind, provider):
    started = behind.run("restart", "--port", "0", "--log-level", "debug")
    old = behind.server()
    assert (started.returncode, old.url in started.stderr) == (0, True)  # none ran
    wrong = behind.run("restart", "--host", "nowhere")
    assert wrong.returncode == 2
    assert "nothing was changed: --host: expected an IP address" in wrong.stderr
    assert behind.server() == old
    port = int(old.url.rpartition(":")[2])
    with asking(port) as clients, Raw(port) as client:
        client.send(post(ask("gated", stream=True, session="s1")))
        client.read_until(b"event: ping")
        assert all(each.more() for each in clients)
        done = behind.run("restart", "--workers", "2")
        assert done.returncode == 0, done.stderr
        assert "refused" not in done.stderr
        new, stopping = behind.servers()
        assert (new.url, new.stopping) == (old.url, False)
        assert (stopping.pid, stopping.stopping) == (old.pid, True)
        assert new.flags == {"port": port, "log_level": "debug", "workers": 2}
        assert f"serves on {new.url} (process {new.pid})" in done.stderr
        assert f"process {old.pid} finishes what is under way" in done.stderr
        assert str(new.pid) in (behind.home / "serve.lock").read_text()
        assert all(each.more() for each in clients)
        with Raw(port) as other:
            other.send(post(ask(session="s2")))
            assert other.read_answer()[0].startswith(b"HTTP/1.1 200")
        provider.gate.set()
        client.read_until(b"message_stop")
    assert [each.failures for each in clients] == [[], []]
    until(lambda: len(behind.servers()) == 1, "the old one's end")
    asked_for = sum(each.answered for each in clients)

    def whole() -> bool:
        sessions = json.loads(behind.run("sessions", "list", "--json").stdout or "[]")
        return {
            one["session_id"]: (one["request_count"], one["success"])
            for one in sessions
        } == {"s1": (1, True), "s2": (1, True), "asking": (asked_for, True)}

    until(whole, "every exchange, whole")
    assert "Traceback" not in behind.log()


def test_a_start_that_fails_changes_nothing_and_an_order_to_stop_still_waits(
    behind, provider
):
    behind.run("env", "--port", "0")
    old = behind.server()
    port = int(old.url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", 0)) as taken:
        elsewhere = str(taken.getsockname()[1])
        failed = behind.run("restart", "--port", elsewhere)
    assert failed.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {elsewhere}" in failed.stderr
    assert behind.server() == old
    assert str(old.pid) in (behind.home / "serve.lock").read_text()
    with Raw(port) as client:
        client.send(post(ask("gated", stream=True, session="s1")))
        client.read_until(b"event: ping")
        # An older server has no door: its port is free for a moment.
        Path(old.door).unlink()
        done = behind.run("restart")
        assert done.returncode == 0, done.stderr
        assert "does not hand over its sockets: connections are refused" in done.stderr
        new, stopping = behind.servers()
        assert (new.url, stopping.pid) == (old.url, old.pid)
        # What finishes already is not told a second time: that would cut it.
        threading.Timer(0.0, provider.gate.set).start()
        assert behind.run("stop").returncode == 0
        client.read_until(b"message_stop")
    assert behind.servers() == []


def test_at_once_cuts_what_the_old_one_has(behind):
    behind.run("env", "--port", "0")
    old = behind.server()
    with Raw(int(old.url.rpartition(":")[2])) as client:
        client.send(post(ask("gated", stream=True)))
        client.read_until(b"event: ping")
        done = behind.run("restart", "--now")
    assert done.returncode == 0, done.stderr
    new = behind.server()
    assert (new.url, new.pid == old.pid) == (old.url, False)


def test_a_server_that_does_not_answer_is_not_waited_for_long(tmp_path, monkeypatch):
    monkeypatch.setattr(restart, "HANDOVER_SECONDS", 0.05)
    door = str(tmp_path / "door")
    old = Server(1, "/h", 0.0, "1", "http://127.0.0.1:81", door=door)
    assert asked(replace(old, door="")) is None
    assert asked(old) is None
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(door)
        listener.listen()
        assert asked(old) is None


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([("127.0.0.1", 81), ("127.0.0.1", 82)], ""),
        ([("localhost", 81)], ""),
        ([("0.0.0.0", 83), ("::1", 0)], ""),
        ([("0.0.0.0", 81)], "listens at port 81 of another address"),
        ([("127.0.0.1", 81), ("::1", 82)], "listens at port 82 of another address"),
    ],
)
def test_a_port_of_another_address_has_to_be_free_first(places, expected):
    old = Server(
        1,
        "/h",
        0.0,
        "1",
        "http://127.0.0.1:81",
        ("127.0.0.1:81", "[::1]:81"),
        page="http://127.0.0.1:82",
    )
    assert in_the_way(old, places) == expected


@pytest.mark.parametrize(
    ("had", "given", "expected"),
    [
        (None, {"port": 0}, {"port": 0}),
        ({"port": 0}, {}, {"port": 81}),
        ({"port": 0}, {"port": 0}, {"port": 0}),
        ({"port": 82, "no_ui": True}, {"port": 83}, {"port": 83, "no_ui": True}),
        ({}, {}, {}),
    ],
)
def test_which_options_it_has(had, given, expected):
    old = Server(1, "/h", 0.0, "1", "http://127.0.0.1:81", flags=had)
    assert new_flags(None if had is None else old, given) == expected
