import json

import pytest
from click.testing import CliRunner

from lunaroute.cli import main
from tests.upkeep.kit import fill, sessions, site


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LUNAROUTE_HOME", str(tmp_path / "home"))
    place = site(tmp_path)
    fill(place, [0, 1])
    return place


def run(*words):
    return CliRunner().invoke(main, ["reindex", *words])


def test_a_lost_database(place):
    place.database.unlink()
    done = run()
    assert done.exit_code == 0, done.output
    assert done.stdout == "2 files: 0 exchanges rebuilt, 6 added, 0 kept; 0 bad lines\n"
    assert sessions(place) == ["day-0", "day-1"]
    assert json.loads(run("--json").stdout)["rebuilt"] == 6
    assert json.loads(run("--json", "--missing").stdout)["kept"] == 6


def test_a_bad_line(place):
    path = next(place.directory.rglob("*.jsonl"))
    path.write_bytes(b"{\n" + path.read_bytes())
    place.database.unlink()
    done = run()
    assert done.exit_code == 1
    assert "1 bad line" in done.stdout
