"""`eval $(lunaroute env)`, as a person types it."""

import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from lunaroute.cli._launch import Found
from lunaroute.cli.env import remarks
from lunaroute.running import Server
from tests.kit import BIN, Raw, ask, post, until


def test_one_line_starts_it_and_leads_a_shell_to_it(behind):
    script = """
eval $(lunaroute-server env --port 0)
echo "$?|$ANTHROPIC_BASE_URL|$OPENAI_BASE_URL"
eval $(lunaroute env)
echo "$?|$ANTHROPIC_BASE_URL|$OPENAI_BASE_URL"
"""
    environment = behind.environment(PATH=f"{BIN}:{os.environ['PATH']}")
    done = subprocess.run(
        ["sh", "-c", script], env=environment, capture_output=True, text=True
    )
    server = behind.server()
    line = f"0|{server.url}|{server.url}/v1\n"
    assert done.stdout == line * 2
    first, second = done.stderr.split("# LunaRoute already runs on")
    assert f"# LunaRoute server started on {server.url}" in first
    assert f"{server.url} (process {server.pid})" in second
    assert all(line.startswith("#") for line in done.stderr.splitlines())
    # What it starts has no terminal to lose, and is found by the words of its line.
    assert os.getsid(server.pid) == server.pid
    with Raw(int(server.url.rpartition(":")[2])) as client:
        client.send(post(ask()))
        assert client.read_answer()[0].startswith(b"HTTP/1.1 200")
    found = subprocess.run(
        ["pgrep", "-f", "lunaroute-server serve"], capture_output=True, text=True
    ).stdout
    assert str(server.pid) in found.split()
    os.kill(server.pid, signal.SIGTERM)  # what pkill does
    until(lambda: not behind.servers(), "its end")
    shown = behind.run("sessions", "list", "--json")
    assert '"request_count": 1' in shown.stdout


def test_two_at_once_start_one_and_both_lead_to_it(behind):
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda _: behind.run("env", "--port", "0"), range(3)))
    server = behind.server()
    assert [each.returncode for each in done] == [0, 0, 0], done
    assert {each.stdout.splitlines()[0] for each in done} == {
        f"export ANTHROPIC_BASE_URL={server.url}"
    }
    assert sum("server started on" in each.stderr for each in done) == 1


def test_a_server_that_does_not_start_exports_nothing_and_says_why(behind):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = behind.run("env", "--port", port)
        assert (done.returncode, done.stdout) == (1, "")
        assert "lunaroute: not started: cannot listen on 127.0.0.1 port" in done.stderr
    done = behind.run("env", "--config", "no/such.yaml")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no/such.yaml" in done.stderr
    bad = behind.home.parent / "bad.yaml"
    bad.write_text("prot: 1\nhost: nowhere\n")
    done = behind.run("env", "--config", str(bad))
    assert done.returncode == 1
    assert "prot: unknown key" in done.stderr
    assert "host: expected an IP address" in done.stderr


def test_all_options_arrive_a_relative_file_too_and_the_address_is_the_real_one(
    behind, monkeypatch
):
    behind.home.mkdir()
    (behind.home / "my.yaml").write_text("port: 0\napi_dialect: openai\n")
    monkeypatch.chdir(behind.home)
    done = behind.run("env", "--config", "my.yaml", "--no-recording", "--shell", "fish")
    server = behind.server()
    assert server.flags == {
        "config": str(behind.home / "my.yaml"),
        "no_recording": True,
    }
    assert not server.recording
    assert done.stdout == f"set -gx OPENAI_BASE_URL {server.url}/v1;\n"
    assert (server.config, server.directory) == (
        str(behind.home / "my.yaml"),
        str(behind.home),
    )


def test_an_address_for_all_has_a_token_and_is_reached_by_loopback(behind):
    arguments = ("env", "--host", "0.0.0.0", "--port", "0")
    done = behind.run(*arguments)
    server = behind.server()
    assert (
        f"export ANTHROPIC_BASE_URL=http://127.0.0.1:{server.url[-5:]}" in done.stdout
    )
    kept = behind.home / "token"
    token = kept.read_text().strip()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert len(token) >= 32
    assert f"{socket.gethostname()}:{server.url[-5:]}/t/{token}/v1" in done.stderr
    assert "x-lunaroute-token" in done.stderr
    # It runs already: the same token is said again, and no start makes another one.
    assert token in behind.run(*arguments).stderr
    assert token not in behind.log()
    assert token not in str(server)


def server(**more) -> Server:
    values = {"pid": 7, "home": "/h", "started_at": 0.0, "version": "1"}
    return Server(**{**values, "url": "http://127.0.0.1:1", **more})


@pytest.mark.parametrize(
    ("told", "given", "words"),
    [
        ({"dialects": ("openai",)}, {}, "openai_base_url = "),
        ({"page": "http://127.0.0.1:2"}, {}, "Web UI available at http://127.0.0.1:2"),
        ({"exposed": True, "remote": "allowed"}, {}, "need no token"),
        ({"exposed": True, "remote": "token"}, {}, "the token that you have set"),
        (
            {"exposed": True, "remote": "token", "token_file": "/no/such"},
            {},
            "cannot be read",
        ),
        ({"flags": {}}, {"workers": 2}, "started without --workers 2"),
    ],
)
def test_what_is_said_besides(told, given, words):
    assert words in "\n".join(remarks(Found(server(**told), is_new=False), given))


@pytest.mark.parametrize("given", [{}, {"port": 1}, {"workers": 2}])
def test_options_that_it_has_are_not_called_without_effect(given):
    told = server(addresses=("127.0.0.1:1",), flags={"workers": 2})
    assert "without" not in "\n".join(remarks(Found(told, is_new=False), given))


def test_what_a_running_server_costs_is_no_library():
    """The way to a server that runs loads nothing that takes long."""
    program = (
        "import sys; import lunaroute.cli.env; "
        "print([m for m in ('pydantic', 'trio', 'apsw', 'rich', 'yaml', 'orjson', "
        "'lunaroute.config', 'http.client', 'asyncio') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True
    )
    assert done.stdout == "[]\n", done.stderr
