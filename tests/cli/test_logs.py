"""`lunaroute logs`."""

import json
import signal
import subprocess
from contextlib import closing

import pytest

from lunaroute.cli.logs import NoLogError, log_path
from lunaroute.running import Server
from tests.kit import BIN, CEILING, clean_environment, until
from tests.provider import Provider


def test_the_log_of_the_server_in_the_background_and_what_is_added(behind):
    none = behind.run("logs")
    assert (none.returncode, none.stdout) == (1, "")
    assert "there is no log yet" in none.stderr
    behind.run("env", "--port", "0")
    server = behind.server()
    shown = behind.run("logs")
    assert f"process {server.pid} starts\n" in shown.stdout
    assert f"serves on {server.url}\n" in shown.stdout
    assert behind.run("logs", "-n", "0").stdout == ""
    follower = subprocess.Popen(
        [str(BIN / "lunaroute"), "logs", "-f", "-n", "1"],
        env=behind.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert (
        follower.stdout.readline()
        == f"  export OPENAI_BASE_URL={server.url}/v1\n".encode()
    )
    with (behind.home / "serve.log").open("a") as log:
        log.write("more \x1b[2J\n")
    assert follower.stdout.readline() == "more \N{REPLACEMENT CHARACTER}[2J\n".encode()
    follower.send_signal(signal.SIGINT)
    rest, errors = follower.communicate()
    assert (follower.returncode, rest, errors) == (0, b"\n", b"")
    behind.run("stop")
    assert f"process {server.pid} starts\n" in behind.run("logs").stdout


def test_a_reader_that_has_enough_is_no_error(behind):
    behind.home.mkdir()
    (behind.home / "serve.log").write_text("a line\n" * 100_000)
    done = subprocess.run(
        f"{BIN}/lunaroute logs -n 100000 | head -1",
        shell=True,
        env=behind.environment(),
        capture_output=True,
    )
    assert (done.stdout, done.stderr) == (b"a line\n", b"")


def test_a_server_in_the_foreground_has_its_terminal(monkeypatch):
    told = Server(7, "/h", 0.0, "1", "http://x:1")
    monkeypatch.setattr("lunaroute.cli.logs.running", lambda _: [told])
    with pytest.raises(NoLogError, match=r"process 7 says everything on its own"):
        log_path()


def test_a_log_that_may_not_be_read_is_said(behind):
    (behind.home / "serve.log").mkdir(parents=True)
    done = behind.run("logs")
    assert done.returncode == 1
    assert f"lunaroute: {behind.home}/serve.log: Is a directory" in done.stderr


def test_a_log_in_json_is_json_from_its_first_line_on(tmp_path):
    log = tmp_path / "log"
    variables = {"LUNAROUTE_LOG_FORMAT": "json"}
    with closing(Provider()) as provider:
        arguments = ("--log-file", str(log), "--no-recording")
        command = [BIN / "lunaroute", "serve", "--port", "0", *arguments]
        environment = clean_environment(
            tmp_path / "home", LUNAROUTE_ANTHROPIC_BASE_URL=provider.url, **variables
        )
        process = subprocess.Popen(command, env=environment)
        try:
            until(
                lambda: log.exists() and "serves on" in log.read_text(),
                "the start lines",
            )
            process.terminate()
            assert process.wait(CEILING) == 0
        finally:
            process.kill()
            process.wait()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert lines[0]["message"].endswith(f"process {process.pid} starts")
    assert {line["logger"] for line in lines} == {"lunaroute.supervisor"}
