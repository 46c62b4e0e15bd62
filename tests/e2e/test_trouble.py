"""Trouble at the worst moment: while draining, reloading, starting.

Each of these once lost a finished exchange or the whole proxy.
"""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.test_link import ready
from tests.e2e.test_processes import finish_stream, open_stream, refused
from tests.kit import (
    BIN,
    Raw,
    Serve,
    alive,
    ask,
    clean_environment,
    post,
    processes,
    until,
)
from tests.provider import whole


def config(provider, more: str = "") -> str:
    return f"providers: {{anthropic: {{base_url: '{provider.url}'}}}}\n{more}"


def one(serve: Serve, **more) -> None:
    with Raw(serve.port) as client:
        client.send(post(ask(**more)))
        client.read_answer()


@contextlib.contextmanager
def locked(home: Path):
    """Nobody can write to the database meanwhile."""
    with contextlib.closing(sqlite3.connect(home / "sessions.db")) as blocker:
        blocker.isolation_level = None
        blocker.execute("BEGIN IMMEDIATE")
        yield blocker
        if blocker.in_transaction:
            blocker.execute("ROLLBACK")


def reload(serve: Serve, text: str | None = None) -> None:
    seen = serve.stdout.count("configuration reloaded")
    if text is not None:
        serve.config.write_text(text)
    serve.process.send_signal(signal.SIGHUP)
    until(lambda: serve.stdout.count("configuration reloaded") > seen, "the reload")


def test_a_backlog_at_sigterm_is_recorded_before_the_end(tmp_path, provider):
    provider.scripts["big"] = lambda seen: [whole({"id": "x"})]
    with Serve(tmp_path, "", config=config(provider)) as serve:
        one(serve, marker="big")
        serve.recorded(1)
        with locked(tmp_path) as blocker:
            with Raw(serve.port) as client:
                for number in range(60):
                    filler = b', "filler": "%s%d"}' % (b"f" * 800_000, number)
                    client.send(post(ask("big")[:-1] + filler))
                    assert client.read_answer()[0].startswith(b"HTTP/1.1 200")
            serve.children()
            serve.process.send_signal(signal.SIGTERM)
            until(lambda: refused(serve.port), "the closed port")
            time.sleep(1)  # the record is still locked, so nothing may end
            assert serve.process.poll() is None
            blocker.execute("ROLLBACK")
        assert serve.wait() == 0, serve.stderr
        assert len(serve.rows()) == 61


def test_an_observer_that_dies_while_draining_is_replaced(serve, provider):
    with open_stream(serve, provider) as client:
        observer = serve.child("observer")
        serve.process.send_signal(signal.SIGTERM)
        until(lambda: refused(serve.port), "the closed port")
        os.kill(observer, signal.SIGKILL)
        serve.child("observer", other_than=observer)
        finish_stream(client, provider)
    assert serve.wait() == 0
    assert [row["outcome"] for row in serve.rows()] == ["answered"]


def test_recording_switched_off_and_on_within_a_stream(tmp_path, provider):
    base = config(provider)
    with Serve(tmp_path, "", config=base) as serve:
        with open_stream(serve, provider) as client:
            reload(serve, base + "session_recording: {enabled: false}\n")
            reload(serve, base)
            finish_stream(client, provider)
        assert [row["outcome"] for row in serve.recorded(1)] == ["answered"]
        assert serve.stop() == 0
        assert len(serve.rows()) == 1


def test_a_reload_while_the_old_observer_stands_still(tmp_path, provider):
    with Serve(tmp_path, "", config=config(provider)) as serve:
        with open_stream(serve, provider) as client:
            observer = serve.child("observer")
            os.kill(observer, signal.SIGSTOP)
            serve.process.send_signal(signal.SIGHUP)
            until(
                lambda: any(pid != observer for name, pid in serve.children().items()
                            if name == "gateway"),
                "a gateway",
            )  # fmt: skip
            os.kill(observer, signal.SIGCONT)
            until(lambda: "configuration reloaded" in serve.stdout, "the reload")
            finish_stream(client, provider)
        assert [row["outcome"] for row in serve.recorded(1)] == ["answered"]


def test_an_observer_that_never_lets_go_is_ended(tmp_path, provider, monkeypatch):
    with Serve(tmp_path, "", config=config(provider)) as serve:
        with open_stream(serve, provider) as client:
            observer = serve.child("observer")
            os.kill(observer, signal.SIGSTOP)
            reload(serve)
            until(lambda: not alive(observer), "the old observer's end")
            finish_stream(client, provider)
        assert [row["outcome"] for row in serve.recorded(1)] == ["answered"]


def test_a_second_signal_hurries_the_recorder_too(tmp_path, provider):
    with Serve(tmp_path, "", config=config(provider)) as serve:
        one(serve)
        serve.recorded(1)
        with locked(tmp_path):
            one(serve)
            serve.process.send_signal(signal.SIGINT)
            until(lambda: refused(serve.port), "the closed port")
            serve.process.send_signal(signal.SIGINT)
            began = time.monotonic()
            assert serve.wait() == 1
            assert time.monotonic() - began < 25  # not the 30 s of patience
        assert "could not be recorded" in serve.stderr


def test_a_gateway_killed_before_it_served_is_replaced(tmp_path, provider):
    process = subprocess.Popen(
        [str(BIN / "lunaroute"), "serve", "--port", "0"],
        env=clean_environment(tmp_path, LUNAROUTE_ANTHROPIC_BASE_URL=provider.url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        gateway = until(
            lambda: next(
                (
                    pid
                    for pid, (parent, _, command) in processes().items()
                    if parent == process.pid and "lunaroute.gateway" in command
                ),
                0,
            ),
            "the first gateway",
        )
        os.kill(gateway, signal.SIGKILL)
        lines = iter(process.stdout.readline, "")
        assert any("OPENAI_BASE_URL" in line for line in lines)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        process.stderr.read()


def test_a_new_gateway_that_does_not_start_leaves_the_old_one(tmp_path, provider):
    """Half an upgrade: the package changed under a running proxy."""
    import lunaroute

    source = tmp_path / "src"
    shutil.copytree(Path(lunaroute.__file__).parent, source / "lunaroute")
    with Serve(
        tmp_path / "home",
        "",
        config=config(provider),
        environment={"PYTHONPATH": str(source)},
    ) as serve:
        if not _uses(serve, source):
            pytest.skip("this installation does not look at PYTHONPATH first")
        broken = source / "lunaroute/gateway/_own.py"
        broken.write_text("raise ImportError('half an upgrade')\n")
        serve.process.send_signal(signal.SIGHUP)
        until(lambda: "nothing has changed" in serve.stderr, "the complaint")
        one(serve)
        assert [row["outcome"] for row in serve.recorded(1)] == ["answered"]


def _uses(serve: Serve, source: Path) -> bool:
    """Does the running gateway come from ``source``?"""
    maps = Path(f"/proc/{serve.child('gateway')}/maps")
    return maps.exists() and str(source) in maps.read_text()


def test_signals_are_obeyed_while_a_configuration_cannot_be_read(tmp_path, provider):
    with Serve(tmp_path, "", config=config(provider)) as serve:
        serve.config.unlink()
        os.mkfifo(serve.config)
        serve.process.send_signal(signal.SIGHUP)
        until(
            lambda: any(
                "lunaroute.config resolve" in c for _, _, c in processes().values()
            ),
            "the configuration's reader",
        )
        assert serve.stop() == 0


def test_an_old_gateway_without_recording_ends_with_the_rest(tmp_path, provider):
    text = config(provider, "session_recording: {enabled: false}\n")
    text += "http_server: {shutdown_timeout_secs: 0.5}\n"
    with Serve(tmp_path, "", config=text) as serve:
        with open_stream(serve, provider):
            old = serve.child("gateway")
            reload(serve)
            serve.stop()
            until(lambda: not alive(old), "the old gateway's end")


def test_waiting_for_another_recorder_is_said(serve, provider):
    with open_stream(serve, provider) as client:
        serve.children()
        serve.process.kill()
        serve.process.wait()
        until(lambda: refused(serve.port), "the closed port")
        with Serve(serve.home, provider.url) as second:
            one(second, session="s2")
            until(lambda: "another recorder" in str(ready(second).get("why")), "why")
            finish_stream(client, provider)
            second.recorded(2)
            until(lambda: ready(second)["status"] == "ready", "ready")


def test_an_unreadable_first_chunk_is_a_502(serve, provider):
    provider.scripts["bad"] = lambda seen: [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello"
    ]
    with Raw(serve.port) as client:
        client.send(post(ask("bad")))
        assert client.read_answer()[0].startswith(b"HTTP/1.1 502 ")
    (row,) = serve.recorded(1)
    assert (row["outcome"], row["status"]) == ("upstream_cut", 502)


def test_an_unanswered_request_at_the_deadline_is_a_503(tmp_path, provider):
    text = config(provider, "http_server: {shutdown_timeout_secs: 0.2}\n")
    with Serve(tmp_path, "", config=text) as serve:
        with Raw(serve.port) as client:
            client.send(post(ask("gated")))
            assert provider.waiting.wait(60)
            assert serve.stop() == 1
            assert client.read_all().startswith(b"HTTP/1.1 503 ")


@pytest.mark.parametrize("how", ["moved", "home removed"])
def test_a_database_that_is_taken_away_is_noticed(tmp_path, provider, how):
    home = tmp_path / "home"
    with Serve(home, provider.url) as serve:
        one(serve, session="before")
        serve.recorded(1)
        if how == "moved":
            for path in home.glob("sessions.db*"):
                path.rename(tmp_path / path.name)
        else:
            # At once: the recorder makes what it misses while it is taken away.
            home.rename(tmp_path / "removed")
            shutil.rmtree(tmp_path / "removed")
        one(serve, session="after")
        until(
            lambda: [row["session_id"] for row in serve.rows()] == ["after"],
            "the record in a new database",
        )
        assert "not where it was" in serve.stderr


def test_a_term_while_starting_is_no_traceback(tmp_path, provider):
    for delay in (0.1, 0.25, 0.4):
        process = subprocess.Popen(
            [str(BIN / "lunaroute"), "serve", "--port", "0"],
            env=clean_environment(
                tmp_path / str(delay), LUNAROUTE_ANTHROPIC_BASE_URL=provider.url
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(delay)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
        assert "Traceback" not in errors


def test_an_informational_flood_ends(serve, provider):
    flood = b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000
    provider.scripts["flood"] = lambda seen: [flood + whole({})]
    with Raw(serve.port) as client:
        client.send(post(ask("flood")))
        data = client.read_until(b"HTTP/1.1 502 ")
    assert data.count(b"103 Early Hints") <= 32


def test_an_absolute_target_is_forwarded_by_its_path(serve, provider):
    for user in (b"", b"user:SECRET@"):
        with Raw(serve.port) as client:
            body = ask()
            client.send(
                b"POST http://%slocalhost/v1/messages?beta=true HTTP/1.1\r\n" % user
                + b"Host: localhost\r\nContent-Length: %d\r\n\r\n" % len(body)
                + body
            )
            assert client.read_answer()[0].startswith(b"HTTP/1.1 200 ")
    for seen in provider.seen:
        assert seen.line == b"POST /v1/messages?beta=true HTTP/1.1"
    assert {row["path"] for row in serve.recorded(2)} == {"/v1/messages"}
    assert not any("SECRET" in str(event) for event in serve.events())


def test_a_reload_while_the_recorder_waits_to_be_started_again(serve, provider):
    """One that keeps dying waits ever longer; a reload in that time takes its place."""
    dead = 0
    for _ in range(8):
        dead = serve.child("observer", other_than=dead)
        os.kill(dead, signal.SIGKILL)
    serve.process.send_signal(signal.SIGHUP)
    until(lambda: "configuration reloaded" in "".join(serve.output), "the reload")
    with Raw(serve.port) as client:
        client.send(post(ask()))
        assert client.read_answer()[0].startswith(b"HTTP/1.1 200 ")
    assert serve.recorded(1)[0]["outcome"] == "answered"
    assert serve.stop() == 0
    assert not list((serve.home / "run").glob("*"))


def test_a_stop_within_a_reload_leaves_nothing(serve, provider):
    with Raw(serve.port) as client:
        client.send(post(ask()))
        client.read_answer()
    serve.recorded(1)
    serve.process.send_signal(signal.SIGHUP)
    assert serve.stop() == 0
    assert "starting it again" not in serve.stderr
    assert not list((serve.home / "run").glob("*"))
