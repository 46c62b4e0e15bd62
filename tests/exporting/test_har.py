"""HAR 1.2, by the schema of its specification."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from lunaroute.recording import Recorder
from lunaroute.store import open_store
from tests.exporting.kit import bodies, text_of
from tests.recording.build import CODEX, anthropic_stream, exchange, socket

SCHEMA = json.loads((Path(__file__).parent / "har.schema.json").read_text())


def valid(text):
    found = json.loads(text)
    problems = [error.message for error in Draft7Validator(SCHEMA).iter_errors(found)]
    assert problems == []
    return found["log"]["entries"]


def test_a_session(store):
    text = text_of(store, "har")
    one, two, three, four = valid(text)
    assert one["startedDateTime"] == "2025-10-09T08:53:21.000Z"
    assert one["request"]["url"] == "https://provider.test/v1/messages?beta=true"
    assert one["request"]["queryString"] == [{"name": "beta", "value": "true"}]
    assert [e["request"]["postData"]["text"].encode() for e in (one, two, three, four)] == bodies()  # fmt: skip
    assert one["response"]["content"]["text"].startswith("event: message_start\n")
    assert "comment" not in one["response"]["content"]
    assert json.loads(two["response"]["content"]["text"])["id"] == "msg_2"
    assert three["response"]["status"] == 529
    assert one["timings"]["send"] == pytest.approx(1)
    assert one["timings"]["wait"] == pytest.approx(96)
    assert one["time"] == pytest.approx(sum(one["timings"].values()))
    assert "sk-ant-secret" not in text


def test_what_never_was_has_a_valid_entry(tmp_path):
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        Recorder(tmp_path / "sessions", store).record(
            [exchange(1, status=0, content_type=None, request_pieces=[b"\xff"])]
        )
        Recorder(None, store).record([socket(number=2)])
        (entry,) = valid(text_of(store, "har", "0b9a"))
        assert "was not kept" in entry["request"]["comment"]
        assert entry["response"]["status"] == 0
        valid(text_of(store, "har", CODEX))


def test_a_stream_whose_events_were_not_kept_has_its_words(tmp_path):
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        Recorder(None, store).record([anthropic_stream(1)])
        (entry,) = valid(text_of(store, "har"))
    assert entry["response"]["content"]["text"] == "because of scattering"
    assert "its events were not kept" in entry["response"]["content"]["comment"]
