"""A recorded session as a provider: over the wire, through the proxy, from the command."""

import json
import signal
import subprocess
from contextlib import closing, contextmanager

import pytest

from lunaroute.cli._replay import ReplayProvider
from lunaroute.exporting import Replay, copy_session, replies_of
from tests.exporting.kit import bodies, store
from tests.kit import BIN, CEILING, Raw, Serve, ask, clean_environment, post
from tests.provider import Provider
from tests.recording.build import SESSION

__all__ = ["store"]


@contextmanager
def served(store, *, fast=True):
    said = []
    replay = Replay(replies_of(copy_session(store, SESSION)))
    with closing(
        ReplayProvider(replay, port=0, fast=fast, say=said.append)
    ) as provider:
        yield int(provider.url.rpartition(":")[2]), said


def test_answers_over_the_wire(store):
    one, two, three, four = bodies()
    with served(store) as (port, said), Raw(port) as raw:
        raw.send(post(two))
        head, body = raw.read_answer()
        assert head.startswith(b"HTTP/1.1 200 ")
        assert json.loads(body)["id"] == "msg_2"
        chunked = b"".join(b"1\r\n%c\r\n" % byte for byte in one) + b"0\r\nX: y\r\n\r\n"
        raw.send(
            b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        raw.send(chunked)
        head, body = raw.read_answer()
        assert b"event-stream" in head
        assert b"message_stop" in body
        raw.send(post(b"something else"))
        assert raw.read_answer()[0].startswith(b"HTTP/1.1 529 ")
        raw.send(post(four))
        cut = raw.read_all()
        assert b'{"type": "ping"}' in cut
        assert not cut.endswith(b"0\r\n\r\n")
        with Raw(port) as more:
            more.send(post(three + b" "))
            assert more.read_answer()[0].startswith(b"HTTP/1.1 404 ")
    assert said == [
        "POST /v1/messages: boot-0-2, 200 (same request)",
        "POST /v1/messages: boot-0-1, 200 (same request)",
        "POST /v1/messages: boot-0-3, 529 (the next one in order)",
        "POST /v1/messages: boot-0-4, 200 (same request)",
        "POST /v1/messages: no answer is left",
    ]


def test_a_session_recorded_again_is_the_same(tmp_path):
    """Recorded, replayed through the proxy by the command, and recorded again."""
    asked = [ask(f"m{n}", stream=bool(n % 2), session=SESSION) for n in range(4)]

    def play(serve):
        answers = []
        for body in asked:
            with Raw(serve.port) as raw:
                raw.send(post(body))
                answers.append(raw.read_answer())
        rows = serve.recorded(len(asked))
        told = serve.rows(
            "SELECT kind, role, text FROM texts ORDER BY exchange_id, ordinal"
        )
        return [body for _, body in answers], rows, told

    home = tmp_path / "one"
    with closing(Provider()) as provider, Serve(home, provider.url) as serve:
        first, rows, texts = play(serve)
        assert serve.stop() == 0
    replay = subprocess.Popen(
        [BIN / "lunaroute", "sessions", "replay", SESSION[:8], "--fast"],
        env=clean_environment(home),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        url = replay.stdout.readline().split()[-1]
        with Serve(tmp_path / "two", url) as serve:
            second, again, told = play(serve)
    finally:
        replay.send_signal(signal.SIGINT)
        assert replay.wait(CEILING) == 0
        replay.stdout.close()
    assert told == texts
    assert second == first
    same = (
        "model_used",
        "stop_reason",
        "outcome",
        "status",
        "vendor_usage",
        "streaming",
    )
    for before, after in zip(rows, again, strict=True):
        assert {name: after[name] for name in same} == {
            name: before[name] for name in same
        }


def test_a_port_that_is_taken(store, tmp_path):
    with served(store) as (port, _):
        done = subprocess.run(
            [BIN / "lunaroute", "sessions", "replay", SESSION, "--port", str(port),
             "--db", str(store.path)],
            env=clean_environment(tmp_path), capture_output=True, text=True, timeout=CEILING,
        )  # fmt: skip
    assert done.returncode == 2
    assert f"cannot listen on port {port}: Address already in use" in done.stderr


@pytest.mark.parametrize("fast", [True, False])
def test_the_pace(store, fast, monkeypatch):
    waited = []
    monkeypatch.setattr("lunaroute.cli._replay.time.sleep", waited.append)
    with served(store, fast=fast) as (port, _), Raw(port) as raw:
        raw.send(post(bodies()[1]))
        raw.read_answer()
    assert waited == ([] if fast else [pytest.approx(0.097)])
