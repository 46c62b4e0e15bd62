"""WebSockets while they are open: turns on disk as they end, the same ones as when all
of it is read at once.
"""

from datetime import date

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunaroute.link import Tapped
from lunaroute.recording import CameFrames, Recorder, SocketSoFar
from lunaroute.store import open_store
from tests.frames import Deflater
from tests.recording.build import CODEX, create, exchange, response_events, socket
from tests.recording.test_turns import (
    DEFLATE,
    FIRST,
    KEY,
    SECOND,
    WARM,
    down,
    up,
)

DAY = date(2026, 1, 2)
ALL = [*WARM, *FIRST, *SECOND]


def running(*passed, **more):
    """The WebSocket as far as these chunks, in one list as they passed."""
    raw = socket(*passed, **more)
    raw.ending = None
    return raw


def came(raw, upto, since=(0, 0)):
    """What passed up to so many chunks of both directions."""
    return CameFrames(
        tuple(raw.tunnel_up.chunks[since[0] : upto[0]]),
        tuple(raw.tunnel_down.chunks[since[1] : upto[1]]),
    )


def places(passed, *counts):
    """After so many chunks: how many of them went up and down."""
    return [
        (
            sum(way == "up" for way, _ in passed[:count]),
            sum(way == "down" for way, _ in passed[:count]),
        )
        for count in counts
    ]


def looked_at(raw, passed, *counts):
    so_far = SocketSoFar(raw)
    since = (0, 0)
    for place in places(passed, *counts, len(passed)):
        so_far.take(came(raw, place, since))
        since = place
        yield so_far.tell(KEY)


def ids(records):
    return [str(record.id) for record in records]


def test_turns_are_told_as_they_end():
    asked, answered = len(WARM), len(WARM) + 1
    half = len(WARM) + 3  # asked, begun, a delta
    told = list(looked_at(running(*ALL), ALL, 0, asked, answered, half))
    assert ids(told[0].begun) == ["boot-0-1"]
    assert (ids(told[1].begun), ids(told[1].ended)) == ([], ["boot-0-1.1"])
    assert ids(told[2].begun) == ["boot-0-1.2"]
    assert told[2].begun[0].rows.exchange.outcome == "open"
    assert [t.text for t in told[2].begun[0].rows.texts] == ["why is the sky blue"]
    assert told[2].heard == ()
    (heard,) = told[3].heard
    assert (heard.id, heard.model_used) == ("boot-0-1.2", "gpt-x-1")
    assert [piece.text for piece in heard.pieces] == ["because of scattering"]
    assert ids(told[4].ended) == ["boot-0-1.2", "boot-0-1.3"]
    assert told[4].heard == ()


@settings(max_examples=40, deadline=None)
@given(
    counts=st.lists(st.integers(0, len(ALL)), max_size=5).map(sorted),
    is_deflated=st.booleans(),
)
def test_they_are_those_of_the_whole(tmp_path_factory, counts, is_deflated):
    passed, more = ALL, {}
    if is_deflated:
        sent, got = Deflater(), Deflater()
        passed = [*up(create("why"), deflater=sent)]
        passed += down(*response_events(), deflater=got)
        passed += up(create("and then"), deflater=sent)
        passed += down(*response_events("so", 2), deflater=got)
        more = {"answer_fields": [DEFLATE]}
    counts = [count for count in counts if count <= len(passed)]
    place = tmp_path_factory.mktemp("place")
    rows = []
    for name in ("looked-at", "at-once"):
        with open_store(place / f"{name}.db", writer=True, durable=False) as store:
            recorder = Recorder(
                place / name, store, today=lambda: DAY, key=KEY, durable=False
            )
            if name == "looked-at":
                look(recorder, running(*passed, **more), passed, counts)
            recorder.record([socket(*passed, **more)])
            rows.append({row.id: row for row in store.exchanges(CODEX)})
            kinds = [event["type"] for event in events(place / name)]
            assert kinds.count("started") == kinds.count("completed") == len(rows[-1])
    assert rows[0].keys() == rows[1].keys()
    for exchange_id, row in rows[0].items():
        other = rows[1][exchange_id]
        assert row.outcome == other.outcome
        for name in (
            "model_used",
            "output",
            "answer_bytes",
            "first_token_us",
            "problem",
        ):
            assert getattr(row, name) == getattr(other, name), name


def look(recorder, raw, passed, counts):
    so_far = SocketSoFar(raw)
    since = (0, 0)
    for place in places(passed, *counts):
        recorder.follow([(so_far, came(raw, place, since))])
        since = place


def events(directory):
    return [
        orjson.loads(line)
        for path in sorted(directory.rglob("*.jsonl"))
        for line in path.read_bytes().splitlines()
    ]


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        yield store


@pytest.fixture
def recorder(tmp_path, store):
    return Recorder(tmp_path / "sessions", store, today=lambda: DAY)


def test_turns_that_ended_outlive_everything(recorder, store, tmp_path):
    half = [*FIRST, *SECOND[:2]]
    raw = running(*half)
    so_far = SocketSoFar(raw)
    news = recorder.follow([(so_far, came(raw, places(half, len(half))[0]))])
    assert [str(each.id) for each in news] == ["boot-0-1.1"]
    outcomes = {row.id: row.outcome for row in store.exchanges(CODEX)}
    assert outcomes == {
        "boot-0-1": "open",
        "boot-0-1.1": "answered",
        "boot-0-1.2": "open",
    }
    recorder.abandon(())
    outcomes = {row.id: row.outcome for row in store.exchanges(CODEX)}
    assert set(outcomes.values()) == {"answered", "interrupted"}
    kinds = [event["type"] for event in events(tmp_path / "sessions")]
    assert kinds.count("started") == kinds.count("completed") == 3


def test_a_session_that_only_the_frames_name(recorder, store):
    named = {"client_metadata": {"session_id": "frames-say"}}
    passed = [*up(create("why", **named)), *down(*response_events())]
    raw = running(*passed, fields=())
    so_far = SocketSoFar(raw)
    recorder.follow([(so_far, CameFrames((), ()))])
    assert store.list_sessions(9) == ()
    recorder.follow([(so_far, came(raw, places(passed, len(passed))[0]))])
    recorder.record([socket(*passed, fields=())])
    sessions = {row.session_id for row in store.list_sessions(9)}
    (session,) = sessions
    assert len(store.exchanges(session)) == 2


def test_frames_that_cannot_be_read_are_left_to_the_end(recorder, store):
    passed = [*FIRST, ("down", b"\xff\xff\xff"), *SECOND]
    raw = running(*passed)
    told = list(looked_at(raw, passed))
    assert ids(told[0].ended) == ["boot-0-1.1"]
    so_far = SocketSoFar(raw)
    recorder.follow([(so_far, came(raw, places(passed, len(passed))[0]))])
    recorder.record([socket(*passed)])
    assert {row.outcome for row in store.exchanges(CODEX)} == {"answered"}


def test_a_fault_of_ours_is_left_to_the_end(recorder, store, monkeypatch, caplog):
    raw = running(*FIRST)
    so_far = SocketSoFar(raw)
    with monkeypatch.context() as patch:
        patch.setattr(SocketSoFar, "_heard", lambda *_: 1 / 0)
        for _ in range(2):
            recorder.follow([(so_far, came(raw, (9, 9)))])
    assert "cannot be followed: ZeroDivisionError" in caplog.text
    recorder.record([socket(*FIRST)])
    assert {row.outcome for row in store.exchanges(CODEX)} == {"answered"}


def test_another_tunnel_is_left_alone():
    raw = exchange(1, method="GET", path="/other", status=101)
    raw.request, raw.answer, raw.ending = Tapped(), Tapped(), None
    so_far = SocketSoFar(raw)
    so_far.take(CameFrames(((1, b"x"),), ()))
    assert so_far.tell(KEY).begun == ()


def test_without_a_store_nothing_is_told(tmp_path):
    recorder = Recorder(tmp_path, None)
    raw = running(*FIRST)
    assert recorder.follow([(SocketSoFar(raw), came(raw, (9, 9)))]) == []
    assert list(tmp_path.iterdir()) == []
