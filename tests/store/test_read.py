"""The sessions view and the readers beside a writer."""

import pytest

from lunaroute.errors import StoreError
from lunaroute.store import ToolCallRow, open_store
from tests.store.kit import database, prepared, text, write

TURN_1 = {
    "model_requested": "claude-x",
    "model_used": "claude-x-1",
    "input_uncached": 10,
    "cache_read": 100,
    "cache_write_5m": 5,
    "cache_write_1h": 6,
    "output": 50,
    "thinking": 7,
    "streaming": True,
    "client": "127.0.0.1:5555",
    "first_byte_up_us": 1_000,
    "first_token_us": 201_000,
    "stop_reason": "tool_use",
    "answer_chunks": 4,
}
TURN_2 = {
    "model_requested": "haiku",
    "model_used": "haiku-1",
    "input_uncached": 1,
    "output": 2,
    "stop_reason": "end_turn",
}


@pytest.fixture
def store(tmp_path):
    with open_store(database(tmp_path), writer=True) as store:
        yield store


def view(store, session="s1"):
    row = store._connection.execute(
        "SELECT * FROM sessions WHERE session_id=?", (session,)
    )
    names = [column[0] for column in row.get_description()]
    return dict(zip(names, row.fetchone(), strict=True))


def test_the_view_sums_the_exchanges(store):
    write(
        store,
        prepared(1, texts=(text("prompt", "user", "hi"),),
                 calls=(ToolCallRow(0, "c", "Read", "{}"),), **TURN_1),
        prepared(2, texts=(text("answer", "assistant", "ho"),), **TURN_2),
        prepared(3, endpoint="models", outcome="refused_by_provider"),
        prepared(4, endpoint="count_tokens"),
    )  # fmt: skip
    row = view(store)
    assert row == row | {
        "session_id": "s1",
        "request_id": "boot-0-1",
        "started_at": "2025-10-09 08:53:21",
        "completed_at": "2025-10-09 08:53:24",
        "model_requested": "claude-x",
        "model_used": "claude-x-1",
        "provider": "anthropic",
        "success": 1,
        "finish_reason": "end_turn",
        "total_duration_ms": 3500,
        "input_tokens": 11,
        "output_tokens": 52,
        "thinking_tokens": 7,
        "reasoning_tokens": 0,
        "cache_read_tokens": 100,
        "cache_creation_tokens": 11,
        "total_tokens": 181,
        "request_text": "hi",
        "response_text": "ho",
        "client_ip": "127.0.0.1",
        "is_streaming": 1,
        "time_to_first_token_ms": 200,
        "chunk_count": 4,
        "request_count": 3,
        "turn_count": 2,
        "tool_call_count": 1,
    }


def test_one_failure_fails_the_session(store):
    write(store, prepared(1, **TURN_1), prepared(2, outcome="client_left"))
    assert view(store)["success"] == 0


def test_model_used_is_the_one_with_most_output(store):
    more = TURN_2 | {"output": 20}
    write(store, *(prepared(n, **more) for n in range(1, 5)), prepared(9, **TURN_1))
    assert view(store)["model_used"] == "haiku-1"


def test_list_is_newest_first_and_limited(store):
    for number in range(1, 6):
        write(store, prepared(number, session=f"s{number}", **TURN_1))
    write(
        store,
        prepared(6, session="s1", **TURN_2),
        prepared(7, "lone", endpoint="other"),
    )
    assert [row.session_id for row in store.list_sessions(3)] == ["s1", "s5", "s4"]
    assert store.list_sessions(0) == ()
    assert store.list_sessions(-1) == ()


def test_get_by_id_and_by_prefix(store):
    write(store, prepared(1, "abc1"), prepared(2, "abc2"), prepared(3, "abc"))
    assert store.get_session("abc").session_id == "abc"
    assert store.get_session("abc2").session_id == "abc2"
    write(store, prepared(4, "xyz_long"))
    assert store.get_session("xyz").session_id == "xyz_long"
    with pytest.raises(StoreError, match="more than one"):
        store.get_session("ab")
    for missing in ("q", "", "x%", "\ud800", "a\0"):
        with pytest.raises(StoreError, match="there is no session"):
            store.get_session(missing)


def test_a_reader_works_while_a_writer_writes(store):
    write(store, prepared(1, texts=(text("prompt", "user", "needle"),)))
    with open_store(store.path, writer=False) as reader, store.writing() as batch:
        batch.add(prepared(2, texts=(text("prompt", "user", "second needle"),)))
        assert len(reader.search("needle", 5)) == 1
        assert len(reader.exchanges("s1")) == 1
    with open_store(store.path, writer=False) as reader:
        assert len(reader.search("needle", 5)) == 2


def test_a_reader_cannot_write(store):
    write(store, prepared(1))
    with (
        open_store(store.path, writer=False) as reader,
        pytest.raises(StoreError, match="readonly"),
    ):
        write(reader, prepared(2))


def test_a_reader_works_after_the_writer_closed(tmp_path):
    path = database(tmp_path)
    with open_store(path, writer=True) as store:
        write(store, prepared(1))
    with open_store(path, writer=False) as reader:
        assert reader.get_session("s1").request_count == 1
