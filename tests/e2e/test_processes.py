"""The three processes: who obeys, who restarts, who ends last, and what is kept."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from tests.kit import Raw, Serve, alive, ask, children_of, post, processes, until
from tests.provider import ANSWER


def open_stream(serve: Serve, provider, session: str = "s1") -> Raw:
    """A client in the middle of a streamed answer that waits at the gate."""
    client = Raw(serve.port)
    client.send(post(ask("gated", stream=True, session=session)))
    client.read_until(b"event: ping")
    assert provider.waiting.wait(60)
    return client


@pytest.fixture(autouse=True)
def no_client_left_open(monkeypatch):
    """Every client of a test is closed after it."""
    made: list[Raw] = []
    original = Raw.__init__

    def remember(self, port):
        original(self, port)
        made.append(self)

    monkeypatch.setattr(Raw, "__init__", remember)
    yield
    for client in made:
        client.sock.close()


def finish_stream(client: Raw, provider) -> None:
    provider.gate.set()
    client.read_until(b"message_stop")
    client.read_until(b"0\r\n\r\n")
    client.sock.close()


def the_one_exchange(serve: Serve) -> dict:
    """It is recorded once, whole, in both places."""
    (row,) = serve.recorded(1)
    assert row["outcome"] == "answered"
    assert row["stop_reason"] == "end_turn"
    assert row["output"] == 26
    assert row["first_byte_up_us"] <= row["last_byte_down_us"] <= row["ended_us"]
    events = serve.events()
    assert [event["type"] for event in events].count("completed") == 1
    assert [event["type"] for event in events].count("started") == 1
    (answer,) = [e for e in events if e["type"] == "response_recorded"]
    assert answer["response_text"] == ANSWER
    return row


def all_gone(serve: Serve) -> None:
    """No process of this serve is left, not even a zombie."""
    until(lambda: not any(alive(pid) for pid in serve.pids), "the end of all processes")
    left = [
        command
        for pid, (parent, _, command) in processes().items()
        if str(serve.home) in command or (pid in serve.pids and parent != 1)
    ]
    assert left == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_group_drains_and_loses_nothing(serve, provider, number):
    client = open_stream(serve, provider)
    serve.children()
    os.killpg(serve.process.pid, number)  # what a terminal's Ctrl-C does
    until(lambda: refused(serve.port), "the closed port")
    assert serve.process.poll() is None
    finish_stream(client, provider)
    assert serve.wait() == 0
    the_one_exchange(serve)
    all_gone(serve)
    assert "Traceback" not in serve.stderr


def test_pkill_by_the_published_name_drains_too(tmp_path, provider):
    marker = f"{os.getpid()}{time.monotonic_ns()}"
    config = (
        f"providers: {{anthropic: {{base_url: '{provider.url}'}}}}\n"
        "session_recording: {enabled: true}\n"
    )
    home = tmp_path / marker
    with Serve(
        home,
        "",
        "--config",
        str(home / "config.yaml"),
        program="lunaroute-server",
        config=config,
    ) as serve:
        client = open_stream(serve, provider)
        serve.children()
        # The name people know, narrowed to this test's process.
        subprocess.run(
            ["pkill", "-f", f"lunaroute-server serve .*{marker}"], check=True
        )
        until(lambda: refused(serve.port), "the closed port")
        finish_stream(client, provider)
        assert serve.wait() == 0
        the_one_exchange(serve)
        all_gone(serve)


def refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        return False  # it was in the queue of a socket that is closing just now
    return False


def test_children_ignore_the_supervisors_signals(serve, provider):
    client = open_stream(serve, provider)
    before = serve.children()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        for pid in before.values():
            os.kill(pid, number)
    finish_stream(client, provider)
    the_one_exchange(serve)
    assert serve.children() == before


def test_a_killed_supervisor_loses_no_exchange_and_leaves_no_orphan(serve, provider):
    client = open_stream(serve, provider)
    serve.children()
    serve.process.kill()
    serve.process.wait()
    until(lambda: refused(serve.port), "the closed port")
    finish_stream(client, provider)
    the_one_exchange(serve)
    all_gone(serve)


def test_another_can_start_while_an_orphaned_stream_is_finishing(serve, provider):
    """The recorder of the killed one commits first; the new one waits for it."""
    client = open_stream(serve, provider)
    serve.children()
    serve.process.kill()
    serve.process.wait()
    until(lambda: refused(serve.port), "the closed port")
    with Serve(serve.home, provider.url) as second:
        with Raw(second.port) as other:
            other.send(post(ask(session="s2")))
            other.read_answer()
        finish_stream(client, provider)
        rows = second.recorded(2)
        assert {row["session_id"] for row in rows} == {"s1", "s2"}


def test_core_dumps_are_off(serve):
    for pid in [serve.process.pid, *serve.children().values()]:
        limits = Path(f"/proc/{pid}/limits")
        if not limits.exists():
            pytest.skip("this system has no /proc")
        lines = limits.read_text().splitlines()
        (core,) = [line.split() for line in lines if line.startswith("Max core")]
        assert core[4:6] == ["0", "0"]


def test_a_killed_gateway_is_back_and_no_connection_is_refused(serve, provider):
    """Connections are tried all the time while the gateway is killed again and again."""
    stop = threading.Event()
    failures: list[str] = []
    tries = 0

    def knock() -> None:
        nonlocal tries
        while not stop.is_set():
            try:
                socket.create_connection(("127.0.0.1", serve.port), timeout=30).close()
            except OSError as error:
                failures.append(repr(error))
            tries += 1
            time.sleep(0.002)

    knocking = threading.Thread(target=knock)
    knocking.start()
    gateway = 0
    for _ in range(4):
        gateway = serve.child("gateway", other_than=gateway)
        os.kill(gateway, signal.SIGKILL)
    serve.child("gateway", other_than=gateway)
    with Raw(serve.port) as client:
        client.send(post(ask()))
        assert client.read_answer()[0].startswith(b"HTTP/1.1 200 ")
    stop.set()
    knocking.join()
    assert failures == []
    assert tries > 20
    assert serve.recorded(1)[0]["outcome"] == "answered"


def test_what_a_killed_gateway_had_under_way_is_recorded_as_interrupted(
    serve, provider
):
    client = open_stream(serve, provider)
    # The link is flushed before the gateway sleeps: wait until it does.
    time.sleep(0.2)
    os.kill(serve.child("gateway"), signal.SIGKILL)
    client.read_all()
    (row,) = serve.recorded(1)
    assert row["outcome"] == "interrupted"
    assert row["input_uncached"] == 12
    assert row["model_used"] == "claude-sonnet-4-6"
    (completed,) = [e for e in serve.events() if e["type"] == "completed"]
    assert completed["success"] is False


def test_an_observer_killed_again_and_again_in_one_stream_records_it_once(
    serve, provider
):
    client = open_stream(serve, provider)
    observer = 0
    for _ in range(6):  # two hundred times: make torture
        observer = serve.child("observer", other_than=observer)
        os.kill(observer, signal.SIGKILL)
    serve.child("observer", other_than=observer)
    finish_stream(client, provider)
    the_one_exchange(serve)
    assert len(serve.rows()) == 1


def test_gateway_and_observer_killed_together_come_back(serve, provider):
    with Raw(serve.port) as client:
        client.send(post(ask(session="before")))
        client.read_answer()
    serve.recorded(1)
    client = open_stream(serve, provider, "during")
    children = serve.children()
    for pid in children.values():
        os.kill(pid, signal.SIGKILL)
    client.read_all()
    for name, pid in children.items():
        serve.child(name, other_than=pid)
    with Raw(serve.port) as client:
        client.send(post(ask(session="after")))
        assert client.read_answer()[0].startswith(b"HTTP/1.1 200 ")
    until(lambda: {"before", "after"} <= {row["session_id"] for row in serve.rows()})
    assert all(
        row["outcome"] != "answered"
        for row in serve.rows()
        if row["session_id"] == "during"
    )


def test_the_drain_deadline_cuts_and_says_how_many(tmp_path, provider):
    config = (
        f"providers: {{anthropic: {{base_url: '{provider.url}'}}}}\n"
        "http_server: {shutdown_timeout_secs: 0.2}\n"
    )
    with Serve(tmp_path, "", config=config) as serve:
        client = open_stream(serve, provider)
        assert serve.stop() == 1
        assert not client.read_all().endswith(b"0\r\n\r\n")
        assert "1 exchange(s) were cut" in serve.stderr
        (row,) = serve.rows()
        assert row["outcome"] == "interrupted"
        all_gone(serve)


def test_a_second_signal_ends_at_once(serve, provider):
    client = open_stream(serve, provider)
    serve.children()
    serve.process.send_signal(signal.SIGINT)
    until(lambda: refused(serve.port), "the closed port")
    serve.process.send_signal(signal.SIGINT)
    assert serve.wait() == 1
    client.read_all()
    assert serve.rows()[0]["outcome"] == "interrupted"
    all_gone(serve)


def test_idle_connections_do_not_hold_up_the_end(serve):
    with Raw(serve.port) as client:
        client.send(post(ask()))
        client.read_answer()
        assert serve.stop() == 0
        assert client.read_all() == b""


def test_sighup_reloads_by_new_processes_while_streams_finish(tmp_path, provider):
    config = f"providers: {{anthropic: {{base_url: '{provider.url}'}}}}\n"
    with Serve(tmp_path, "", config=config) as serve:
        client = open_stream(serve, provider)
        before = serve.children()
        serve.config.write_text(config + "api_dialect: anthropic\n")
        serve.process.send_signal(signal.SIGHUP)
        until(lambda: "configuration reloaded" in serve.stdout, "the reload")
        with Raw(serve.port) as other:
            other.send(post(b"{}", "/v1/responses"))
            assert other.read_answer()[0].startswith(b"HTTP/1.1 404 ")
            until(lambda: not alive(before["observer"]), "the old observer's end")
        assert alive(before["gateway"])  # its stream is still under way
        finish_stream(client, provider)
        until(lambda: not alive(before["gateway"]), "the old gateway's end")
        rows = serve.recorded(2)
        assert sorted(row["outcome"] for row in rows) == ["answered", "refused_by_us"]
        assert [e["type"] for e in serve.events()].count("completed") == 2
        assert serve.stop() == 0
        all_gone(serve)


def test_sighup_can_switch_recording_off_and_on(tmp_path, provider):
    base = f"providers: {{anthropic: {{base_url: '{provider.url}'}}}}\n"
    with Serve(tmp_path, "", config=base) as serve:

        def reload(text: str) -> None:
            count = serve.stdout.count("configuration reloaded")
            serve.config.write_text(base + text)
            serve.process.send_signal(signal.SIGHUP)
            until(lambda: serve.stdout.count("configuration reloaded") > count)

        def one(session: str) -> None:
            with Raw(serve.port) as client:
                client.send(post(ask(session=session)))
                client.read_answer()

        one("first")
        reload("session_recording: {enabled: false}\n")
        until(lambda: list(serve.children()) == ["gateway"], "one gateway alone")
        one("unrecorded")
        reload("")
        one("third")
        rows = serve.recorded(2)
        assert {row["session_id"] for row in rows} == {"first", "third"}


def test_a_bad_new_configuration_changes_nothing_and_says_so(tmp_path, provider):
    config = f"providers: {{anthropic: {{base_url: '{provider.url}'}}}}\n"
    with Serve(tmp_path, "", config=config) as serve:
        before = serve.children()
        serve.config.write_text(config + "prot: 1\n")
        serve.process.send_signal(signal.SIGHUP)
        until(lambda: "nothing has changed" in serve.stderr, "the complaint")
        assert "prot" in serve.stderr
        assert "port" in serve.stderr
        assert serve.children() == before
        with Raw(serve.port) as client:
            client.send(post(ask()))
            assert client.read_answer()[0].startswith(b"HTTP/1.1 200 ")


def test_a_second_server_for_the_same_home_is_refused_in_words(serve, provider):
    other = serve.run("serve", "--port", "0")
    assert other.returncode == 2
    assert str(serve.process.pid) in other.stderr
    assert "LUNAROUTE_HOME" in other.stderr
    assert "Traceback" not in other.stderr


def test_a_port_in_use_is_one_sentence(serve, tmp_path):
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        other = serve.run("serve", "--no-recording", "--port", str(port))
    assert other.returncode == 2
    assert other.stderr.count("\n") == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in other.stderr


def test_an_unwritable_place_is_one_sentence(tmp_path):
    from tests.kit import run

    (tmp_path / "file").write_text("")
    other = run(tmp_path / "file" / "below", "serve", "--port", "0")
    assert other.returncode == 2
    assert other.stderr.count("\n") == 1
    assert "cannot record into" in other.stderr


def test_a_terminal_that_is_closed_ends_no_proxy(tmp_path, provider):
    """Its hangup is a reload, and nobody reads what is printed any more."""
    import pty

    from tests.kit import BIN, clean_environment

    control, terminal = pty.openpty()
    process = subprocess.Popen(
        [str(BIN / "lunaroute"), "serve", "--port", "0"],
        env=clean_environment(tmp_path, LUNAROUTE_ANTHROPIC_BASE_URL=provider.url),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    shown = b""
    while b"OPENAI_BASE_URL" not in shown:
        shown += os.read(control, 4096)
    port = int(re.search(rb"127\.0\.0\.1:(\d+)", shown)[1])
    os.close(control)
    process.send_signal(signal.SIGHUP)
    time.sleep(1.5)
    assert process.poll() is None
    with Raw(port) as client:
        client.send(post(ask()))
        assert client.read_answer()[0].startswith(b"HTTP/1.1 200 ")
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


def gateways(serve) -> set[int]:
    return {
        pid
        for pid, (_, state, command) in children_of(serve.process.pid).items()
        if "-m lunaroute.gateway" in command and not state.startswith("Z")
    }


def answers(serve) -> bool:
    with Raw(serve.port) as client:
        client.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return client.read_answer()[0].startswith(b"HTTP/1.1 200 ")


def test_workers_share_the_socket_and_one_that_dies_is_replaced(tmp_path, provider):
    """None refuses a connection that another has room for."""
    config = (
        f"providers: {{anthropic: {{base_url: '{provider.url}'}}}}\n"
        "http_server: {workers: 2, max_connections: 8}\n"
    )
    with Serve(tmp_path / "home", "", config=config) as serve:
        before = until(lambda: len(found := gateways(serve)) == 2 and found, "two")
        clients = [Raw(serve.port) for _ in range(16)]
        for client in clients:
            client.send(post(ask()))
            assert client.read_answer()[0].startswith(b"HTTP/1.1 200 ")
        with Raw(serve.port) as client:
            assert client.read_all().startswith(b"HTTP/1.1 503 ")
        serve.recorded(16)
        os.kill(min(before), signal.SIGKILL)
        until(lambda: len(gateways(serve) - {min(before)}) == 2, "the new worker")
        for client in clients:
            client.sock.close()
        until(lambda: answers(serve), "room again")
        with Raw(serve.port) as client:
            client.send(post(ask()))
            assert client.read_answer()[0].startswith(b"HTTP/1.1 200 ")
        rows = serve.recorded(17)
        assert {row["outcome"] for row in rows} == {"answered"}
        serve.pids |= before | gateways(serve)
        assert serve.stop() == 0
        all_gone(serve)
