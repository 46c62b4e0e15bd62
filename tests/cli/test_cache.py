"""``lunaroute cache``, over recorded bodies."""

import json

import pytest
from click.testing import CliRunner

from lunaroute.cli.cache import command
from lunaroute.pricing import use_overrides
from lunaroute.recording import Recorder
from lunaroute.store import open_store
from tests.cli.record import HOSTILE, is_harmless
from tests.recording.build import anthropic_message

MODEL = "claude-sonnet-4-5"


def turn(number, words, session="s1", *, system="be brief", read=0, written=0):
    messages = [{"role": "user", "content": word} for word in words]
    reply = {
        "type": "message",
        "model": MODEL,
        "content": [],
        "usage": {"input_tokens": 10, "cache_read_input_tokens": read,
                  "cache_creation_input_tokens": written, "output_tokens": 1},
    }  # fmt: skip
    body = {"model": MODEL, "system": system, "messages": messages}
    return anthropic_message(
        number, body=body, session=session, answer=[json.dumps(reply).encode()]
    )


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    home = tmp_path_factory.mktemp("record")
    with open_store(home / "sessions.db", writer=True) as store:
        Recorder(home / "sessions", store).record(
            [
                turn(1, ["a"], written=10_000),
                turn(2, ["a", "b"], read=10_000, written=200),
                turn(3, ["a", "c", "d"], system=HOSTILE, written=10_400),
                turn(4, ["x"], "s2", written=2_000),
            ]
        )
    return str(home / "sessions.db")


def run(*words):
    return CliRunner().invoke(command, [*words], catch_exceptions=False)


def test_one_session(db):
    lines = run("s1", "--db", db).stdout.splitlines()
    assert lines[0] == "session s1"
    assert lines[1] == (
        "  3 turns: read 10,000 (32.6% of the input), written 20,600, uncached 30"
    )
    # 10,200 tokens were written for 3.75 instead of read for 0.30 dollars a million.
    assert lines[2] == "  missed 10,200, at a cost of $0.0352: changed 1"
    assert lines[3].endswith("  10,200  $0.0352  changed: system[0] changed")
    assert len(lines) == 4


def test_all_sessions(db):
    text = run("--db", db).stdout
    assert text.index("session s2") < text.index("session s1") < text.index("all 2 ses")
    assert "  1 turn: read 0 (0.0% of the input), written 2,000, uncached 10" in text
    assert "  missed nothing" in text
    assert run("--limit", "1", "--db", db).stdout.count("session ") == 1


def test_json(db):
    first, second = json.loads(run("--json", "--db", db).stdout)
    assert (first["session_id"], first["misses"]) == ("s2", [])
    (miss,) = second["misses"]
    assert miss["reason"] == "changed"
    assert second["missed_cost_usd"] == miss["cost_usd"] == pytest.approx(0.03519)


def test_many_misses_are_summed_up(tmp_path):
    turns = [turn(at, [str(at)], written=1_000 + at) for at in range(1, 15)]
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        Recorder(None, store).record(turns)
    lines = run("--db", str(tmp_path / "sessions.db")).stdout.splitlines()
    assert lines[-1] == "    3 smaller misses"
    assert lines[2].endswith("unknown 13")  # without the session files
    assert len(lines) == 3 + 10 + 1


def test_nothing_to_tell(db, tmp_path):
    assert run("--days", "1", "--db", db).stderr == "no turns\n"
    missing = run("nobody", "--db", db)
    assert (missing.exit_code, missing.stdout) == (2, "")
    assert "there is no session 'nobody'" in missing.stderr
    assert run("--db", str(tmp_path / "no.db")).exit_code == 2


@pytest.mark.parametrize("words", [[], ["--json"], ["s1"]])
def test_hostile_texts_are_harmless(db, words):
    assert is_harmless(run(*words, "--db", db).stdout)


def test_prices_of_ones_own_count(tmp_path, monkeypatch):
    own = {"model": MODEL, "input": 1, "cache_read": 0.5, "cache_write": 2, "output": 1}
    config = {"pricing": {"overrides": [own]}}
    (tmp_path / "config.yaml").write_text(json.dumps(config))
    monkeypatch.setenv("LUNAROUTE_HOME", str(tmp_path))
    use_overrides([own])
    try:
        with open_store(tmp_path / "sessions.db", writer=True) as store:
            Recorder(None, store).record(
                [turn(1, ["a"], written=10_000), turn(2, ["b"], written=10_000)]
            )
        use_overrides([])  # the command reads them itself
        assert "missed 10,000, at a cost of $0.0150" in run().stdout
    finally:
        use_overrides([])
