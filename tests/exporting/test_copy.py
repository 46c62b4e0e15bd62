"""A session read for export: bodies to the byte, or why not."""

import pytest

from lunaroute.errors import StoreError
from lunaroute.exporting import copy_session
from lunaroute.recording import Recorder
from lunaroute.store import open_store
from tests.exporting.kit import bodies
from tests.recording.build import (
    SESSION,
    anthropic_events,
    anthropic_message,
    anthropic_stream,
    sse,
)


def test_bodies_and_answers_across_days_and_compression(store):
    copied = list(copy_session(store, SESSION[:8]).turns())
    assert [each.request for each in copied] == bodies()
    assert [each.request_missing for each in copied] == [None] * 4
    assert copied[0].answer is None
    assert copied[0].answer_missing is None
    assert copied[0].stream == b"".join(sse(*anthropic_events()))
    assert copied[1].stream is None
    assert copied[0].answer_text == "because of scattering"
    assert copied[1].answer.startswith(b'{"id": "msg_2"')
    assert copied[3].answer_text is None
    assert all(each.lines[-1].startswith(b'{"type":"completed"') for each in copied)


def test_the_database_alone(tmp_path):
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        Recorder(None, store).record([anthropic_stream(1), anthropic_message(2)])
        first, second = copy_session(store, SESSION).turns()
    assert first.request is None
    assert "jsonl.enabled was false" in first.request_missing
    assert first.answer_text == "because of scattering"
    # Said before in this session, so stored once: the events would have it.
    assert second.answer_text is None
    assert first.lines == ()


def test_no_such_session(store):
    with pytest.raises(StoreError, match="there is no session 'none'"):
        copy_session(store, "none")
