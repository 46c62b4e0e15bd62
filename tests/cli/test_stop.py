"""`lunaroute stop`: everything under way is finished and kept."""

import subprocess

from tests.kit import BIN, Raw, ask, post


def test_a_stream_is_finished_and_recorded(behind, provider):
    behind.run("env", "--port", "0")
    server = behind.server()
    with Raw(int(server.url.rpartition(":")[2])) as client:
        client.send(post(ask("gated", stream=True)))
        client.read_until(b"event: ping")
        stop = subprocess.Popen(
            [str(BIN / "lunaroute"), "stop"],
            env=behind.environment(),
            stderr=subprocess.PIPE,
            text=True,
        )
        # It is said that it waits, and for what.
        assert "finishing what is under way" in stop.stderr.readline()
        assert behind.server().stopping
        provider.gate.set()
        client.read_until(b"message_stop")
    assert f"stopped: process {server.pid}" in stop.stderr.read()
    assert stop.wait() == 0
    stop.stderr.close()
    assert behind.servers() == []
    assert '"success": true' in behind.run("sessions", "list", "--json").stdout
    again = behind.run("stop")
    assert again.returncode == 0
    assert "nothing to stop" in again.stderr


def test_at_once_cuts_and_says_so(behind):
    behind.run("env", "--port", "0")
    server = behind.server()
    with Raw(int(server.url.rpartition(":")[2])) as client:
        client.send(post(ask("gated", stream=True)))
        client.read_until(b"event: ping")
        done = behind.run("stop", "--now")
    assert done.returncode == 0
    assert "1 exchange(s) were cut; they are recorded as interrupted" in done.stderr
    assert behind.servers() == []
