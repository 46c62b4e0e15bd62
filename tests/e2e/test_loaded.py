"""What the processes load: the short list that gateway and supervisor may not."""

import json
import os
import signal
import socket
import subprocess
import sys

import pytest

from lunaroute.cli._main import COMMANDS
from tests.kit import BIN, CEILING, Raw, ask, clean_environment, post

GATEWAY_MAY_NOT = {
    "apsw",
    "prometheus_client",
    "orjson",
    "pydantic",
    "yaml",
    "click",
    "rich",
    "zstandard",
    "brotli",
    "ahocorasick",
    "starlette",
    "hypercorn",
    "lunaroute.store",
    "lunaroute.recording",
    "lunaroute.dialects",
    "lunaroute.observer",
    "lunaroute.config",
}
SUPERVISOR_MAY_NOT = GATEWAY_MAY_NOT | {"h11", "lunaroute.gateway", "lunaroute.wire"}
TELL = "import sys; print('\\n'.join(sys.modules), flush=True)"


def loaded(text: str) -> set[str]:
    return set(text.split())


def test_a_running_gateway_has_loaded_nothing_it_may_not(provider):
    """The test is the supervisor here: it starts the gateway's own body."""
    ours, theirs = socket.socketpair()
    listener = socket.create_server(("127.0.0.1", 0))
    code = (
        "import sys; from lunaroute.gateway import run; run(int(sys.argv[1]));" + TELL
    )
    with ours, theirs, listener:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", code, str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdout=subprocess.PIPE,
            text=True,
        )
        options = {
            "log_level": "info",
            "log_format": "text",
            "dialects": ["anthropic"],
            "providers": [
                {
                    "name": "anthropic",
                    "dialect": "anthropic",
                    "base_url": provider.url,
                    "api_key": None,
                    "api_key_policy": None,
                    "http_client": {
                        "timeout_secs": 600,
                        "connect_timeout_secs": 10,
                        "pool_max_idle_per_host": 32,
                        "pool_idle_timeout_secs": 90,
                        "tcp_keepalive_secs": 60,
                        "max_retries": 3,
                        "enable_pool_metrics": True,
                        "proxy": None,
                    },
                }
            ],
            "tap": {"max_body_bytes": 1, "buffer_bytes": 1 << 20, "overflow": "shed"},
        }
        start = {
            "op": "start",
            "fds": 1,
            "options": options,
            "worker": 0,
            "workers": 1,
            "drain_seconds": 5,
            "commit_seconds": 0.1,
        }
        line = json.dumps(start).encode() + b"\n"
        socket.send_fds(ours, [line], [listener.fileno()])
        assert b'"ready"' in ours.recv(1000)
        with Raw(listener.getsockname()[1]) as client:
            client.send(post(ask(stream=True)))
            client.read_answer()
        ours.sendall(b'{"op": "drain", "fds": 0, "seconds": 5}\n')
        out, _ = process.communicate(timeout=CEILING)
    modules = loaded(out)
    assert "lunaroute.gateway" in modules
    assert modules & GATEWAY_MAY_NOT == set()


def test_a_running_supervisor_has_loaded_nothing_it_may_not(tmp_path, provider):
    code = (
        "import sys; from lunaroute import supervisor;"
        "code = supervisor.main(sys.argv[1:]);" + TELL
    )
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", code, json.dumps({"port": 0}), "{}"],
        env=clean_environment(tmp_path),
        stdout=subprocess.PIPE,
        text=True,
    )
    for line in process.stdout:
        if "OPENAI_BASE_URL" in line:
            break
    os.kill(process.pid, signal.SIGTERM)
    out, _ = process.communicate(timeout=CEILING)
    modules = loaded(out)
    assert "lunaroute.supervisor" in modules
    assert modules & SUPERVISOR_MAY_NOT == set()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_the_group_loads_no_command(tmp_path, arguments):
    code = (
        "import sys; from lunaroute.cli import main\n"
        f"try: main({arguments})\n"
        "except SystemExit: pass\n" + TELL
    )
    out = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    modules = loaded(out)
    assert not modules & {f"lunaroute.cli.{name}" for name in COMMANDS}
    assert not modules & {"rich", "trio", "apsw", "pydantic"}


def test_both_entry_points_are_installed():
    for name in ("lunaroute", "lunaroute-server"):
        out = subprocess.run(
            [str(BIN / name), "--version"], capture_output=True, text=True, check=True
        )
        assert out.stdout.startswith("lunaroute ")
        compiled = not os.environ.get("LUNAROUTE_PURE_PYTHON")
        assert ("compiled" in out.stdout) == compiled
