"""The SQLite file of earlier releases: rows of statistics as exchanges."""

import sqlite3

import pytest

from tests.importing.kit import FIXTURES, bring_in, found, tokens

TOKENS = "input_tokens INTEGER, output_tokens INTEGER, thinking_tokens INTEGER, reasoning_tokens INTEGER, cache_read_tokens INTEGER, cache_creation_tokens INTEGER, audio_input_tokens INTEGER, audio_output_tokens INTEGER"


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "old" / "sessions.db"
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.executescript(f"""
CREATE TABLE sessions (session_id TEXT PRIMARY KEY, request_id TEXT, started_at TIMESTAMP NOT NULL, provider TEXT, model_requested TEXT, model_used TEXT, success BOOL, error_message TEXT, finish_reason TEXT, request_text TEXT, response_text TEXT, user_agent TEXT, is_streaming BOOL, {TOKENS});
CREATE TABLE session_stats (id INTEGER PRIMARY KEY, session_id TEXT, request_id TEXT, model_name TEXT, created_at TEXT, {TOKENS});
CREATE TABLE tool_call_executions (id INTEGER PRIMARY KEY, session_id TEXT, request_id TEXT, tool_call_id TEXT, tool_name TEXT, tool_arguments TEXT);
INSERT INTO sessions VALUES ('many', 'q1', '2026-01-05T08:00:00+00:00', 'openai', 'gpt-x', 'gpt-x', 1, NULL, 'stop', 'Count the lighthouses', 'Seven beacons', 'x/1', 1, 99, 9, 0, 0, 0, 0, 0, 0);
INSERT INTO sessions VALUES ('alone', 'q9', '2026-01-06T08:00:00+00:00', 'anthropic', 'claude-x', NULL, 0, 'broke off', NULL, 'Paint the buoy', NULL, NULL, 0, 5, 2, 0, 0, 70, 0, 0, 0);
INSERT INTO session_stats VALUES (1, 'many', 'q1', 'gpt-x', '2026-01-05 08:00:04', 100, 20, 0, 5, 60, 0, 0, 0);
INSERT INTO session_stats VALUES (2, 'many', 'q2', 'gpt-x', '2026-01-05 08:00:09', 40, 4, 0, 0, 0, 0, 0, 0);
INSERT INTO tool_call_executions VALUES (1, 'many', 'q1', 'c1', 'lookup', '{{"coast": "north"}}');
INSERT INTO tool_call_executions VALUES (2, 'many', 'q2', 'c1', 'lookup', NULL);
""")  # fmt: skip
    connection.close()
    return path


def test_rows_of_statistics_become_exchanges(store, source):
    assert bring_in(store, source).exchanges == 3
    first, second = store.exchanges("many")
    assert tokens(first) == (40, 60, 0, 15, 0)
    assert (first.reasoning, second.input_uncached, second.output) == (5, 40, 4)
    assert first.started_at == 1_767_600_000_000_000
    assert second.started_at == 1_767_600_009_000_000
    assert (first.listener, second.stop_reason) == ("import:database", "stop")
    (call,) = store.tool_calls("many")
    assert (call.name, call.exchange_id) == ("lookup", first.id)


def test_a_session_without_statistics_is_one_exchange(store, source):
    bring_in(store, source)
    (row,) = store.exchanges("alone")
    assert tokens(row) == (5, 70, 0, 2, 0)
    assert (row.outcome, row.error_text) == ("upstream_cut", "broke off")
    assert found(store, "buoy") == ["prompt"]
    assert found(store, "beacons") == ["answer"]


def test_a_second_import_adds_nothing(store, source, tmp_path):
    bring_in(store, source)
    copy = tmp_path / "copy.db"
    copy.write_bytes(source.read_bytes())
    again = bring_in(store, source, copy)
    assert (again.exchanges, again.skipped) == (0, 2)


def test_another_programs_database_fails(store, tmp_path):
    path = tmp_path / "strange.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE songs (title)")
    connection.close()
    report = bring_in(store, path, FIXTURES / "codex.jsonl")
    assert (report.imported, report.failed) == (1, 1)
    assert "no such table: sessions" in report.messages[0]
