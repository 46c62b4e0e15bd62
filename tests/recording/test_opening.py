"""Requests that are whole, and what stands on disk until their answers end."""

from datetime import date

import orjson
import pytest

from lunaroute.link import Tapped
from lunaroute.recording import Asked, Recorder, recorded_request, snapshot
from lunaroute.recording._opening import open_record
from lunaroute.store import open_store
from tests.recording.build import (
    anthropic_stream,
    chunked,
    exchange,
    head,
    question,
    socket,
    tapped,
)

DAY, NEXT, LATER = date(2026, 1, 2), date(2026, 1, 3), date(2026, 1, 6)


def running(raw):
    """The same exchange before its answer."""
    raw.ending = None
    raw.answer_head, raw.answer = b"", Tapped()
    return raw


def asked(raw, *pieces):
    """Whether it is whole, after each of the pieces."""
    raw.request = Tapped()
    one = Asked(raw.request_head)
    found = []
    for piece in pieces:
        raw.request.chunks.append((1, piece))
        found.append(one.is_whole(raw))
    return found


class TestAsked:
    def test_by_its_length(self):
        raw = running(exchange(request_fields=[("Content-Length", "5")]))
        assert asked(raw, b"ab", b"cde") == [False, True]

    def test_by_its_last_chunk_however_it_is_cut(self):
        raw = running(exchange(request_fields=[("Transfer-Encoding", "chunked")]))
        sent = b"".join(chunked([b"0\r\n\r\n", b"x"]))
        whole = asked(raw, *(sent[at : at + 1] for at in range(len(sent))))
        assert whole == [False] * (len(sent) - 1) + [True]

    def test_without_a_body(self):
        raw = running(exchange(method="GET"))
        assert Asked(raw.request_head).is_whole(raw)

    def test_by_an_answer(self):
        raw = running(exchange(request_fields=[("Content-Length", "5")]))
        raw.answer_head = head("HTTP/1.1 400 X")
        assert Asked(raw.request_head).is_whole(raw)


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        yield store


@pytest.fixture
def recorder(tmp_path, store):
    days = [DAY]
    made = Recorder(tmp_path / "sessions", store, today=lambda: days[-1])
    made_days[made] = days
    yield made
    del made_days[made]


made_days: dict[Recorder, list[date]] = {}


def events(tmp_path):
    return [
        orjson.loads(line)
        for path in sorted((tmp_path / "sessions").rglob("*.jsonl"))
        for line in path.read_bytes().splitlines()
    ]


def test_the_record_of_a_running_exchange(store):
    raw = anthropic_stream()
    record = open_record(snapshot(running(anthropic_stream())), b"k")
    row = record.rows.exchange
    assert (row.outcome, row.model_requested) == ("open", "claude-x")
    assert row.request_bytes == raw.request.size
    assert (row.status, row.ended_us, row.error_text, row.problem) == (None,) * 4
    assert [text.kind for text in record.rows.texts] == ["prompt"]
    kinds = [orjson.loads(line)["type"] for line in record.lines.splitlines()]
    assert kinds == ["started", "request_recorded"]


def test_a_snapshot_does_not_grow(recorder):
    raw = running(anthropic_stream())
    taken = snapshot(raw)
    raw.request.chunks.append((9, b"more"))
    assert taken.request.head_bytes() + b"more" == raw.request.head_bytes()


def test_an_exchange_that_was_begun_ends_once(recorder, store, tmp_path):
    once = anthropic_stream()
    recorder.begin([snapshot(running(anthropic_stream()))])
    recorder.begin([snapshot(running(anthropic_stream()))])
    (row,) = store.exchanges(store.list_sessions(1)[0].session_id)
    assert recorded_request(store, row) == once.request.head_bytes()
    for _ in range(2):
        recorder.record([anthropic_stream()])
    alone = tmp_path / "alone"
    with open_store(alone / "sessions.db", writer=True) as other:
        plain = Recorder(alone / "sessions", other, today=lambda: DAY)
        plain.record([anthropic_stream()])
        wanted, got = (s.get_exchange("boot-0-1") for s in (other, store))
        assert [t.text for t in store.texts(row.session_id)] == [
            t.text for t in other.texts(row.session_id)
        ]
    kinds = [event["type"] for event in events(tmp_path)]
    assert kinds == [event["type"] for event in events(alone)]
    differing = {
        name
        for name in type(got).__slots__
        if getattr(got, name) != getattr(wanted, name)
    }
    assert differing <= {"request_hash", "answer_hash", "jsonl_length"}


def test_lines_of_others_may_stand_between(recorder, store, tmp_path):
    recorder.begin([snapshot(running(anthropic_stream(1)))])
    recorder.record([anthropic_stream(2)])
    recorder.record([anthropic_stream(1)])
    (path,) = (tmp_path / "sessions").rglob("*.jsonl")
    row = store.get_exchange("boot-0-1")
    text = path.read_bytes()[row.jsonl_offset :][: row.jsonl_length]
    lines = [orjson.loads(line) for line in text.splitlines()]
    own = [line["type"] for line in lines if line["exchange_id"] == row.id]
    assert own == [
        event["type"] for event in events(tmp_path) if event["exchange_id"] == row.id
    ]
    assert (own[0], own[-1]) == ("started", "completed")
    for number in (1, 2):
        raw = anthropic_stream(number)
        given = recorded_request(store, store.get_exchange(f"boot-0-{number}"))
        assert given == raw.request.head_bytes()


@pytest.mark.parametrize(
    ("ends", "files"), [(DAY, ["2026-01-02"]), (NEXT, ["2026-01-02"])]
)
def test_it_ends_in_the_file_in_which_it_began(recorder, tmp_path, ends, files):
    recorder.begin([snapshot(running(anthropic_stream()))])
    made_days[recorder].append(ends)
    recorder.record([anthropic_stream()])
    found = sorted((tmp_path / "sessions").rglob("*.jsonl"))
    assert [path.parent.name for path in found] == files
    kinds = [event["type"] for event in events(tmp_path)]
    assert kinds.count("started") == kinds.count("completed") == 1


@pytest.mark.parametrize("why", ["deleted", "days later"])
def test_it_is_written_whole_where_its_beginning_is_not(recorder, store, tmp_path, why):
    recorder.begin([snapshot(running(anthropic_stream()))])
    (path,) = (tmp_path / "sessions").rglob("*.jsonl")
    if why == "deleted":
        path.unlink()
    else:
        made_days[recorder].append(LATER)
    recorder.record([anthropic_stream()])
    row = store.get_exchange("boot-0-1")
    assert recorded_request(store, row) == anthropic_stream().request.head_bytes()
    text = (tmp_path / "sessions" / row.jsonl_file).read_bytes()
    assert text.startswith(b'{"type":"started"')


def test_a_request_that_was_shed_meanwhile_stays_in_its_session(
    recorder, store, tmp_path
):
    user = {"user_id": "user_x_account_y_session_0b9a3c1e-5d0f-4a6e-9c57-1d2e3f405162"}
    body = question(metadata=user)
    recorder.begin([snapshot(running(exchange(1, body=body, session=None)))])
    shed = exchange(1, body=body, session=None, content_type=None)
    shed.request.chunks.clear()
    shed.request.truncated, shed.shed = True, shed.request.size
    recorder.record([shed])
    (row,) = store.exchanges("0b9a3c1e-5d0f-4a6e-9c57-1d2e3f405162")
    assert (row.outcome, row.model_requested) == ("answered", "claude-x")
    assert row.shed_bytes == shed.request.size
    assert {event["session_id"] for event in events(tmp_path)} == {row.session_id}
    assert recorded_request(store, row)


@pytest.mark.parametrize("again", [True, False])
def test_what_began_for_a_database_that_is_gone(recorder, tmp_path, again):
    recorder.begin([snapshot(running(anthropic_stream()))])
    with open_store(tmp_path / "new.db", writer=True) as other:
        goes_on = Recorder(tmp_path / "sessions", other, today=lambda: DAY)
        if again:
            goes_on.begin([snapshot(running(anthropic_stream()))])
            assert other.get_exchange("boot-0-1").outcome == "open"
        goes_on.record([anthropic_stream()])
        row = other.get_exchange("boot-0-1")
        assert row.outcome == "answered"
        given = recorded_request(other, row)
        assert given == anthropic_stream().request.head_bytes()
        (path,) = (tmp_path / "sessions").rglob("*.jsonl")
        assert (row.jsonl_offset, row.jsonl_length) == (0, path.stat().st_size)
    kinds = [event["type"] for event in events(tmp_path)]
    assert kinds.count("started") == kinds.count("completed") == 1
    assert kinds[-1] == "completed"


def test_without_a_store_nothing_is_begun(tmp_path):
    recorder = Recorder(tmp_path / "sessions", None, today=lambda: DAY)
    recorder.begin([snapshot(running(anthropic_stream()))])
    assert recorder.abandon(()) == ()
    assert events(tmp_path) == []
    recorder.record([anthropic_stream()])
    assert events(tmp_path)[-1]["type"] == "completed"


def test_without_files_it_is_a_row(store):
    recorder = Recorder(None, store, today=lambda: DAY)
    recorder.begin([snapshot(running(anthropic_stream()))])
    assert store.get_exchange("boot-0-1").outcome == "open"
    recorder.record([anthropic_stream()])
    assert store.get_exchange("boot-0-1").outcome == "answered"


def test_a_websocket_is_open_until_it_ends(recorder, store):
    raw = socket()
    raw.ending = None
    recorder.begin([snapshot(raw)])
    row = store.get_exchange("boot-0-1")
    assert (row.outcome, row.endpoint) == ("open", "websocket")
    recorder.record([socket()])
    assert store.get_exchange("boot-0-1").outcome == "answered"


def test_a_failed_commit_leaves_nothing(recorder, store, tmp_path, monkeypatch):
    from lunaroute.recording import _keeper

    def fail(*_):
        raise OSError("no space")

    with monkeypatch.context() as patch:
        patch.setattr(_keeper, "_add", fail)
        with pytest.raises(OSError, match="no space"):
            recorder.begin([snapshot(running(anthropic_stream()))])
    recorder.begin([snapshot(running(anthropic_stream()))])
    recorder.record([anthropic_stream()])
    kinds = [event["type"] for event in events(tmp_path)]
    assert kinds.count("started") == kinds.count("completed") == 1


def test_a_body_that_is_known_is_referred_to_by_what_began_later(recorder, store):
    pieces = [orjson.dumps(question("long " * 200))]
    first = running(exchange(1, request_pieces=pieces))
    recorder.begin([snapshot(first)])
    more = [pieces[0][:-1] + b',"more":1}']
    recorder.begin([snapshot(running(exchange(2, request_pieces=more)))])
    second = store.get_exchange("boot-0-2")
    assert second.jsonl_length < store.get_exchange("boot-0-1").jsonl_length
    assert recorded_request(store, second) == more[0]
    assert tapped(more).size == second.request_bytes
