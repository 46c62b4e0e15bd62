"""``cleanup`` from the command line."""

import json

import pytest
from click.testing import CliRunner

from lunaroute.cli import main
from lunaroute.upkeep import lock_path, sole_writer
from tests.upkeep.kit import day, fill, names, sessions, site


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LUNAROUTE_HOME", str(tmp_path / "home"))
    return site(tmp_path)


def run(*words):
    return CliRunner().invoke(main, ["cleanup", *words])


def test_it_says_what_would_go_and_then_goes(place):
    fill(place, [0, 20, 40])
    planned = run("--dry-run")
    assert planned.exit_code == 0, planned.output
    assert f"too old      {day(0)}/session_day-0.jsonl" in planned.stdout
    assert f"to compress  {day(20)}/session_day-20.jsonl" in planned.stdout
    assert "1 file and 3 exchanges would be deleted for their age" in planned.stdout
    assert len(names(place)) == 3
    done = run()
    assert done.exit_code == 0
    assert "1 file and 3 exchanges deleted for their age" in done.stdout
    assert "0 files and 0 exchanges deleted for the size of all" in done.stdout
    assert "1 file compressed, saving" in done.stdout
    assert "MB of 1,024.0 MB in use" in done.stdout
    assert sessions(place) == ["day-20", "day-40"]


def test_json(place):
    fill(place, [0, 40])
    done = json.loads(run("--json").stdout)
    assert [each["name"] for each in done["items"]] == [f"{day(0)}/session_day-0.jsonl"]
    assert done["dry_run"] is False


def test_the_limits_are_those_of_the_configuration(place):
    fill(place, [0, 40])
    (place.home / "config.yaml").write_text(
        "session_recording: {jsonl: {retention: {max_age_days: off}}}"
    )
    assert "0 files and 0 exchanges deleted for their age" in run().stdout
    assert sessions(place) == ["day-0", "day-40"]


def test_a_clock_that_cannot_be_believed(place):
    fill(place, [0, 40_000])
    done = run()
    assert done.exit_code == 2
    assert "nothing was done: the newest record is of" in done.stderr
    assert sessions(place) == ["day-0", "day-40000"]


def test_nothing_recorded(place):
    done = run()
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"nothing has been recorded yet at {place.home}" in done.stderr
    assert not place.home.exists()
    place.home.mkdir()
    done = run()
    assert (done.exit_code, done.stdout) == (0, "nothing has been recorded yet\n")


def test_a_writer_that_cannot_be_reached(place, monkeypatch):
    monkeypatch.setattr("lunaroute.cli._upkeep._PATIENCE_SECONDS", 0.0)
    fill(place, [0])
    with sole_writer(place.home):
        done = run()
    assert done.exit_code == 2
    assert f"a recorder holds {lock_path(place.home)}" in done.stderr
