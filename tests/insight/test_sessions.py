"""Sessions as results: turns in order, what each brought, totals."""

import pytest

from lunaroute.errors import StoreError
from lunaroute.insight import Tokens, session_detail, session_list
from lunaroute.recording import Recorder
from lunaroute.store import open_store
from tests.recording.build import SESSION, anthropic_message, anthropic_stream, question


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        Recorder(None, store).record(
            [
                anthropic_stream(1),
                anthropic_message(2, body=question("and at night")),
                anthropic_message(3, session="other"),
            ]
        )
        yield store


def test_list(store):
    found = session_list(store, 10)
    assert [session.session_id for session in found.sessions] == ["other", SESSION]
    assert found.requests == 3
    assert found.total_tokens == sum(each.total_tokens for each in found.sessions)
    assert len(session_list(store, 1).sessions) == 1


def test_detail(store):
    detail = session_detail(store, SESSION[:8])
    assert detail.summary.session_id == SESSION
    one, two = detail.turns
    assert one.tokens == Tokens(input=10, cache_read=100, cache_write=5, output=42)
    assert one.tokens.total == 157
    assert (one.duration_ms, one.first_token_ms) == (111, 100)
    assert [text.kind for text in one.texts] == ["prompt", "answer", "tool_input"]
    assert [call.name for call in one.calls] == ["Read"]
    # The answer was the same words as before: only the question was news.
    assert [text.text for text in two.texts] == ["and at night"]
    assert two.first_token_ms is None
    assert detail.tokens.total == detail.summary.total_tokens == 157 + 52


def test_no_such_session(store):
    with pytest.raises(StoreError, match="there is no session"):
        session_detail(store, "nobody")
