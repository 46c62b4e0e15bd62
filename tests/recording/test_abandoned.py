"""Open rows of a gateway that is gone end as interrupted, with all that had come."""

from datetime import date

import orjson
import pytest

from lunaroute.recording import Recorder, snapshot
from lunaroute.recording._abandoned import interrupted
from lunaroute.store import Abandoned, Heard, Piece, open_store
from tests.recording.build import SESSION, anthropic_stream, exchange, question
from tests.recording.test_opening import running
from tests.store.kit import exchange as row_of

DAY = date(2026, 1, 2)


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        yield store


@pytest.fixture
def recorder(tmp_path, store):
    return Recorder(tmp_path / "sessions", store, today=lambda: DAY)


def events(tmp_path):
    (path,) = (tmp_path / "sessions").rglob("*.jsonl")
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def heard(store):
    with store.writing() as batch:
        batch.hear(
            Heard(
                id="boot-0-1",
                anew=True,
                first_piece=0,
                pieces=(
                    Piece("0", "thinking", "hm"),
                    Piece("1", "answer", "because of "),
                    Piece("1", "answer", "scattering"),
                ),
                status=200,
                model_used="claude-x-1",
                answer_bytes=900,
                streaming=True,
                first_body_down_us=100_000,
                first_token_us=120_000,
                ended_us=500_000,
                input_uncached=10,
                output=1,
            )
        )


def test_what_had_come_is_kept(recorder, store, tmp_path):
    recorder.begin([snapshot(running(anthropic_stream()))])
    heard(store)
    (row,) = recorder.abandon(())
    assert recorder.abandon(()) == ()
    stored = store.get_exchange("boot-0-1")
    assert stored.outcome == row.outcome == "interrupted"
    assert "the gateway ended" in stored.error_text
    assert (stored.input_uncached, stored.ended_us) == (10, 500_000)
    said = [(t.kind, t.text) for t in store.texts(SESSION)]
    assert said[-2:] == [("thinking", "hm"), ("answer", "because of scattering")]
    assert len(store.search("scattering", 9)) == 1
    told = events(tmp_path)
    assert [event["type"] for event in told] == [
        *("started", "request_recorded", "stream_started"),
        *("response_recorded", "completed"),
    ]
    assert told[-2]["response_text"] == "because of scattering"
    assert told[-2]["model_used"] == "claude-x-1"
    assert (told[-1]["outcome"], told[-1]["status"]) == ("interrupted", 200)
    assert told[-1]["final_stats"]["tokens"]["input"] == 10
    assert told[-1]["total_duration_ms"] == 500
    assert {event["session_id"] for event in told} == {SESSION}


def test_one_whose_end_comes_after_all_is_not_told_twice(recorder, store, tmp_path):
    recorder.begin([snapshot(running(anthropic_stream()))])
    recorder.abandon(())
    recorder.record([anthropic_stream()])
    assert store.get_exchange("boot-0-1").outcome == "interrupted"
    kinds = [event["type"] for event in events(tmp_path)]
    assert kinds == ["started", "request_recorded", "completed"]


def test_only_what_nobody_tells_of(recorder, store):
    recorder.begin([snapshot(running(exchange(n, body=question()))) for n in (1, 2)])
    assert recorder.abandon(None) == ()
    assert recorder.abandon(("boot-0-",)) == ()
    assert [row.id for row in recorder.abandon(None, ["boot-0-2"])] == ["boot-0-2"]
    assert "the buffer was full" in store.get_exchange("boot-0-2").error_text
    assert recorder.abandon(("boot-0-1",)) == ()
    assert store.get_exchange("boot-0-1").outcome == "open"


@pytest.mark.parametrize(
    "session", ["Mixed-Case", "not/plain", None, "h_looks_like_ours"]
)
def test_the_file_of_its_session(recorder, store, tmp_path, session):
    recorder.begin([snapshot(running(exchange(1, body=question(), session=session)))])
    recorder.abandon(())
    kinds = [event["type"] for event in events(tmp_path)]
    assert kinds == ["started", "request_recorded", "completed"]


@pytest.mark.parametrize(
    "bad",
    [{"endpoint": "nonsense"}, {"request_headers": "{"}, {"vendor_usage": "[1"}],
)
def test_a_row_that_somebody_wrote_into_ends_all_the_same(bad):
    row = row_of(1, outcome="open", **bad)
    record = interrupted(Abandoned(row, (Piece("0", "nonsense", "x"),)), b"k")
    assert record.rows.exchange.outcome == "interrupted"
    assert record.lines.count(b"\n") >= 3
    assert record.stem == "session_s1"
