"""A command finds the running recorder, or does the work with its lock."""

import fcntl
import json
import os
import socket
import threading
from contextlib import contextmanager

import pytest

from lunaroute.cli._upkeep import perform
from lunaroute.errors import StoreError
from lunaroute.upkeep import Contact, leave_contact, lock_path
from tests.upkeep.kit import fill, site


@contextmanager
def recorder(place, answer):
    """Holds the lock and answers one request on a Unix socket."""
    place.home.mkdir(exist_ok=True)
    descriptor = os.open(lock_path(place.home), os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    heard = []
    with socket.socket(socket.AF_UNIX) as listener:
        path = str(place.home / "x.sock")
        listener.bind(path)
        listener.listen()
        leave_contact(descriptor, Contact(path, "word"))

        def serve():
            connection, _ = listener.accept()
            with connection:
                text = b""
                while b"}" not in text:
                    text += connection.recv(65_536)
                heard.append(text)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield heard
        finally:
            thread.join()
            os.close(descriptor)


def reply(*messages, status="200 OK"):
    lines = b"".join(json.dumps(message).encode() + b"\n" for message in messages)
    return b"HTTP/1.1 %s\r\ncontent-length: %d\r\n\r\n%s" % (
        status.encode(),
        len(lines),
        lines,
    )


def test_the_recorder_is_asked(tmp_path):
    place, said = site(tmp_path), []
    with recorder(place, reply({"progress": "a"}, {"result": {"n": 1}})) as heard:
        assert perform(place, {"task": "x"}, said.append) == {"n": 1}
    assert said == ["a"]
    (text,) = heard
    assert text.startswith(b"POST /upkeep HTTP/1.1\r\n")
    assert b"lunaroute-upkeep: word\r\n" in text
    assert text.endswith(b'{"task": "x"}')


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (reply({"error": "disk full"}), "disk full"),
        (reply({"error": {"message": "not you"}}, status="403 X"), "not you"),
        (reply({"progress": "a"}), "ended before it had finished"),
        (b"", "did not answer"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n", "recorder"),
    ],
)
def test_what_went_wrong_is_said(tmp_path, answer, words):
    place = site(tmp_path)
    with recorder(place, answer), pytest.raises(StoreError, match=words):
        perform(place, {"task": "x"}, lambda _: None)


def test_with_the_lock_when_none_runs(tmp_path):
    place, said = site(tmp_path), []
    fill(place, [0])
    task = {"task": "cleanup", "dry_run": True}
    assert perform(place, task, said.append)["items"] == []
    assert said == ["looking at what is there"]


def test_one_that_is_gone_is_waited_for_and_the_lock_taken(tmp_path):
    place = site(tmp_path)
    fill(place, [0])
    descriptor = os.open(lock_path(place.home), os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    leave_contact(descriptor, Contact(str(place.home / "gone.sock"), "word"))
    threading.Timer(0.2, os.close, [descriptor]).start()
    task = {"task": "cleanup", "dry_run": True}
    assert perform(place, task, lambda _: None)["dry_run"]
