"""Starts in the background: what is found, what is waited for, what is told of failures."""

import os
import socket
import threading

import pytest

from lunaroute.cli._launch import (
    NotStartedError,
    answering,
    answers,
    ensure,
    serving,
    sole_start,
)
from lunaroute.running import Announcement, Server


@pytest.fixture
def environ(tmp_path):
    return {
        "LUNAROUTE_HOME": str(tmp_path / "home"),
        "XDG_RUNTIME_DIR": str(tmp_path),
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
    }


@pytest.fixture
def tell(tmp_path):
    """Announces servers that are none."""
    made = []
    (tmp_path / "home").mkdir()

    def announce(port: int, **more) -> Server:
        told = Server(
            **{
                "pid": 1000 + len(made),
                "home": str(tmp_path / "home"),
                "started_at": float(len(made)),
                "version": "1",
                "url": f"http://127.0.0.1:{port}",
                "addresses": (f"127.0.0.1:{port}",),
                **more,
            }
        )
        made.append(Announcement(tmp_path / "home", {}))
        made[-1].tell(told)
        return told

    yield announce
    for each in made:
        each.withdraw()


def test_the_server_at_the_port_is_meant_else_the_first(environ, tell):
    assert serving(environ, {}) is None
    first, second = tell(81), tell(82)
    assert serving(environ, {}) == first
    assert serving(environ, {"port": 82}) == second
    assert serving(environ, {"port": 83}) == first  # a home has one that records
    assert serving(environ, {"port": 83, "no_recording": True}) is None
    assert serving(environ, {"port": 82, "no_recording": True}) == second


def test_one_that_stops_is_none_any_more(environ, tell):
    tell(81, stopping=True)
    assert serving(environ, {}) is None


@pytest.mark.parametrize(
    ("said", "is_one"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", True),
        (b"HTTP/1.1 503 No\r\n\r\n", False),
        (b"SSH-2.0-OpenSSH\r\n", False),
        (b"", False),
    ],
)
def test_only_a_gateway_answers(said, is_one):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def answer() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.recv(4096)
                peer.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        told = Server(1, "/h", 0.0, "1", f"http://127.0.0.1:{port}")
        assert answers(told, 60.0) is is_one
        thread.join()
    assert not answers(told, 60.0)


def test_a_server_that_does_not_answer_is_said_and_not_exported(environ, tell):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    told = tell(port)
    with pytest.raises(NotStartedError, match=r"process 1000 .*lunaroute restart"):
        answering(told)
    with pytest.raises(NotStartedError, match="does not answer"):
        ensure({}, environ)


def test_one_start_at_a_time(environ, tmp_path):
    order = []

    def second() -> None:
        with sole_start(environ):
            order.append("second")

    thread = threading.Thread(target=second)
    with sole_start(environ):
        thread.start()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert list((tmp_path / "home").iterdir()) == []


def test_a_home_that_cannot_be_made_is_no_reason_to_wait(environ, tmp_path):
    (tmp_path / "file").write_text("")
    with sole_start({**environ, "LUNAROUTE_HOME": str(tmp_path / "file" / "x")}):
        pass


def test_a_home_that_cannot_be_written_is_said(environ, tmp_path):
    (tmp_path / "file").write_text("")
    environ = {**environ, "LUNAROUTE_HOME": str(tmp_path / "file" / "x")}
    with pytest.raises(NotStartedError, match=r"cannot record into .*LUNAROUTE_HOME"):
        ensure({"port": 0}, environ)
    (log,) = tmp_path.glob("lunaroute-*/serve.log")
    assert "cannot record into" in log.read_text()


def test_a_server_that_crashes_at_its_start_is_quoted(environ, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "lunaroute.cli._launch.supervisor_command",
        lambda *_: ["sh", "-c", "echo it broke; echo here >&2; exit 3"],
    )
    with pytest.raises(NotStartedError, match=r"(?s)ended at once.*it broke\nhere"):
        ensure({}, environ)
