"""The link under trouble: a stopped observer, a blocked disk, a flood.

Forwarding goes on, memory stays within the buffer, and what could not be kept is
said alike in the log, the metric and the row.
"""

import contextlib
import json
import os
import re
import signal
import sqlite3
import threading
from pathlib import Path

import pytest

from tests.kit import Raw, Serve, ask, post, until
from tests.provider import whole

MEGABYTE = 1_000_000
BUFFER_MB = 8
FILLER = b"f" * (MEGABYTE // 2)


@pytest.fixture
def small(tmp_path, provider):
    """A proxy whose buffer holds 8 MB."""
    config = (
        f"providers: {{anthropic: {{base_url: '{provider.url}'}}}}\n"
        f"session_recording: {{buffer_mb: {BUFFER_MB}}}\n"
    )
    provider.scripts["big"] = lambda seen: [whole(big_answer())]
    with Serve(tmp_path / "home", "", config=config) as running:
        yield running


def big_answer() -> dict:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-6",
        "content": [{"type": "text", "text": "x" * 1000}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 12, "output_tokens": 26},
    }


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        pytest.skip("this system has no /proc")
    return int(re.search(r"VmRSS:\s+(\d+)", status.read_text())[1]) * 1024


def push(serve: Serve, count: int, session: str = "flood") -> None:
    """So many requests of half a megabyte over one connection."""
    with Raw(serve.port) as client:
        for number in range(count):
            body = ask("big", session=session)[:-1] + b', "filler": "%s%d"}' % (
                FILLER,
                number,
            )
            client.send(post(body))
            head, _ = client.read_answer()
            assert head.startswith(b"HTTP/1.1 200 ")


def metric(serve: Serve, name: str) -> float:
    with Raw(serve.port) as client:
        client.send(
            b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        text = client.read_all().decode()
    assert text.startswith("HTTP/1.1 200 ")
    return float(re.search(rf"^{name} (\S+)", text, re.MULTILINE)[1])


def ready(serve: Serve) -> dict:
    with Raw(serve.port) as client:
        client.send(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return json.loads(client.read_answer()[1])


def test_a_stopped_observer_costs_neither_requests_nor_memory(small):
    push(small, 4, "warm-up")
    small.recorded(4)
    gateway = small.child("gateway")
    idle = resident(gateway)
    observer = small.child("observer")
    os.kill(observer, signal.SIGSTOP)
    push(small, 60)  # 30 MB into a buffer of 8
    grown = resident(gateway) - idle
    assert grown <= BUFFER_MB * 1024 * 1024, f"{grown / 1e6:.1f} MB"
    os.kill(observer, signal.SIGCONT)
    rows = small.recorded(64)
    flood = [row for row in rows if row["session_id"] == "flood" or row["shed_bytes"]]
    shed = [row for row in flood if row["shed_bytes"]]
    assert len(rows) == 64
    assert shed
    for row in rows:  # facts and usage are there all the same
        assert row["outcome"] == "answered"
        assert row["output"] == 26
        assert row["model_used"] == "claude-sonnet-4-6"
    # Counted alike: log, metric, row.
    until(
        lambda: metric(small, "lunaroute_tap_shed_exchanges_total") == len(shed),
        "the metric",
    )
    assert metric(small, "lunaroute_tap_shed_bytes_total") == sum(
        row["shed_bytes"] for row in shed
    )
    logged = re.findall(r"; (\d+) in all, (\d+) bytes", small.stderr)
    assert int(logged[-1][0]) == len(shed)
    assert int(logged[-1][1]) == sum(row["shed_bytes"] for row in shed)
    until(lambda: metric(small, "lunaroute_tap_backlog_exchanges") == 0, "no backlog")


def test_with_wait_nothing_is_shed_and_forwarding_waits(tmp_path, provider):
    config = (
        f"providers: {{anthropic: {{base_url: '{provider.url}'}}}}\n"
        f"session_recording: {{buffer_mb: {BUFFER_MB}, overflow: wait}}\n"
    )
    provider.scripts["big"] = lambda seen: [whole(big_answer())]
    with Serve(tmp_path / "home", "", config=config) as serve:
        observer = serve.child("observer")
        push(serve, 2)
        serve.recorded(2)
        os.kill(observer, signal.SIGSTOP)
        pushing = threading.Thread(target=push, args=(serve, 40))
        pushing.start()
        # 20 MB do not fit: the thread stands still until the observer goes on.
        pushing.join(1.5)
        assert pushing.is_alive()
        os.kill(observer, signal.SIGCONT)
        pushing.join(60)
        assert not pushing.is_alive()
        rows = serve.recorded(42)
        assert not any(row["shed_bytes"] for row in rows)


def test_a_blocked_disk_delays_nobody_and_loses_nothing(small, provider):
    push(small, 1, "before")
    small.recorded(1)
    database = small.home / "sessions.db"
    with contextlib.closing(sqlite3.connect(database)) as blocker:
        blocker.isolation_level = None
        blocker.execute("BEGIN IMMEDIATE")  # what a slow or locked disk looks like
        push(small, 4, "during")
        until(lambda: ready(small)["status"] == "degraded", "degraded")
        assert "database" in " ".join(ready(small)["why"]).lower()
        blocker.execute("ROLLBACK")
    rows = small.recorded(5)
    assert len(rows) == 5
    assert not any(row["shed_bytes"] for row in rows)
    until(lambda: ready(small)["status"] == "ready", "ready again")
    completed = [e for e in small.events() if e["type"] == "completed"]
    assert len(completed) == 5


def test_a_flood_beyond_the_ingest_rate_is_recorded_or_counted(small):
    """Eight clients at full speed: each exchange has its row, whole or shed."""
    gateway = small.child("gateway")
    push(small, 4, "warm-up")
    small.recorded(4)
    idle = resident(gateway)
    clients = [
        threading.Thread(target=push, args=(small, 15, f"c{n}")) for n in range(8)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join(120)
        assert not client.is_alive()
    grown = resident(gateway) - idle
    rows = small.recorded(124)
    assert len(rows) == 124
    assert len({row["id"] for row in rows}) == 124
    # Besides the buffer, eight connections have their half megabyte in flight.
    assert grown <= (BUFFER_MB + 8) * 1024 * 1024, f"{grown / 1e6:.1f} MB"


def test_a_body_beyond_the_limit_keeps_its_end_where_the_usage_stands(
    tmp_path, provider
):
    config = (
        f"providers: {{anthropic: {{base_url: '{provider.url}'}}}}\n"
        "session_recording: {max_body_mb: 1}\n"
    )

    def long_stream(seen):
        from tests.provider import STREAM_HEAD, anthropic_events, chunk, named

        events = list(anthropic_events(False))
        delta = {"type": "text_delta", "text": "y" * 10_000}
        middle = named("content_block_delta", index=0, delta=delta)
        yield STREAM_HEAD
        for event in [*events[:4], *[middle] * 300, *events[4:]]:
            yield chunk(event)
        yield b"0\r\n\r\n"

    provider.scripts["long"] = long_stream
    with Serve(tmp_path / "home", "", config=config) as serve:
        with Raw(serve.port) as client:
            client.send(post(ask("long", stream=True)))
            _, body = client.read_answer()
        assert len(body) > 3 * MEGABYTE
        (row,) = serve.recorded(1)
    assert row["answer_truncated"] == 1
    assert row["answer_bytes"] == len(body)
    assert row["stop_reason"] == "end_turn"
    assert row["output"] == 26
    assert row["outcome"] == "answered"
