"""Claude Code's transcripts: lines grouped to answers, usage counted once."""

import json

import pytest

from tests.importing.kit import FIXTURES, bring_in, found, tokens

SESSION = "7a1d3c52-8f0e-4b7c-9a55-2f4c1e8b9d10"
FILE = FIXTURES / "claude_code.jsonl"


def test_a_transcript_becomes_exchanges(store):
    report = bring_in(store, FILE)
    assert (report.imported, report.exchanges, report.bad_lines) == (1, 2, 0)
    first, second = store.exchanges(SESSION)
    assert tokens(first) == (12, 5000, 300, 41, None)
    assert tokens(second) == (20, None, None, 9, None)
    assert first.started_at == 1_772_442_000_000_000
    assert first.ended_us == 5_500_000
    assert (first.stop_reason, first.model_used) == ("tool_use", "claude-x-1")
    assert (first.listener, first.endpoint) == ("import:claude-code", "messages")
    assert first.project == "/home/mara/bakery"


def test_its_texts_and_tools_are_found(store):
    bring_in(store, FILE)
    assert found(store, "marzipan") == ["prompt"]
    assert found(store, "croissant") == ["answer"]
    assert found(store, "strudel") == ["tool_output"]
    (call,) = store.tool_calls(SESSION)
    assert (call.name, call.call_id, call.result_is_error) == ("Read", "toolu_1", False)
    assert sorted(found(store, "file:timer.py")) == ["tool_input", "tool_output"]
    assert store.get_session(SESSION).turn_count == 2


def test_an_answer_that_was_half_told_is_told_again_when_the_file_grew(store, tmp_path):
    whole = FILE.read_text().splitlines(keepends=True)
    path = tmp_path / "growing.jsonl"
    path.write_text("".join(whole[:3]))
    assert bring_in(store, path).exchanges == 1
    assert tokens(store.exchanges(SESSION)[0])[3] == 3
    path.write_text("".join(whole))
    assert bring_in(store, path).exchanges == 1
    first, second = store.exchanges(SESSION)
    assert (first.output, second.output) == (41, 9)
    assert found(store, "croissant") == ["answer"]


def test_a_past_that_is_told_again_in_another_session_counts_once(store, tmp_path):
    fork = tmp_path / "fork.jsonl"
    fork.write_text(FILE.read_text().replace(SESSION, "forked"))
    bring_in(store, FILE)
    assert bring_in(store, fork).exchanges == 0


def test_errors_and_subagents_are_told_apart(store, tmp_path):
    line = {
        "type": "assistant", "sessionId": "s", "uuid": "u1", "timestamp": "2026-03-02T09:00:00Z",
        "isApiErrorMessage": True, "isSidechain": True, "agentId": "a7",
        "message": {"id": "e1", "model": "<synthetic>", "content": [{"type": "text", "text": "Overloaded"}]},
    }  # fmt: skip
    quiet = line | {
        "isApiErrorMessage": False,
        "message": line["message"] | {"id": "e2"},
    }
    path = tmp_path / "errors.jsonl"
    path.write_text(f"{json.dumps(line)}\n{json.dumps(quiet)}\n")
    bring_in(store, path)
    (row,) = store.exchanges("s")
    assert (row.outcome, row.error_text, row.agent) == (
        "refused_by_provider",
        "Overloaded",
        "a7",
    )
    assert row.model_used is None


def test_what_an_imported_answer_cost(store, tmp_path):
    path = tmp_path / "priced.jsonl"
    path.write_text(FILE.read_text().replace("claude-x-1", "claude-sonnet-4-5"))
    bring_in(store, path)
    first = store.exchanges(SESSION)[0]
    by_hand = (12 * 3 + 5_000 * 0.30 + 300 * 3.75 + 41 * 15) / 1e6
    assert first.cost_usd == pytest.approx(by_hand)
    assert "claude-sonnet-4-5" in first.price_entry
