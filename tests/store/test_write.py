"""Batches: once each, isolated from each other, all or nothing."""

import apsw
import pytest

from lunaroute.errors import StoreError
from lunaroute.store import JsonlFile, ToolCallRow, ToolResultRow, open_store
from tests.store.kit import database, exchange, prepared, text, text_hash, write


@pytest.fixture
def store(tmp_path):
    with open_store(database(tmp_path), writer=True) as store:
        yield store


def count(store, table):
    return store._connection.execute(f"SELECT count(*) FROM {table}").get


def test_a_row_comes_back_as_it_went_in(store):
    row = exchange(
        7, streaming=True, reused=True, has_system=True, cache_read=12, status=200
    )
    write(store, prepared(7, streaming=True, reused=True, has_system=True,
                          cache_read=12, status=200))  # fmt: skip
    assert store.exchanges("s1") == (row,)


def test_columns_and_fields_are_the_same(store):
    from dataclasses import fields

    columns = store._connection.execute(
        "SELECT name FROM pragma_table_info('exchanges')"
    )
    names = [str(name) for (name,) in columns]
    assert names == ["seq", *(field.name for field in fields(exchange()))]


def test_known_ids(store):
    write(store, prepared(1), prepared(2))
    with store.writing() as batch:
        assert batch.known(["boot-0-1", "boot-0-2", "boot-0-3", "x'\"\0"]) == {
            "boot-0-1",
            "boot-0-2",
        }
        assert batch.known([]) == set()


def test_history_is_stored_once_in_a_session(store):
    first = text("prompt", "user", "hello")
    write(
        store,
        prepared(1, texts=(first,)),
        prepared(2, texts=(first, text("answer", "assistant", "hello", 1))),
        prepared(3, session="s2", texts=(first,)),
    )
    assert [(t.exchange_id, t.kind) for t in store.texts("s1")] == [
        ("boot-0-1", "prompt"),
        ("boot-0-2", "answer"),
    ]
    assert len(store.texts("s2")) == 1
    assert count(store, "texts_index") == 3


def test_the_index_follows_deletion(store):
    write(store, prepared(1, texts=(text("prompt", "user", "needle"),)))
    with store.writing():
        store._connection.execute("DELETE FROM exchanges")
    assert count(store, "texts") == 0
    assert store.search("needle", 5) == ()
    store._connection.execute(
        "INSERT INTO texts_index (texts_index) VALUES ('integrity-check')"
    )


def test_a_result_is_filled_in_once(store):
    output = text("tool_output", "tool", "file contents")
    call = ToolCallRow(0, "call_1", "Read", '{"path":"a"}')
    result = ToolResultRow("call_1", text_hash("tool_output", "tool", "file contents"),
                           13, is_error=False)  # fmt: skip
    write(store, prepared(1, calls=(call,)))
    assert store.tool_calls("s1")[0].result_exchange_id is None
    write(store, prepared(2, texts=(output,), results=(result,)))
    write(store, prepared(3, texts=(output,), results=(result,)))
    (stored,) = store.tool_calls("s1")
    assert stored.result_exchange_id == "boot-0-2"
    assert stored.result_is_error is False
    assert stored.result_bytes == 13
    assert stored.result_us == 500_000
    found = store._connection.execute(
        "SELECT t.text FROM tool_calls c JOIN texts t ON t.id = c.result_text_id"
    ).get
    assert found == "file contents"


@pytest.mark.parametrize("length", [3, 150])
def test_of_a_long_history_what_is_new_is_added(store, length):
    """As of a short one, which is handed over whole."""
    words = [text("prompt", "user", f"word {n}", n) for n in range(length)]
    calls = tuple(ToolCallRow(n, f"call_{n}", "Read", "{}") for n in range(length - 1))
    results = tuple(
        ToolResultRow(f"call_{n}", words[n].hash, n, is_error=False)
        for n in range(length)
    )
    texts = tuple(words)
    write(
        store,
        prepared(1, texts=texts[:-2], calls=calls),
        prepared(2, texts=(*texts, texts[0]), results=(*results, results[0])),
        prepared(3, texts=texts, results=results),
        prepared(4, session="s2", texts=texts),
    )
    found = [(t.exchange_id, t.text) for t in store.texts("s1")]
    assert [name for _, name in found] == [f"word {n}" for n in range(length)]
    assert [id_ for id_, _ in found[-3:]] == ["boot-0-1", "boot-0-2", "boot-0-2"]
    assert len(store.texts("s2")) == length
    for n, call in enumerate(store.tool_calls("s1")):
        assert (call.result_exchange_id, call.result_bytes) == ("boot-0-2", n)


def test_a_result_of_another_session_is_not_matched(store):
    call = ToolCallRow(0, "call_1", "Read", "{}")
    write(store, prepared(1, calls=(call,)))
    result = ToolResultRow("call_1", b"", 1, is_error=None)
    write(store, prepared(2, session="s2", results=(result,)))
    assert store.tool_calls("s1")[0].result_exchange_id is None


@pytest.mark.parametrize(
    "bad",
    [
        {"input_uncached": 2**63},
        {"path": "lone \ud800 surrogate"},
        {"status": "not a number"},
        {"model_used": b"bytes"},
    ],
)
def test_a_bad_row_is_isolated(store, bad):
    problems = write(store, prepared(1), prepared(2, **bad), prepared(3))
    assert problems[0] is None
    assert problems[1]
    assert problems[2] is None
    rows = store.exchanges("s1")
    assert [row.id for row in rows] == ["boot-0-1", "boot-0-2", "boot-0-3"]
    assert "not recorded in full" in rows[1].problem


def test_a_bad_text_takes_only_its_exchange(store):
    bad = text("prompt", "user", "half \ud800")
    problems = write(store, prepared(1, texts=(bad,)), prepared(2))
    assert problems[0]
    assert store.texts("s1") == ()
    assert len(store.exchanges("s1")) == 2


def test_an_id_twice_does_not_stop_the_batch(store):
    with pytest.raises(StoreError):
        write(store, prepared(1), prepared(1))
    assert store.exchanges("s1") == ()


def test_an_error_takes_back_the_whole_batch(store):
    def fail():
        with store.writing() as batch:
            batch.add(prepared(1))
            batch.set_offset(JsonlFile("/a", "2026-01-01", 5))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert count(store, "exchanges") == 0
    assert store.newest_files(1) == ()


def test_a_full_disk_ends_the_batch_and_a_retry_succeeds(store):
    pages = store._connection.pragma("page_count")
    store._connection.pragma("max_page_count", pages)
    big = prepared(2, texts=(text("prompt", "user", "word " * 100_000),))
    with pytest.raises(StoreError, match="full"):
        write(store, prepared(1), big)
    assert count(store, "exchanges") == 0
    store._connection.pragma("max_page_count", 1_000_000)
    write(store, prepared(1), big)
    assert count(store, "exchanges") == 2


def test_a_locked_file_is_a_store_error(store):
    other = apsw.Connection(str(store.path))
    other.execute("BEGIN IMMEDIATE")
    store._connection.set_busy_timeout(0)
    with pytest.raises(StoreError, match="locked"):
        write(store, prepared(1))
    other.close()


def test_offsets(store):
    files = [JsonlFile("/d/1", "2026-01-01", 3), JsonlFile("/d/2", "2026-01-02", 0)]
    store.announce(files)
    with store.writing() as batch:
        batch.set_offset(JsonlFile("/d/2", "2026-01-02", 9))
    store.announce([JsonlFile("/d/2", "2026-01-02", 77)])
    with store.writing() as batch:
        assert [batch.offset(path) for path in ("/d/1", "/d/2", "/d/3")] == [3, 9, None]
    assert [file.path for file in store.newest_files(1)] == ["/d/2"]
    assert len(store.newest_files(2)) == 2


def test_the_install_key_is_each_files_own(store, tmp_path):
    key = store.install_key()
    assert len(key) == 32
    with open_store(tmp_path / "other.db", writer=True) as other:
        assert other.install_key() != key


def tries(store, *outcomes, **more):
    """The retry numbers of these exchanges, all of one body unless told."""
    values = {"request_hash": "same"} | more
    for at, outcome in enumerate(outcomes, start=1):
        write(store, prepared(at, outcome=outcome, **values))
    return [row.retry for row in store.exchanges("s1")]


def test_a_body_that_failed_before_is_a_retry(store):
    outcomes = ("refused_by_provider", "upstream_cut", "answered")
    assert tries(store, *outcomes) == [0, 1, 2]


def test_a_body_that_was_answered_before_is_none(store):
    outcomes = ("timed_out", "answered", "answered", "client_left", "answered")
    assert tries(store, *outcomes) == [0, 1, 0, 0, 1]


def test_a_retry_is_of_one_session_and_one_body(store):
    failed = {"outcome": "refused_by_provider"}
    write(
        store,
        prepared(1, request_hash="a", **failed),
        prepared(2, request_hash="b", **failed),
        prepared(3, "s2", request_hash="a", **failed),
        prepared(4, request_hash="a", **failed),
    )
    assert [row.retry for row in store.exchanges("s1")] == [0, 0, 1]
    assert [row.retry for row in store.exchanges("s2")] == [0]


def test_without_a_body_there_is_no_retry(store):
    outcomes = ("refused_by_provider", "answered")
    assert tries(store, *outcomes, request_hash=None) == [0, 0]


def test_earlier_tries_are_found_by_an_index(store):
    from lunaroute.store._write import _EARLIER_TRIES

    plan = store._connection.execute(
        f"EXPLAIN QUERY PLAN {_EARLIER_TRIES}", ("s1", "a", 1)
    ).fetchall()
    searches = [str(step[3]) for step in plan if "exchanges" in str(step[3])]
    assert len(searches) == 2
    assert all("INDEX exchanges_by_body" in step for step in searches)
