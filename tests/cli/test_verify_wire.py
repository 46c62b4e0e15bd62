"""Both ends without anything between them, and with something that changes bytes."""

import socket
import threading
from contextlib import closing, contextmanager

import pytest

from lunaroute.cli import _verify_wire
from lunaroute.cli._verify_cases import Places, generated
from lunaroute.cli._verify_wire import RecordingProvider, play


@contextmanager
def relay(port, change):
    """A proxy that knows no HTTP and passes on what ``change`` makes of it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source, target, way):
        with source, target:
            try:
                while data := source.recv(65536):
                    target.sendall(change(data, way))
                target.shutdown(socket.SHUT_WR)
            except OSError:
                return

    def accept():
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", port))
            for pair in ((near, far, "up"), (far, near, "down")):
                # Each direction has its own descriptors: one may end before the other.
                ends = (pair[0].dup(), pair[1].dup(), pair[2])
                threading.Thread(target=pump, args=ends, daemon=True).start()
            near.close()
            far.close()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def cases(provider, count=24):
    # No Host is replaced here, nor is anything said of the connection's end.
    found = generated(count, 3, Places(provider.url, provider.url))
    return [case for case in found if case.up or not case.closes]


def test_the_same_without_a_proxy():
    with closing(RecordingProvider()) as provider:
        verdicts = play(provider.url, provider, cases(provider))
    assert len(verdicts) > 10
    assert all(each.request_is_same and each.answer_is_same for each in verdicts)


@pytest.mark.parametrize("way", ["up", "down"])
def test_a_changed_byte_is_seen(way, monkeypatch):
    monkeypatch.setattr(_verify_wire, "SILENCE_SECONDS", 5.0)

    def change(data, where):
        return data.replace(b"X-Twice", b"x-twice") if where == way else data

    with (
        closing(RecordingProvider()) as provider,
        relay(int(provider.url.rpartition(":")[2]), change) as url,
    ):
        sent = cases(provider)
        verdicts = play(url, provider, sent)
    touched = [
        b"X-Twice" in (case.request if way == "up" else case.answer) for case in sent
    ]
    assert any(touched)
    same = [
        each.request_is_same if way == "up" else each.answer_is_same
        for each in verdicts
    ]
    assert same == [not each for each in touched]


def test_nobody_answers():
    with closing(RecordingProvider()) as provider:
        one = cases(provider)[:1]
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        (verdict,) = play(f"http://127.0.0.1:{port}", provider, one)
    assert verdict.trouble == "Connection refused"
    assert not verdict.request_is_same
