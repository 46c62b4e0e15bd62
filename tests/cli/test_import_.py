"""``import`` from the command line: summary, exit codes, the lock."""

import fcntl

import pytest
from click.testing import CliRunner

from lunaroute.cli import main
from lunaroute.store import open_store
from tests.importing.kit import FIXTURES, found

FILE = FIXTURES / "claude_code.jsonl"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LUNAROUTE_HOME", str(tmp_path / "home"))
    return lambda *words: CliRunner().invoke(main, ["import", *map(str, words)])


def test_what_was_imported_is_found(run, tmp_path):
    result = run(FILE)
    assert result.exit_code == 0
    assert result.stdout.startswith(
        "1 file imported (2 exchanges), 0 skipped, 0 failed"
    )
    with open_store(tmp_path / "home" / "sessions.db", writer=False) as store:
        assert found(store, "marzipan") == ["prompt"]
    assert "0 files imported (0 exchanges), 1 skipped" in run(FILE).stdout


def test_without_a_path_the_assistants_own_places_are_read(run, tmp_path):
    assert run().exit_code == 2
    project = tmp_path / ".claude" / "projects" / "-bakery"
    project.mkdir(parents=True)
    (project / "x.jsonl").write_bytes(FILE.read_bytes())
    assert "(2 exchanges)" in run().stdout


def test_a_dry_run_makes_no_file(run, tmp_path):
    assert "1 file would be imported (2 exchanges)" in run("--dry-run", FILE).stdout
    assert not (tmp_path / "home").exists()


def test_a_failure_is_named_and_counted(run, tmp_path):
    result = run(FILE, tmp_path / "missing.jsonl")
    assert result.exit_code == 1
    assert f"{tmp_path / 'missing.jsonl'}: No such file" in result.stderr
    assert "1 file imported (2 exchanges), 0 skipped, 1 failed" in result.stdout


def test_nothing_to_do_is_told(run, tmp_path):
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / "empty").exit_code == 2


def test_a_running_recorder_is_not_written_beside(run, tmp_path, monkeypatch):
    monkeypatch.setattr("lunaroute.cli._upkeep._PATIENCE_SECONDS", 0.0)
    (tmp_path / "home").mkdir()
    with (tmp_path / "home" / "recorder.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = run(FILE)
    assert result.exit_code == 2
    assert "stop `lunaroute serve` first" in result.stderr
