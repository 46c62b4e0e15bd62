"""``import-sessions``: every flag does what it says."""

import pytest
from click.testing import CliRunner

from lunaroute.cli import main
from tests.importing.kit import FIXTURES

LINES = (FIXTURES / "claude_code.jsonl").read_text().splitlines(keepends=True)


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("LUNAROUTE_HOME", str(tmp_path / "home"))
    sessions = tmp_path / "sessions"
    sessions.mkdir()
    (sessions / "1.jsonl").write_text("".join(LINES[:4]))
    fixed = ["import-sessions", "--sessions-dir", str(sessions)]
    fixed += ["--db-path", str(tmp_path / "other" / "x.db")]
    return lambda *words: CliRunner().invoke(main, [*fixed, *words])


def test_sessions_come_into_the_named_database(run, tmp_path):
    assert run("--dry-run").exit_code == 0
    assert not (tmp_path / "other").exists()
    assert "1 file imported (1 exchange)" in run("--batch-size", "1").stdout
    assert (tmp_path / "other" / "x.db").exists()
    assert not (tmp_path / "home" / "sessions.db").exists()


def test_existing_sessions_are_skipped_unless_told_otherwise(run, tmp_path):
    run()
    (tmp_path / "sessions" / "2.jsonl").write_text("".join(LINES))
    dry = run("--no-skip-existing", "--dry-run").stdout
    assert "1 file would be imported (1 exchange), 1 skipped" in dry
    assert "(0 exchanges), 2 skipped" in run().stdout


def test_an_error_stops_it_or_not(run, tmp_path):
    bad = tmp_path / "sessions" / "0.jsonl"
    bad.write_text('{"type": "user", "sessionId": "s", "message": {"role": "user"}}\n')
    import os

    os.utime(bad, (1, 1))
    stopped = run("--no-continue-on-error")
    assert stopped.exit_code == 1
    assert "0 files imported (0 exchanges), 0 skipped, 1 failed" in stopped.stdout
    assert f"{bad}:1: user line without message or timestamp" in stopped.stderr
    assert "1 file imported (1 exchange), 0 skipped, 1 failed" in run().stdout


def test_a_directory_that_is_none_is_named(tmp_path):
    words = ["import-sessions", "--sessions-dir", str(tmp_path / "none")]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert str(tmp_path / "none") in result.stderr
