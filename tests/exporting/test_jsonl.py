"""JSONL is what the files hold, and its bodies come back from it alone."""

import json

import pytest

from lunaroute.errors import StoreError
from lunaroute.recording import Recorder
from lunaroute.recording._once import Bodies
from lunaroute.store import open_store
from tests.exporting.kit import bodies, text_of
from tests.recording.build import SESSION, anthropic_message


def test_the_events_as_recorded(store):
    lines = text_of(store, "jsonl").splitlines(keepends=True)
    events = [json.loads(line) for line in lines]
    assert {event["session_id"] for event in events} == {SESSION}
    assert sum(event["type"] == "completed" for event in events) == 4
    found = Bodies(line.encode() for line in lines)
    assert [found.body(f"boot-0-{n}") for n in range(1, 5)] == bodies()


def test_none_kept(tmp_path):
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        Recorder(None, store).record([anthropic_message(1)])
        with pytest.raises(StoreError, match="are not kept .*jsonl.enabled was false"):
            text_of(store, "jsonl")
