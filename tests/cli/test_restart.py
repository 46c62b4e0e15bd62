"""`lunaroute restart`: another server at the same place, nothing lost."""

import json

import pytest

from lunaroute.cli.restart import new_flags
from lunaroute.running import Server
from tests.kit import Raw, ask, post, until


def test_the_new_one_serves_while_the_old_one_finishes(behind, provider):
    started = behind.run("restart", "--port", "0", "--log-level", "debug")
    old = behind.server()
    assert (started.returncode, old.url in started.stderr) == (0, True)  # none ran
    wrong = behind.run("restart", "--host", "nowhere")
    assert wrong.returncode == 2
    assert "nothing was changed: --host: expected an IP address" in wrong.stderr
    assert behind.server() == old
    port = int(old.url.rpartition(":")[2])
    with Raw(port) as client:
        client.send(post(ask("gated", stream=True, session="s1")))
        client.read_until(b"event: ping")
        done = behind.run("restart", "--workers", "2")
        assert done.returncode == 0, done.stderr
        new, stopping = behind.servers()
        assert (new.url, new.stopping) == (old.url, False)
        assert (stopping.pid, stopping.stopping) == (old.pid, True)
        assert new.flags == {"port": port, "log_level": "debug", "workers": 2}
        assert f"serves on {new.url} (process {new.pid})" in done.stderr
        assert f"process {old.pid} finishes what is under way" in done.stderr
        with Raw(port) as other:
            other.send(post(ask(session="s2")))
            assert other.read_answer()[0].startswith(b"HTTP/1.1 200")
        provider.gate.set()
        client.read_until(b"message_stop")
    until(lambda: len(behind.servers()) == 1, "the old one's end")

    def both() -> bool:
        sessions = json.loads(behind.run("sessions", "list", "--json").stdout or "[]")
        return {one["session_id"]: one["success"] for one in sessions} == {
            "s1": True,
            "s2": True,
        }

    until(both, "both sessions, whole")


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
