"""The summary of what passed since a moment."""

import time

import pytest

from lunaroute.insight import summary
from lunaroute.store import ToolCallRow, open_store
from tests.cli.record import HOSTILE, is_harmless
from tests.store.kit import START, prepared, write


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    moments = {"head_received_us": 1_000, "first_byte_up_us": 2_000}
    call = (ToolCallRow(0, "c", "Read", "{}"),)
    with open_store(tmp_path / "sessions.db", writer=True, durable=False) as store:
        write(
            store,
            prepared(1, "old", output=999, **moments),
            prepared(10, "a", model_used="claude-sonnet-4-6-20260101", output=1_234,
                     input_uncached=7, cost_usd=0.5, calls=call, **moments),
            prepared(11, "b", output=40, **moments),
            prepared(12, "a", output=2, outcome="client_left", **moments),
            prepared(13, "models", endpoint="models"),
        )  # fmt: skip
        yield store
    monkeypatch.undo()
    time.tzset()


SINCE = START + 10_000_000


def test_a_block_for_each_session_and_one_for_all(store):
    text = summary(store, SINCE, 100)
    title, rule, empty, *rest = text.splitlines()
    assert (title, rule, empty) == ("Session Statistics Summary", "=" * 63, "")
    blocks = "\n".join(rest).split("\nSession: ")
    assert [each.splitlines()[0] for each in blocks] == ["Session: b", "a"]
    assert "  Requests:        2 (1 failed)\n" in blocks[1]
    assert "    Read: 1 call\n" in blocks[1]
    whole = blocks[1].split("\nAll 2 sessions\n")[1]
    assert "  Total tokens:    1,283\n" in whole
    assert whole.endswith("  Estimated cost:  $0.5000 + 2 unknown")


def test_no_more_sessions_than_are_asked_for(store):
    text = summary(store, SINCE, 1)
    assert "Session: a\n" in text
    assert "Session: b\n" not in text
    assert "\nAll 2 sessions (1 shown)\n" in text
    assert "Session: " not in summary(store, SINCE, 0)
    assert "  Total tokens:    1,283" in summary(store, SINCE, 0)


def test_a_row_for_each_turn(store):
    lines = summary(store, SINCE, 1, with_turns=True).splitlines()
    (at,) = [at for at, line in enumerate(lines) if line.startswith("  time")]
    assert [line.split() for line in lines[at : at + 3]] == [
        ["time", "model", "in", "read", "writ", "out", "thnk", "ours", "theirs", "cost"],
        ["08:53:30", "claude-sonnet-4-6…", "7", "0", "0", "1.2k", "0", "1ms", "498ms",
         "$0.5000"],
        ["08:53:32", "messages", "0", "0", "0", "2", "0", "1ms", "498ms", "unknown",
         "client_left"],
    ]  # fmt: skip


def test_nothing_since(store):
    assert (
        summary(store, SINCE + 10**9, 100) == "Session Statistics Summary: no requests"
    )
    assert summary(None, 0, 100) == "Session Statistics Summary: no requests"


def test_names_are_harmless(store):
    write(
        store,
        prepared(20, HOSTILE, model_used=HOSTILE, outcome=HOSTILE,
                 calls=(ToolCallRow(0, "c", HOSTILE, "{}"),)),
    )  # fmt: skip
    assert is_harmless(summary(store, SINCE, 100, with_turns=True))
