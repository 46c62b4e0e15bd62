import json

import pytest
from click.testing import CliRunner

from lunaroute.cli import main
from lunaroute.pricing import use_overrides
from tests.upkeep.kit import fill, site


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LUNAROUTE_HOME", str(tmp_path / "home"))
    place = site(tmp_path)
    fill(place, [0, 1])
    yield place
    use_overrides([])


def run(*words):
    return CliRunner().invoke(main, ["reprice", *words])


def test_prices_of_the_configuration(place):
    assert "0 of 6 exchanges changed" in run().stdout
    assert "6 have no known price" in run().stdout
    (place.home / "config.yaml").write_text(
        "pricing: {overrides: [{model: claude-x-*, input: 1000, output: 1000}]}"
    )
    planned = run("--dry-run", "--since", "2025-10-10")
    assert "claude-x-1: 3 exchanges, $0.0000 → $" in planned.stdout
    assert "3 of 3 exchanges would change" in planned.stdout
    assert "3 of 3 exchanges changed" in run("--session", "day-1").stdout
    assert "3 of 6 exchanges changed" in run().stdout
    assert json.loads(run("--json").stdout)["changed"] == 0


def test_a_moment_that_is_none(place):
    done = run("--since", "soon")
    assert done.exit_code == 2
    assert "Invalid value for '--since'" in done.stderr
