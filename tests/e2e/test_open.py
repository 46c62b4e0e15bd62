"""What is under way is on disk already, and ends exactly once whatever dies."""

import os
import signal

from tests.e2e.test_processes import finish_stream, open_stream
from tests.kit import Raw, Serve, alive, ask, post, until
from tests.provider import STREAM_HEAD, chunk, named

OPEN = "SELECT * FROM exchanges WHERE outcome = 'open'"
PIECES = "SELECT text FROM open_answers WHERE text <> ''"
ALL = "SELECT * FROM exchanges"


def opened(serve: Serve) -> dict:
    """The one exchange that is under way."""
    return until(lambda: serve.rows(OPEN), "an open row")[0]


def kinds(serve: Serve) -> list[str]:
    return [event["type"] for event in serve.events()]


def test_a_request_is_recorded_before_its_answer(serve, provider):
    with open_stream(serve, provider) as client:
        row = opened(serve)
        assert row["session_id"] == "s1"
        assert row["model_requested"] == "claude-sonnet-4-6"
        assert kinds(serve) == ["started", "request_recorded"]
        found = serve.run("search", "mountain", "--json")
        assert row["id"] in found.stdout
        raw = serve.run("sessions", "raw", row["id"])
        assert "Which mountain?" in raw.stdout
        # Another observer is told all of it again.
        observer = serve.child("observer")
        os.kill(observer, signal.SIGKILL)
        serve.child("observer", other_than=observer)
        finish_stream(client, provider)
    (ended,) = serve.recorded(1)
    assert (ended["id"], ended["outcome"]) == (row["id"], "answered")
    assert len(serve.rows(ALL)) == 1
    assert [kind for kind in kinds(serve) if kind in ("started", "completed")] == [
        "started",
        "completed",
    ]


def long_stream(provider):
    """A stream that waits at the gate behind two thousand letters."""

    def play(seen):
        yield STREAM_HEAD
        yield chunk(named("message_start", message={"model": "m", "usage": {}}))
        delta = {"type": "text_delta", "text": "over hill and dale " * 100}
        yield chunk(named("content_block_delta", index=0, delta=delta))
        provider.waiting.set()
        provider.gate.wait(120)

    provider.scripts["long"] = play


def test_what_was_open_when_all_died_is_closed_at_the_next_start(tmp_path, provider):
    home = tmp_path / "home"
    with Serve(home, provider.url) as serve:
        long_stream(provider)
        with Raw(serve.port) as client:
            client.send(post(ask("long", stream=True, session="s1")))
            client.read_until(b"dale")
            row = opened(serve)
            until(lambda: serve.rows(PIECES), "the answer so far")
            pids = [serve.process.pid, *serve.children().values()]
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            until(lambda: not any(map(alive, pids[1:])), "the end of all")
    with Serve(home, provider.url) as serve:
        (ended,) = serve.recorded(1)
        assert (ended["id"], ended["outcome"]) == (row["id"], "interrupted")
        assert kinds(serve)[-1] == "completed"
        said = serve.rows("SELECT text FROM texts WHERE kind = 'answer'")
        assert said[0]["text"].startswith("over hill and dale ")
        assert serve.rows(PIECES) == []
        assert serve.rows(OPEN) == []
