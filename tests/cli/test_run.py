"""`lunaroute run CLIENT`: the client as it is, with everything set."""

import os
import pty
import signal
import stat
import subprocess
import sys

import pytest
from click.testing import CliRunner

from lunaroute.cli._ask import unrecorded
from lunaroute.cli._clients import known
from lunaroute.cli._launch import Found
from lunaroute.cli.run import closing_line, command, run_client
from lunaroute.running import Server
from tests.kit import BIN, until

# Speaks as Claude Code does, by the variables that it is given.
CLAUDE = f"""#!{sys.executable}
import json, os, sys, urllib.request
body = {{"model": "claude-sonnet-4-6", "max_tokens": 9,
        "messages": [{{"role": "user", "content": sys.argv[1]}}]}}
request = urllib.request.Request(
    os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages", json.dumps(body).encode(),
    {{"user-agent": "claude-cli/2.1 (external, cli)", "x-api-key": "dummy",
     "content-type": "application/json",
     "x-claude-code-session-id": "5f0c1a52-7d1e-4c0b-9f55-0c2a3d9be111"}})
urllib.request.urlopen(request).read()
print("said", *sys.argv[1:])
sys.exit(7)
"""

# Takes standard input as the terminal that its session obeys, then becomes the command.
OWN_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


@pytest.fixture
def claude(tmp_path):
    """A directory with a `claude` in it."""
    program = tmp_path / "bin" / "claude"
    program.parent.mkdir()
    program.write_text(CLAUDE)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def test_the_client_gets_all_and_gives_its_exit_code_back(behind, claude):
    path = f"{claude.parent}:{os.environ['PATH']}"
    first = behind.run("run", "--port", "0", "sh", "-c", "exit 3")
    server = behind.server()
    assert first.returncode == 3
    assert first.stderr.startswith(f"lunaroute: started on {server.url}\n")
    until(lambda: unrecorded(server) is not None, "the recorder")
    done = behind.run("run", "claude", "hello", "--help", PATH=path)
    assert (done.returncode, done.stdout) == (7, "said hello --help\n")
    (closing,) = done.stderr.splitlines()  # it ran already
    assert closing.startswith("lunaroute: since ")
    assert " Claude Code: 1 turn, " in closing
    assert " tokens, $" in closing
    where = "lunaroute sessions show 5f0c1a52-7d1e-4c0b-9f55-0c2a3d9be111"
    assert closing.endswith(f"; {where}")
    assert behind.run(*where.split()[1:]).returncode == 0
    other = behind.run("run", "sh", "-c", "exit 4")
    assert other.returncode == 4
    assert "nothing of sh came through the proxy; `lunaroute doctor`" in other.stderr


def test_ctrl_c_is_the_clients(behind):
    """In a terminal of its own: the client decides, and we go on until it is done."""
    behind.run("env", "--port", "0")
    ours, theirs = pty.openpty()
    script = "trap 'echo caught; exit 4' INT; echo ready; while :; do sleep 0.05; done"
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            OWN_TERMINAL,
            BIN / "lunaroute",
            "run",
            "sh",
            "-c",
            script,
        ],
        env=behind.environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    said = b""

    def has(words: bytes) -> bool:
        nonlocal said
        try:
            said += os.read(ours, 4096)
        except OSError:
            return words in said
        return words in said

    until(lambda: has(b"ready"), "the client")
    os.write(ours, b"\x03")
    until(lambda: has(b"lunaroute: since "), "the closing line")
    assert b"caught" in said
    assert process.wait() == 4
    os.close(ours)


def test_for_a_program_that_there_is_not_no_server_is_started(behind):
    done = behind.run("run", "--port", "0", "no-such-program")
    assert done.returncode == 127
    assert done.stderr == "lunaroute: there is no program no-such-program\n"
    assert behind.servers() == []


def test_what_cannot_be_run_is_said_as_shells_do(tmp_path, capsys):
    assert run_client(["no-such-program"], os.environ) == 127
    assert capsys.readouterr().err == "lunaroute: there is no program no-such-program\n"
    (tmp_path / "plain").write_text("")
    assert run_client([str(tmp_path / "plain")], os.environ) == 126
    assert "cannot run" in capsys.readouterr().err


def test_a_server_of_no_use_is_said(monkeypatch):
    """Without starting one: a server is told of that serves another dialect."""
    told = Server(1, "/h", 0.0, "1", "http://x:1", dialects=("openai",))
    monkeypatch.setattr(
        "lunaroute.cli.run.ensure", lambda *_: Found(told, is_new=False)
    )
    monkeypatch.setattr("lunaroute.cli.run._is_there", lambda _program: True)
    done = CliRunner().invoke(command, ["claude"])
    assert done.exit_code == 1
    assert "Claude Code speaks to anthropic" in done.output
    assert "serves openai only; `lunaroute restart --dialect both`" in done.output


def test_without_a_server_the_client_is_not_started(behind, tmp_path):
    done = behind.run("run", "--config", "none.yaml", "touch", str(tmp_path / "made"))
    assert done.returncode == 1
    assert "lunaroute: not started: " in done.stderr
    assert not (tmp_path / "made").exists()


def test_a_killed_client_and_signals_that_are_handed_on():
    assert run_client(["sh", "-c", "kill -9 $$"], os.environ) == 128 + 9
    before = signal.getsignal(signal.SIGTERM)
    script = (
        f"trap 'exit 5' TERM; kill -TERM {os.getpid()}; while :; do sleep 0.05; done"
    )
    assert run_client(["sh", "-c", script], os.environ) == 5
    assert signal.getsignal(signal.SIGTERM) == before


def test_no_line_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr("lunaroute.cli._account.MOST_SECONDS", 0.1)
    off = Server(1, "/h", 0.0, "1", "http://x:1")
    assert "recording is off" in closing_line(known("claude"), off, 0.0)
    (tmp_path / "db").write_text("no database at all, but some text")
    bad = Server(1, "/h", 0.0, "1", "http://x:1", sqlite_path=str(tmp_path / "db"))
    assert "cannot be read" in closing_line(known("claude"), bad, 0.0)
