"""Codex' rollouts: items grouped to exchanges by the token counts."""

from tests.importing.kit import FIXTURES, bring_in, found, tokens

SESSION = "0198c0de-1111-7222-8333-444455556666"
FILE = FIXTURES / "codex.jsonl"


def test_a_rollout_becomes_exchanges_with_disjoint_tokens(store):
    assert bring_in(store, FILE).exchanges == 2
    first, second = store.exchanges(SESSION)
    assert tokens(first) == (300, 600, None, 30, 20)
    assert tokens(second) == (100, 900, None, 10, 0)
    assert (first.model_used, first.endpoint) == ("gpt-x-codex", "responses")
    assert (first.listener, first.project) == ("import:codex", "/home/mara/tram")
    assert first.started_at == 1_772_532_002_000_000
    assert first.ended_us == 3_000_000


def test_its_texts_and_tools_are_found(store):
    bring_in(store, FILE)
    assert found(store, "funicular") == ["prompt"]
    assert found(store, "gondola") == ["thinking"]
    assert found(store, "lanterns") == ["system"]
    assert found(store, "hauptplatz") == ["tool_output"]
    (call,) = store.tool_calls(SESSION)
    assert (call.name, call.result_bytes) == ("shell", 15)
    assert call.result_exchange_id == store.exchanges(SESSION)[1].id


def test_a_rollout_without_counts_has_texts_and_no_tokens(store, tmp_path):
    path = tmp_path / "old.jsonl"
    lines = FILE.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "token_count" not in line))
    bring_in(store, path)
    rows = store.exchanges(SESSION)
    assert [tokens(row) for row in rows] == [(None,) * 5] * 2
    assert found(store, "departures") == ["answer"]


def test_a_subagent_hangs_below_its_parent(store, tmp_path):
    path = tmp_path / "sub.jsonl"
    source = (
        '"source": {"subagent": {"thread_spawn": {"parent_thread_id": "p1"}}}, "cwd"'
    )
    path.write_text(FILE.read_text().replace('"cwd"', source, 1))
    bring_in(store, path)
    assert {row.agent for row in store.exchanges("p1")} == {SESSION}
