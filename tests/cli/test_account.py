"""What a client did in a span of time, and the line that says so."""

import time

import pytest

from lunaroute.cli._account import Account, SlowTool, account, sentence, settled
from lunaroute.insight import statistics
from lunaroute.store import StatsFilter, open_store
from tests.cli.record import make_record
from tests.recording.build import SESSION, WALL

BEFORE_US = WALL // 1000


def test_nothing_recorded_is_nothing_used(tmp_path):
    database = tmp_path / "sessions.db"
    assert account(database, 0, ("claude",)) == Account()


def test_what_the_client_did_since_is_what_the_statistics_say(tmp_path):
    database = make_record(tmp_path)
    with open_store(database, writer=False) as store:
        total = statistics(store, StatsFilter()).total
    for agents in ((), ("test",), ("no", "tes")):
        found = account(database, BEFORE_US, agents)
        assert (found.turns, found.tokens) == (total.turns, total.total_tokens)
        assert found.cost_usd == total.cost_usd
        assert found.unpriced == total.unpriced_count > 0
        assert set(found.sessions) == {SESSION, "hostile"}
    assert account(database, BEFORE_US, ("claude",)) == Account()
    later = account(database, BEFORE_US + 2_500_000, ())
    assert later.turns == 1


def test_it_waits_until_everything_is_recorded(tmp_path):
    database = make_record(tmp_path)
    waiting = [2, None, 1, 0]
    found = settled(database, BEFORE_US, (), lambda: waiting.pop(0))
    assert waiting == []
    assert (found.turns, found.unrecorded) == (3, 0)


@pytest.mark.parametrize("unrecorded", [3, None])
def test_it_waits_no_longer_than_some_seconds_and_says_so(
    tmp_path, monkeypatch, unrecorded
):
    monkeypatch.setattr("lunaroute.cli._account.MOST_SECONDS", 0.5)
    database = make_record(tmp_path)
    found = settled(database, BEFORE_US, (), lambda: unrecorded)
    assert found.unrecorded == unrecorded


SINCE = time.mktime((2026, 11, 25, 14, 2, 11, 0, 0, -1))


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (
            Account(),
            "nothing of Codex came through the proxy; `lunaroute doctor` looks",
        ),
        (
            Account(1, 1234, 0.5, 0, SlowTool("Bash", 2, 1250.0), ("s1",)),
            (
                "Codex: 1 turn, 1,234 tokens, $0.5000, slowest tool Bash (2 calls, "
                "1.2 s each); lunaroute sessions show s1"
            ),
        ),
        (
            Account(3, 10, 0.5, 2, SlowTool("Edit", 1, 60.0), ("s1", "s2")),
            (
                "Codex: 3 turns in 2 sessions, 10 tokens, $0.5000 + 2 unknown, slowest "
                "tool Edit (1 call, 0.1 s); lunaroute sessions list"
            ),
        ),
        (
            Account(100, 10, None, 100, None, ("s",) * 100),
            "100 turns in 100 or more sessions, 10 tokens, unknown; lunaroute sessions",
        ),
        (Account(1, sessions=("s",), unrecorded=2), "-, 2 requests not recorded yet; "),
        (
            Account(unrecorded=None),
            "Codex: the recorder is not there, what was used is",
        ),
        (Account(0, 0, None, 0, None, ("s",)), "0 turns, 0 tokens, -; lunaroute ses"),
    ],
)
def test_the_line(found, line):
    said = sentence("Codex", SINCE, found)
    assert said.startswith("since 14:02:11 ")
    assert line in said
    assert "\n" not in said
