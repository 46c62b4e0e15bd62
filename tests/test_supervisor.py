"""The supervisor's small parts; its life is in tests/e2e/test_processes.py."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import trio
import trio.testing

from lunaroute.control import Control
from lunaroute.errors import ConfigError
from lunaroute.supervisor import _holder, _say, who_listens
from lunaroute.supervisor._child import (
    DEATHS_WINDOW,
    MAX_BACKOFF,
    QUIET_DEATHS,
    Patience,
)
from lunaroute.supervisor._handover import offer, predecessor
from lunaroute.supervisor._log import KEPT, MAX_BYTES
from lunaroute.supervisor._places import claim, prepare_places
from lunaroute.supervisor._priority import RECORDER_NICENESS, put_behind
from lunaroute.supervisor._say import address_of, banner
from lunaroute.supervisor._sockets import Meeting, bind, bind_page, refuse_exposure
from lunaroute.supervisor._supervise import Supervisor
from tests.kit import Serve, clean_environment, processes, run, until


def test_the_first_deaths_cost_no_time_and_a_crash_loop_ever_more():
    patience = Patience()
    waits = [patience.after_death(now * 0.1) for now in range(QUIET_DEATHS + 8)]
    assert waits[:QUIET_DEATHS] == [0.0] * QUIET_DEATHS
    late = waits[QUIET_DEATHS:]
    assert late == sorted(late)
    assert 0 < late[0] < late[-1] == MAX_BACKOFF
    assert patience.after_death(100 + DEATHS_WINDOW) == 0.0


def test_port_zero_is_one_free_port_for_every_address():
    listeners = bind("localhost", 0)
    try:
        assert len({sock.getsockname()[1] for sock in listeners}) == 1
        assert address_of(listeners).startswith("http://")
    finally:
        for sock in listeners:
            sock.close()


def test_a_taken_port_is_said_in_words():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"127.0.0.1 port {port}.*--port"):
            bind("127.0.0.1", port)


PAGE = {"ui_enabled": True, "recording": True, "ui_host": "127.0.0.1", "ui_port": 0}


def test_the_page_has_its_sockets_or_a_reason(capsys):
    listeners = bind_page(PAGE)
    taken = {**PAGE, "ui_port": listeners[0].getsockname()[1]}
    try:
        assert bind_page(taken) == []
    finally:
        for sock in listeners:
            sock.close()
    warning = capsys.readouterr().err
    assert "the web page is not served: cannot listen on 127.0.0.1 port" in warning
    assert "ui.port chooses another" in warning
    assert bind_page({**PAGE, "recording": False}) == []
    assert bind_page({**PAGE, "ui_enabled": False}) == []


def test_a_record_that_others_can_read_needs_a_word():
    page = {**PAGE, "host": "127.0.0.1", "ui_host": "0.0.0.0", "remote": ""}
    with pytest.raises(ConfigError, match=r"ui.host 0.0.0.0 is reachable.*token"):
        refuse_exposure(page)
    refuse_exposure({**page, "remote": "token"})
    refuse_exposure({**page, "ui_enabled": False})


def test_an_address_for_everybody_is_reached_by_loopback():
    (listener,) = bind("0.0.0.0", 0)
    with listener:
        port = listener.getsockname()[1]
        assert address_of([listener]) == f"http://127.0.0.1:{port}"


def test_the_start_lines_name_what_is_served_and_who_can_reach_it():
    plan = {
        "providers": [
            {
                "name": name,
                "base_url": "u",
                "credentials": "client",
                "credentials_from": "",
                "through": "proxy.example:3128",
                "codex_login": True,
            }
            for name in ("anthropic", "openai")
        ],
        "dialects": ["openai"],
        "recording": False,
        "ui_enabled": False,
        "remote": "allowed",
    }
    (listener,) = bind("0.0.0.0", 0)
    with listener:
        lines = banner(plan, [listener])
        guarded = banner(plan | {"remote": "token"}, [listener])
        port = listener.getsockname()[1]
    assert "anthropic" not in lines.lower()
    assert "u through proxy.example:3128  (your client's own" in lines
    assert "Codex' login where it sends none" in lines
    assert f"export OPENAI_BASE_URL=http://127.0.0.1:{port}/v1" in lines
    assert f"Everybody who can reach 0.0.0.0 port {port}" in lines
    assert "Whoever shows the token (x-lunaroute-token, or /t/TOKEN/...) at" in guarded
    (listener,) = bind("127.0.0.1", 0)
    with listener:
        assert "Everybody" not in banner(plan, [listener])
        on = plan | {"ui_enabled": True}
        assert "  page       off (no recording)\n" in banner(on, [listener])
        assert "redaction" not in banner(on, [listener])
        on |= {"recording": True, "sessions_dir": "s", "sqlite_path": None}
        on |= {"redaction": "secrets: mask"}
        assert "  redaction  secrets: mask\n" in banner(on, [listener])
        assert "  page       off (its port is taken)\n" in banner(on, [listener])
        where = address_of([listener])
        assert f"  page       {where}\n" in banner(on, [listener], [listener])


def test_a_file_that_is_no_database_is_said_at_the_start_and_left_alone(tmp_path):
    other = tmp_path / "notes.txt"
    other.write_text("no database")
    mode = other.stat().st_mode
    places = options(tmp_path) | {"sqlite_path": str(other)}
    with pytest.raises(ConfigError, match="not a SQLite database"):
        prepare_places(places)
    assert (other.read_text(), other.stat().st_mode) == ("no database", mode)
    with pytest.raises(ConfigError, match="cannot record into"):
        prepare_places(places | {"sqlite_path": str(tmp_path)})


def options(home, recording=True):
    return {
        "home": str(home),
        "recording": recording,
        "sessions_dir": str(home / "s" / "deep"),
        "sqlite_path": str(home / "d" / "sessions.db"),
    }


def test_places_are_made_private_and_a_bad_one_is_said_in_words(tmp_path):
    home = tmp_path / "home"
    prepare_places(options(home))
    assert (home / "s" / "deep").stat().st_mode & 0o777 == 0o700
    assert list((home / "s" / "deep").iterdir()) == []
    prepare_places(options(tmp_path / "other", recording=False))
    assert not (tmp_path / "other").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot record into .*LUNAROUTE_HOME"):
        prepare_places(options(tmp_path / "file" / "x"))


def test_one_home_has_one_recorder(tmp_path):
    import os

    held = claim(options(tmp_path), "http://here")
    assert held is not None
    with pytest.raises(ConfigError, match="http://here.*--no-recording"):
        claim(options(tmp_path), "http://there")
    os.close(held)
    again = claim(options(tmp_path), "http://there")
    os.close(again)
    assert claim(options(tmp_path, recording=False), "x") is None


@pytest.mark.parametrize("depth", [0, 200])
def test_the_meeting_place_is_private_and_leaves_nothing(tmp_path, depth):
    home = tmp_path / ("d" * depth) if depth else tmp_path
    home.mkdir(exist_ok=True)
    place = Meeting(home)
    assert place.path.parent.stat().st_mode & 0o777 == 0o700
    assert place.path.stat().st_mode & 0o777 == 0o600
    assert len(str(place.path)) < 104
    place.close()
    assert not place.path.exists()
    assert list(home.iterdir()) == []


def test_a_meeting_place_clears_away_only_what_nobody_holds(tmp_path):
    living = Meeting(tmp_path)
    dead = living.path.with_name("1-1.sock")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(dead))
    second = Meeting(tmp_path)
    assert sorted(living.path.parent.iterdir()) == sorted([living.path, second.path])
    living.close()
    second.close()
    elsewhere = Meeting(tmp_path / "no" / "home")
    assert elsewhere.path.exists()
    elsewhere.close()
    assert not elsewhere.path.parent.exists()


OFFERED = {
    **PAGE,
    "host": "127.0.0.1",
    "port": 0,
    "home": "/h",
}


async def taken_over(sockets, claimed, options=OFFERED):
    """What a successor gets of an offer; the other end of its connection."""
    listeners, page = sockets
    near, far = socket.socketpair()
    old = Control(near)
    await old.send("sockets", **offer(OFFERED, listeners, page, claimed))
    return await predecessor(str(far.detach())), old


async def test_a_reload_that_is_asked_for_within_one_follows_it():
    """The configuration may have been written after the first had read it."""
    reads, may_end = [], trio.Event()

    class Reloading(Supervisor):
        async def _replace(self):
            reads.append(written)
            await may_end.wait()

    send, signals = trio.open_memory_channel(10)
    async with trio.open_nursery() as nursery:
        supervisor = Reloading({}, nursery, None, None, None)
        nursery.start_soon(supervisor.obey, signals)
        written = "first"
        await send.send(signal.SIGHUP)
        await trio.testing.wait_all_tasks_blocked()
        written = "second"
        for _ in range(3):
            await send.send(signal.SIGHUP)
        await trio.testing.wait_all_tasks_blocked()
        assert reads == ["first"]
        may_end.set()
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    os.close(supervisor._board)
    assert reads == ["first", "second"]


async def test_a_successor_gets_the_same_sockets_and_the_lock(tmp_path):
    sockets = [bind("127.0.0.1", 0) for _ in range(2)]
    names = [each.getsockname() for (each,) in sockets]
    claimed = claim(options(tmp_path), "http://old")
    heir, old = await taken_over(sockets, claimed)
    port = names[0][1]
    (listener,) = heir.listeners({**OFFERED, "port": port})
    (page,) = heir.page(OFFERED)
    lock = heir.claimed(OFFERED, "http://new")
    assert [listener.getsockname(), page.getsockname()] == names
    for (each,) in sockets:
        each.close()
    os.close(claimed)  # the lock is held on
    with pytest.raises(ConfigError, match="http://old"):
        claim(options(tmp_path), "http://third")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(heir.stop)
        assert (await old.receive()).op == "stop"
        await old.send("stopping")
    with pytest.raises(ConfigError, match="http://new"):
        claim(options(tmp_path), "http://third")
    with socket.create_connection(names[0]):
        pass
    old.close()
    listener.close()
    page.close()
    os.close(lock)


async def test_what_a_successor_cannot_use_stays_with_the_old_one(tmp_path):
    sockets = [bind("127.0.0.1", 0) for _ in range(2)]
    claimed = claim(options(tmp_path), "http://old")
    heir, old = await taken_over(sockets, claimed)
    other = {**OFFERED, "port": 1, "ui_enabled": False, "home": "/other"}
    assert (heir.listeners(other), heir.page(other)) == ([], [])
    assert heir.claimed(other, "x") is None
    old.close()
    await heir.stop()  # it is gone: nothing to wait for
    with socket.create_connection(sockets[0][0].getsockname()):
        pass
    for (each,) in sockets:
        each.close()
    os.close(claimed)
    assert await predecessor(None) is None
    near, far = socket.socketpair()
    near.close()
    assert await predecessor(str(far.detach())) is None


@pytest.mark.skipif(sys.platform != "linux", reason="slices are Linux's")
def test_the_recorder_gives_way_to_the_gateway(tmp_path, provider):
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    with Serve(tmp_path / "home", provider.url) as serve:
        children = until(
            lambda: len(found := serve.children()) == 2 and found, "both processes"
        )
        gateway, observer = (
            os.getpriority(os.PRIO_PROCESS, children[name])
            for name in ("gateway", "observer")
        )
    assert (gateway, observer) == (ours, min(19, ours + RECORDER_NICENESS))


def test_a_thread_without_slices_still_gets_its_niceness(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "unknown")
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        put_behind(child.pid)
        assert os.getpriority(os.PRIO_PROCESS, child.pid) >= RECORDER_NICENESS
    finally:
        child.communicate(b"\n")


def test_a_long_text_waits_only_so_long_for_its_reader(monkeypatch):
    def say_into(pipe_end):
        with os.fdopen(pipe_end, "w", encoding="utf-8") as out:
            monkeypatch.setattr(sys, "stdout", out)
            try:
                _say.say_patiently(text)
            finally:
                monkeypatch.undo()

    text = "a line that is not read\n" * 10_000
    monkeypatch.setattr(_say, "_PATIENCE_SECONDS", 0.01)
    reader, writer = os.pipe()
    say_into(writer)  # returns, though nobody reads
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read().decode()
    assert text.startswith(said)
    assert said
    reader, writer = os.pipe()
    os.close(reader)
    say_into(writer)  # nor is a reader that left an error


def test_a_log_that_has_grown_is_put_aside_and_all_go_on_in_a_new_one(tmp_path):
    """The real processes, with a clock that looks at the log more often."""
    log = tmp_path / "serve.log"
    log.write_bytes(b"an old line\n" * (MAX_BYTES // 12 + 1))
    (tmp_path / "serve.log.1").write_text("older")
    (tmp_path / f"serve.log.{KEPT}").write_text("oldest")
    program = (
        "import sys; from lunaroute.supervisor import _supervise, main; "
        "_supervise.LOG_SECONDS = 0.05; sys.exit(main(sys.argv[1:]))"
    )
    launch = json.dumps({"log": str(log)})
    server = subprocess.Popen(
        [sys.executable, "-c", program, '{"port": 0}', launch],
        env=clean_environment(tmp_path / "home"),
        stdin=subprocess.DEVNULL,
    )
    try:
        aside = tmp_path / "serve.log.1"
        until(lambda: aside.stat().st_size > 5, "the rotation")
        assert (tmp_path / "serve.log.2").read_text() == "older"
        assert (tmp_path / f"serve.log.{KEPT}").read_text() == "oldest"
        until(log.exists, "the new file")
        until(lambda: "serves on" in (aside.read_text() + log.read_text()))
        pids = {
            pid: command
            for pid, (parent, _, command) in processes().items()
            if parent == server.pid and re.search(r"gateway|observer", command)
        }
        if sys.platform == "linux":
            for pid in (server.pid, *pids):
                written = Path(f"/proc/{pid}/fd/2")
                until(lambda path=written: path.readlink() == log, f"{pid} follows")
        observer = next(pid for pid, command in pids.items() if "observer" in command)
        os.kill(observer, signal.SIGKILL)
        until(lambda: "the observer ended (signal 9)" in log.read_text())
        assert re.search(
            r"(?m)^\d{4}-\d\d-\d\d \S+ lunaroute: the obs", log.read_text()
        )
        log.unlink()  # as logrotate and people do
        until(log.exists, "a new file")
    finally:
        server.terminate()
        server.wait()


def test_a_log_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    log = tmp_path / "file" / "log"
    done = run(tmp_path, "serve", "--port", "0", "--log-file", str(log))
    assert done.returncode == 2
    assert f"cannot write {log}: " in done.stderr


def test_who_has_a_port_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError) as caught:
            bind("127.0.0.1", port)
        if sys.platform == "linux":
            who = f"Address already in use by process {os.getpid()} ("
            assert who in str(caught.value)
    assert who_listens(port) == ""


@pytest.mark.parametrize(
    ("said", "expected"),
    [("p77\nf5\n", 77), ("p77\np78\n", 77), ("", None), ("lsof: no\n", None)],
)
def test_what_lsof_says_is_understood(monkeypatch, said, expected):
    monkeypatch.setattr(_holder, "_output", lambda *_: said)
    assert _holder._by_lsof(1) == expected


def test_another_lunaroute_that_has_a_port_is_called_so(monkeypatch):
    monkeypatch.setattr(_holder, "_by_proc", lambda _: 12)
    monkeypatch.setattr(_holder, "_by_lsof", lambda _: 12)
    monkeypatch.setattr(_holder, "_words", lambda _: ["python", "-m", "lunaroute.x"])
    assert who_listens(1) == "process 12, another LunaRoute"
    monkeypatch.setattr(_holder, "_words", lambda _: ["/usr/bin/nginx", "-g"])
    assert who_listens(1) == "process 12 (nginx)"
    monkeypatch.setattr(_holder, "_words", lambda _: [])
    assert who_listens(1) == "process 12"
