"""The turns on a WebSocket, from the bytes of its tape to rows, events and search."""

import contextlib
import json
import sqlite3
from datetime import date

import pytest

from lunaroute.insight import session_detail, session_list
from lunaroute.model import Endpoint, Outcome, TextKind
from lunaroute.recording import Recorder, SessionFiles, _turns
from lunaroute.recording._reading import read_exchange
from lunaroute.recording._record import make_records
from lunaroute.recording._turns import with_turns
from lunaroute.store import open_store
from tests.frames import CLOSE, MASK, PING, Deflater, frame, texts
from tests.pii.finder import EMAIL, redactor
from tests.recording.build import CODEX, MS, create, response_events, socket

KEY = b"k" * 32
DEFLATE = ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits=15")


def up(*messages, deflater=None):
    return [("up", each) for each in texts(messages, mask=MASK, deflater=deflater)]


def down(*messages, deflater=None):
    return [("down", each) for each in texts(messages, deflater=deflater)]


def read(*passed, **more):
    return with_turns(read_exchange(socket(*passed, **more), KEY), KEY)


def said(reading, kind=TextKind.ANSWER):
    return [text.text for text in reading.answer.texts if text.kind is kind]


WARM = [
    *up(create(generate=False, instructions="be brief")),
    *down(
        {"type": "response.created", "response": {"id": "resp_w", "model": "gpt-x-1"}},
        {"type": "response.completed", "response": {
            "id": "resp_w", "model": "gpt-x-1", "status": "completed", "output": [],
            "usage": {"input_tokens": 900, "output_tokens": 0}}},
    ),
]  # fmt: skip
FIRST = [*up(create("why is the sky blue")), *down(*response_events())]
RESULT = {"type": "function_call_output", "call_id": "call_1", "output": "sky.txt"}
SECOND = [
    *up(create(input=[RESULT], previous_response_id="resp_1")),
    *down(*response_events("as the file says", 2)),
]


def check_conversation(readings):
    whole, warm, first, second = readings
    assert [reading.id for reading in readings] == [
        "boot-0-1", "boot-0-1.1", "boot-0-1.2", "boot-0-1.3",
    ]  # fmt: skip
    assert {reading.session.id for reading in readings} == {CODEX}
    assert {reading.problem for reading in readings} == {None}
    assert {reading.outcome for reading in readings} == {Outcome.ANSWERED}
    assert [reading.endpoint for reading in readings] == [
        Endpoint.WEBSOCKET, Endpoint.WARM_UP, Endpoint.RESPONSES, Endpoint.RESPONSES,
    ]  # fmt: skip
    assert whole.request.model is None
    assert warm.answer.usage.total == 0
    assert warm.answer.usage.vendor["input_tokens"] == 900
    for reading, words in (
        (first, "because of scattering"),
        (second, "as the file says"),
    ):
        assert reading.request.model == "gpt-x"
        assert reading.answer.model == "gpt-x-1"
        assert reading.answer.usage.total == 85
        assert reading.answer.usage.reasoning == 16
        assert reading.answer.stop_reason == "completed"
        assert said(reading) == [words]
    assert first.answer.tool_calls[0].id == "call_1"
    assert second.request.tool_results[0].text == "sky.txt"


def test_a_conversation():
    check_conversation(read(*WARM, *FIRST, *SECOND))


@pytest.mark.parametrize("takeover", [True, False])
def test_a_compressed_conversation(takeover):
    requests = Deflater(takeover=takeover)
    answers = Deflater(takeover=takeover)
    passed = []
    for way, chunk in (*WARM, *FIRST, *SECOND):
        size = 2 + {126: 2, 127: 8}.get(chunk[1] & 127, 0) + (4 if way == "up" else 0)
        data = chunk[size:]
        if way == "up":
            data = bytes(byte ^ MASK[at % 4] for at, byte in enumerate(data))
            passed += up(json.loads(data), deflater=requests)
        else:
            passed += down(json.loads(data), deflater=answers)
    check_conversation(read(*passed, answer_fields=[DEFLATE]))


def test_chunks_are_cut_anywhere():
    pieces = []
    for way, chunk in (*WARM, *FIRST, *SECOND):
        pieces += [(way, chunk[at : at + 7]) for at in range(0, len(chunk), 7)]
    check_conversation(read(*pieces))


def test_many_frames_in_a_chunk():
    joined = [
        (way, b"".join(chunk for each, chunk in turn if each == way))
        for turn in (WARM, FIRST, SECOND)
        for way in ("up", "down")
    ]
    check_conversation(read(*joined))


def test_moments_are_those_of_the_turn():
    _, _, first, _ = read(*WARM, *FIRST, *SECOND)
    since = first.timeline.since_start_us
    # Three chunks of the warm-up, from +10 ms on; then one a millisecond.
    assert first.timeline.start == 1_013 * MS
    assert since(first.timeline.first_token) == 2_000
    assert since(first.ending.times.first_byte_down) == 1_000
    assert since(first.ending.times.ended) == 3_000


def test_sizes_are_those_on_the_wire():
    whole, *turns = read(*WARM, *FIRST, *SECOND)
    assert sum(turn.ending.request_bytes for turn in turns) == whole.raw.tunnel_up.size
    assert sum(turn.ending.answer_bytes for turn in turns) == whole.raw.tunnel_down.size


def test_requests_that_come_before_their_turn():
    begun = up(create("one"), create("two"))
    heard = [*down(*response_events("1")), *down(*response_events("2", 2))]
    _, one, two = read(*begun, *heard)
    assert (said(one), said(two)) == (["1"], ["2"])


REFUSAL = {
    "type": "error",
    "status": 429,
    "error": {"type": "rate_limit_exceeded", "message": "Slow down"},
    "headers": {"retry-after": "1"},
}


def test_an_error_is_the_providers_refusal_and_the_next_turn_is_its_own():
    whole, refused, answered = read(*up(create("one")), *down(REFUSAL), *FIRST)
    assert whole.outcome is Outcome.ANSWERED
    assert refused.outcome is Outcome.REFUSED_BY_PROVIDER
    assert refused.status == 429
    assert (refused.answer.error_kind, refused.answer.error_text) == (
        "rate_limit_exceeded",
        "Slow down",
    )
    assert answered.outcome is Outcome.ANSWERED
    assert said(answered) == ["because of scattering"]


def test_a_response_that_failed():
    failed = {"type": "response.failed", "response": {
        "id": "r", "status": "failed", "error": {"code": "server_error", "message": "oh"}}}  # fmt: skip
    _, turn = read(*up(create("one")), *down(failed))
    assert turn.outcome is Outcome.REFUSED_BY_PROVIDER
    assert turn.answer.error_kind == "server_error"


def test_an_error_beside_all_turns_is_the_sockets():
    limit = {"type": "error", "code": "websocket_connection_limit_reached", "message": "old"}  # fmt: skip
    whole, turn = read(*FIRST, *down(limit))
    assert turn.outcome is Outcome.ANSWERED
    assert whole.outcome is Outcome.REFUSED_BY_PROVIDER
    assert whole.answer.error_text == "old"


HALF = [*up(create("one")), *down(*response_events()[:2])]
CLIENT_CLOSE = ("up", frame(b"\x03\xe8", CLOSE, mask=MASK))
SERVER_CLOSE = ("down", frame(b"\x03\xe8", CLOSE))


@pytest.mark.parametrize(
    ("gateway", "closes", "expected"),
    [
        ("client_left", [], "client_left"),
        ("answered", [], "upstream_cut"),
        ("interrupted", [], "interrupted"),
        ("answered", [CLIENT_CLOSE], "client_left"),
        ("answered", [CLIENT_CLOSE, SERVER_CLOSE], "client_left"),
        ("answered", [SERVER_CLOSE, CLIENT_CLOSE], "upstream_cut"),
        ("client_left", [SERVER_CLOSE], "upstream_cut"),
    ],
)
def test_a_socket_that_ends_within_an_answer(gateway, closes, expected):
    _, turn = read(*HALF, *closes, outcome=Outcome(gateway))
    assert turn.outcome.value == expected
    assert said(turn) == ["because of scattering"]
    assert turn.timeline.since_start_us(turn.ending.times.ended) == 3_000 + 1_000 * len(closes)  # fmt: skip


@pytest.mark.parametrize("outcome", ["answered", "client_left", "interrupted"])
def test_after_its_end_an_answer_is_whole_whatever_the_socket_does(outcome):
    whole, turn = read(*FIRST, outcome=Outcome(outcome))
    assert turn.outcome is Outcome.ANSWERED
    assert whole.outcome.value == {"client_left": "answered"}.get(outcome, outcome)


def test_a_request_without_an_answer():
    _, turn = read(*up(create("one")), outcome=Outcome.ANSWERED)
    assert turn.outcome is Outcome.UPSTREAM_CUT
    assert [text.text for text in turn.request.texts] == ["one"]
    assert turn.problem is None


METADATA = {
    "session_id": "from-the-frame",
    "x-codex-turn-metadata": json.dumps(
        {"session_id": "from-the-frame", "thread_id": "t2", "thread_source": "subagent"}
    ),
}


def test_the_session_of_the_frames_where_the_handshake_has_none():
    readings = read(*up(create("one", client_metadata=METADATA)), fields=())
    for reading in readings:
        assert reading.session.id == "from-the-frame"
        assert reading.who.agent == "t2"


def test_without_any_session_all_of_a_socket_is_one():
    readings = read(*FIRST, *SECOND, fields=())
    assert len({reading.session.id for reading in readings}) == 1


def test_a_subagent_by_the_handshake():
    fields = [
        ("session-id", CODEX), ("thread-id", "t2"), ("x-openai-subagent", "collab_spawn"),
        ("x-codex-parent-thread-id", CODEX),
    ]  # fmt: skip
    _, turn = read(*FIRST, fields=fields)
    assert (turn.session.id, turn.who.agent, turn.who.parent_agent) == (CODEX, "t2", CODEX)  # fmt: skip


def gap(tapped, kept):
    """What a tape has of a direction whose middle is missing."""
    tapped.truncated = True
    tapped.tail = tapped.chunks[-1][1][-5:]
    del tapped.chunks[kept:]


def test_a_gap_in_the_answers():
    raw = socket(*FIRST, *SECOND)
    gap(raw.tunnel_down, 4)
    whole, first, second = with_turns(read_exchange(raw, KEY), KEY)
    assert first.answer.usage.total == 85
    assert first.problem is None
    assert second.outcome is Outcome.ANSWERED
    assert second.answer.model == "gpt-x-1"
    assert second.answer.usage is None
    assert "read up to" in second.problem
    assert "provider's frames: read up to" in whole.problem


def test_a_gap_in_the_requests_loses_no_answer():
    raw = socket(*FIRST, *SECOND)
    gap(raw.tunnel_up, 1)
    whole, first, second = with_turns(read_exchange(raw, KEY), KEY)
    assert first.problem is None
    assert said(second) == ["as the file says"]
    assert second.answer.usage.total == 85
    assert second.problem == "request: not kept"
    assert second.session.id == CODEX
    assert "client's frames" in whole.problem


@pytest.mark.parametrize("way", ["up", "down"])
def test_broken_frames_are_a_problem_of_the_socket(way):
    whole, first, *_ = read(*FIRST, (way, b"\xff" * 30), *SECOND)
    assert "opcode" in whole.problem
    assert said(first) == ["because of scattering"]


def test_cut_at_every_byte():
    data = b"".join(chunk for way, chunk in FIRST if way == "down")
    for at in range(len(data)):
        whole, turn = read(FIRST[0], ("down", data[:at]))
        assert turn.outcome is Outcome.CLIENT_LEFT
        assert turn.request.model == "gpt-x"
        assert whole.problem in (None, "the provider's frames end within a message")


def test_messages_that_are_no_json_and_other_ones():
    passed = [
        ("up", frame(b"{nonsense", mask=MASK)),
        ("up", frame(b"", PING, mask=MASK)),
        *up({"type": "response.cancel"}, ["list"]),
        ("down", frame(b"nonsense")),
        *down({"type": "codex.rate_limits"}, *response_events()[:1]),
        ("down", frame(b"\xff\x00", opcode=2)),
        *FIRST,
    ]
    whole, turn = read(*passed)
    assert turn.answer.usage.total == 85
    assert turn.problem is None
    assert whole.outcome is Outcome.ANSWERED


def test_a_bomb_stops_no_batch():
    packed = Deflater().pack(b"\0" * 5_000_000)
    bomb = ("down", frame(packed, reserved=4))
    whole, turn = read(
        *up(create("one")), bomb, answer_fields=[DEFLATE], outcome=Outcome.ANSWERED
    )
    assert "unfold" in whole.problem
    assert "unfold" in turn.problem


def test_another_protocol_is_left_alone():
    raw = socket(("up", b"\x00\x01"), ("down", b"\xff\xff"))
    raw.request_head = raw.request_head.replace(b"/v1/responses", b"/v1/realtime")
    (record,) = make_records(raw, KEY)
    assert record.rows.exchange.endpoint == "other"
    assert record.rows.exchange.problem is None


def test_rows():
    _, warm, first, second = [
        record.rows.exchange for record in make_records(socket(*WARM, *FIRST, *SECOND), KEY)
    ]  # fmt: skip
    assert [row.request_class for row in (warm, first, second)] == [
        "warm_up",
        "main",
        "main",
    ]
    assert (warm.input_uncached, warm.output) == (None, None)
    assert json.loads(warm.vendor_usage)["input_tokens"] == 900
    expected = {
        "id": "boot-0-1.2",
        "method": "GET",
        "path": "/v1/responses",
        "status": 101,
        "streaming": True,
        "model_requested": "gpt-x",
        "model_used": "gpt-x-1",
        "response_id": "resp_1",
        "cache_read": 40,
        "input_uncached": 20,
        "output": 9,
        "reasoning": 16,
        "answer_chunks": 3,
        "head_received_us": None,
        "first_byte_up_us": 0,
        "first_token_us": 2_000,
        "ended_us": 3_000,
        "tunnel_up_bytes": 0,
        "user_agent": "test/1",
        "reused": True,
    }
    assert {name: getattr(first, name) for name in expected} == expected
    assert len(first.request_hash) == 64


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "home" / "sessions.db", writer=True) as store:
        yield store


def test_the_pauses_on_a_socket_are_no_latency(tmp_path, store):
    recorder(tmp_path, store).record([socket(*FIRST, *SECOND)])
    with contextlib.closing(sqlite3.connect(store.path)) as db:
        (row,) = db.execute("SELECT provider_latency_ms, request_count FROM sessions")
    assert row == (3 + 3, 3)


def test_turns_without_end(monkeypatch):
    monkeypatch.setattr(_turns, "MAX_TURNS", 2)
    whole, *turns = read(*FIRST, *SECOND, *FIRST)
    assert [said(turn) for turn in turns] == [["because of scattering"], ["as the file says"]]  # fmt: skip
    assert "no more than 2 turns" in whole.problem
    raw = socket(*FIRST, *SECOND, *FIRST)
    gap(raw.tunnel_up, 0)
    assert len(with_turns(read_exchange(raw, KEY), KEY)) == 1 + 2


def recorder(tmp_path, store):
    return Recorder(tmp_path / "s", store, today=lambda: date(2026, 1, 2))


def test_in_the_store_and_found(tmp_path, store):
    raw = socket(*WARM, *FIRST, *SECOND)
    done = recorder(tmp_path, store).record([raw])
    assert done.ids == (raw.id,)
    assert len(done.rows) == 4
    (session,) = session_list(store, 5).sessions
    assert (session.turn_count, session.total_tokens) == (2, 2 * 85)
    assert (session.model_used, session.success) == ("gpt-x-1", True)
    for words in ("sky blue", "scattering", "be brief", "file says", "sky.txt"):
        assert store.search(words, 5), words
    call = store.tool_calls(CODEX)[0]
    assert call.result_exchange_id == "boot-0-1.3"
    turns = session_detail(store, CODEX).turns
    assert [turn.exchange.id for turn in turns] == [
        "boot-0-1", "boot-0-1.1", "boot-0-1.2", "boot-0-1.3",
    ]  # fmt: skip


@pytest.mark.parametrize("with_store", [True, False])
def test_told_twice_is_recorded_once(tmp_path, store, with_store):
    kept = store if with_store else None
    recorder(tmp_path, kept).record([socket(*WARM, *FIRST)])
    again = recorder(tmp_path, kept).record([socket(*WARM, *FIRST, resent=True)])
    assert again.rows == ()
    assert len(again.ids) == 1
    (path,) = (tmp_path / "s").rglob("*.jsonl")
    events = [json.loads(line) for line in path.read_text().splitlines()]
    completed = [e["exchange_id"] for e in events if e["type"] == "completed"]
    assert completed == ["boot-0-1", "boot-0-1.1", "boot-0-1.2"]


def test_the_events_of_a_turn(tmp_path, store):
    recorder(tmp_path, store).record([socket(*FIRST)])
    (path,) = (tmp_path / "s").rglob("*.jsonl")
    events = [json.loads(line) for line in path.read_text().splitlines()]
    turn = [event for event in events if event["exchange_id"] == "boot-0-1.1"]
    assert [event["type"] for event in turn] == [
        "started",
        "request_recorded",
        "stream_started",
        "response_recorded",
        "tool_call_recorded",
        "completed",
    ]
    assert turn[1]["request_text"] == "why is the sky blue"
    assert turn[1]["request_json"]["type"] == "response.create"
    assert turn[2]["time_to_first_token_ms"] == 2
    assert turn[3]["response_text"] == "because of scattering"
    assert turn[5]["final_stats"]["tokens"]["total"] == 85


def messages_of(*events):
    """As `texts` puts them into frames."""
    return [each if isinstance(each, str) else json.dumps(each) for each in events]


@pytest.mark.parametrize("takeover", [False, True])
def test_the_answers_messages_come_back(tmp_path, store, takeover):
    deflater = Deflater() if takeover else None
    passed = [*up(create("why")), *down(*response_events(), deflater=deflater)]
    more = {"answer_fields": [DEFLATE]} if takeover else {}
    recorder(tmp_path, store).record([socket(*passed, **more)])
    row = store.get_exchange("boot-0-1.1")
    body = SessionFiles(store).answered(row).body
    assert body.decode().split("\n") == messages_of(*response_events())


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_what_was_redacted_in_an_answers_messages_is_named(tmp_path, store, size):
    words = f"write to {EMAIL} soon"
    created, delta, completed = response_events(words)
    deltas = [
        {**delta, "delta": words[at : at + size]} for at in range(0, len(words), size)
    ]
    passed = [*up(create("why")), *down(created, *deltas, completed)]
    Recorder(tmp_path / "s", store, redactor=redactor()).record([socket(*passed)])
    found = SessionFiles(store).answered(store.get_exchange("boot-0-1.1"))
    told = [json.loads(line) for line in found.body.split(b"\n")]
    spoken = "".join(each["delta"] for each in told[1:-1])
    assert spoken == "write to [EMAIL] soon"
    assert told[-1]["response"]["output"][0]["content"][0]["text"] == spoken
    assert len(told) == len(deltas) + 2
    assert {mark.kind for mark in found.marks} == {"email"}
    for mark in found.marks:
        assert found.body[mark.start : mark.end] == b"[EMAIL]"


def test_of_a_turn_that_broke_off_what_came_comes_back(tmp_path, store):
    created, delta, _ = response_events()
    recorder(tmp_path, store).record(
        [socket(*up(create("why")), *down(created, delta))]
    )
    body = SessionFiles(store).answered(store.get_exchange("boot-0-1.1")).body
    assert body.decode().split("\n") == messages_of(created, delta)
