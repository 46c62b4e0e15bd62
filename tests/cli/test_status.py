"""`lunaroute status`."""

import json

import pytest

from lunaroute.cli.status import Condition, Recorded, exit_code, lines, size_of
from lunaroute.running import Server
from tests.kit import Raw, ask, post, until


def test_it_tells_what_runs_and_its_exit_code_does_too(behind):
    down = behind.run("status")
    assert down.returncode == 3
    assert "does not run; `lunaroute env`" in down.stdout
    behind.run("env", "--port", "0")
    server = behind.server()
    with Raw(int(server.url.rpartition(":")[2])) as client:
        client.send(post(ask()))
        client.read_answer()

    def told() -> dict:
        done = behind.run("status", "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    found = until(lambda: (now := told())["sessions_today"] and now, "a session")
    assert found["running"]
    assert found["sessions_today"] == 1
    assert found["database_bytes"] > 0
    assert found["sessions_bytes"] > 0
    (one,) = found["servers"]
    assert one["url"] == server.url
    assert one["state"] in ("ready", "degraded")
    shown = behind.run("status").stdout
    assert f"address    {server.url}\n" in shown
    assert f"process    {server.pid}, since " in shown
    assert "today      1 session\n" in shown


def server(**more) -> Server:
    values = {"pid": 7, "home": "/h", "started_at": 0.0, "version": "1"}
    return Server(**{**values, "url": "http://127.0.0.1:1", **more})


@pytest.mark.parametrize(
    ("state", "code", "words"),
    [
        ("ready", 0, "runs and forwards"),
        ("degraded", 0, "something is wrong"),
        ("stopping", 1, "is stopping"),
        ("silent", 1, "does not answer; `lunaroute restart`"),
    ],
)
def test_each_state_in_words(tmp_path, state, code, words):
    conditions = [Condition(server(recording=True), state, ("disk\nfull",), None, None)]
    text = "\n".join(lines(tmp_path, conditions, Recorded(None, None, None)))
    assert exit_code(conditions) == code
    assert words in text
    assert "trouble    disk full" in text
    assert "the recorder does not answer" in text
    assert "today" not in text


def test_a_recorder_that_starts_is_no_trouble(tmp_path):
    why = ("the recorder has not connected yet",)
    conditions = [Condition(server(recording=True), "degraded", why, None, None)]
    text = "\n".join(lines(tmp_path, conditions, Recorded(None, None, None)))
    assert "runs and forwards; its recorder is starting" in text
    assert "trouble" not in text


def test_the_figures_in_words(tmp_path):
    told = server(
        recording=True,
        addresses=("0.0.0.0:1",),
        config="/c.yaml",
        log="/l",
        page="http://p",
    )
    conditions = [Condition(told, "ready", (), 1, 2048)]
    text = "\n".join(lines(tmp_path, conditions, Recorded(1200, 999, 12_345_678)))
    for words in (
        "(listens on 0.0.0.0:1)",
        "/c.yaml",
        "http://p",
        "1 exchange under way or waiting to be recorded (2.0 kB)",
        "1,200 sessions",
        "999 B session files, 12.3 MB database",
        "days)",
    ):
        assert words in text
    off = [Condition(server(), "ready", (), None, None)]
    assert "recording  off" in "\n".join(lines(tmp_path, off, Recorded(0, 0, 0)))


def test_the_size_of_a_tree(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "x").write_bytes(b"12345")
    (tmp_path / "a" / "b" / "y").write_bytes(b"123")
    assert size_of(tmp_path) == 8
    assert size_of(tmp_path / "none") == 0
