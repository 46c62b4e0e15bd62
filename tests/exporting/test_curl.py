"""The script is run by a shell, with a curl that says what it was given."""

import os
import shutil
import subprocess

import pytest

from lunaroute.exporting import copy_session
from lunaroute.exporting._curl import as_curl
from lunaroute.recording import Recorder
from lunaroute.store import open_store
from tests.exporting.kit import HEADERS, bodies, text_of
from tests.recording.build import SESSION, exchange, socket

# Keeps each call's arguments and input in files of its own.
CURL = """#!/bin/sh
n=$(ls "$PLACE" | wc -l)
printf '%s\\n' "$@" > "$PLACE/$n.arguments"
case " $* " in *" @- "*) cat > "$PLACE/$n.body";; esac
"""


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a shell")
def test_the_script_sends_what_was_sent(store, tmp_path):
    calls = tmp_path / "calls"
    calls.mkdir()
    fake = tmp_path / "curl"
    fake.write_text(CURL)
    fake.chmod(0o700)
    script = tmp_path / "session.sh"
    script.write_text(text_of(store, "curl"))
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PLACE": str(calls),
                   "ANTHROPIC_API_KEY": "a 'key'"}  # fmt: skip
    subprocess.run(["sh", script], env=environment, check=True, timeout=60)
    sent = {path.read_bytes() for path in calls.glob("*.body")}
    assert sent == set(bodies())
    first = (calls / "0.arguments").read_text().splitlines()
    assert first[-1] == "https://provider.test/v1/messages?beta=true"
    assert "x-api-key: a 'key'" in first
    assert "anthropic-version: 2023-06-01" in first
    assert "content-type: application/json" in first
    assert not any(line.startswith("accept-encoding") for line in first)


def test_without_a_key_nothing_is_sent(store, tmp_path):
    script = tmp_path / "session.sh"
    script.write_text(text_of(store, "curl"))
    run = subprocess.run(["sh", script], env={"PATH": "/bin:/usr/bin"}, timeout=60,
                         capture_output=True, text=True)  # fmt: skip
    assert run.returncode != 0
    assert "ANTHROPIC_API_KEY" in run.stderr


def test_what_cannot_be_sent_again_says_so(tmp_path):
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        Recorder(tmp_path / "sessions", store).record(
            [
                exchange(1, request_pieces=[b"a\0b"], request_fields=HEADERS),
                exchange(2, request_pieces=[b"\xff"], session=SESSION),
            ]
        )
        text = text_of(store, "curl")
        (websocket,) = (
            b"".join(as_curl(copy_session(store, each)))
            for each in _recorded_socket(tmp_path, store)
        )
    assert "# its body has a NUL byte" in text
    assert "# the body of boot-0-2 was not kept" in text
    assert "curl -sS" not in text
    assert b"# a WebSocket" in websocket


def _recorded_socket(place, store):
    Recorder(place / "sessions", store).record([socket(number=7)])
    return [store.get_exchange("boot-0-7").session_id]
