"""``sessions delete`` from the command line."""

import json

import pytest
from click.testing import CliRunner

from lunaroute.cli import _delete, main
from tests.upkeep.kit import fill, names, sessions, site


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LUNAROUTE_HOME", str(tmp_path / "home"))
    place = site(tmp_path)
    fill(place, [0, 1])
    return place


def run(*words, answer=None, monkeypatch=None):
    if answer is not None:
        monkeypatch.setattr(_delete.click, "confirm", lambda *_, **__: answer)
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    return CliRunner().invoke(main, ["sessions", "delete", *words])


def test_yes(place):
    done = run("--yes", "day-0")
    assert done.exit_code == 0, done.output
    assert done.stdout == "1 session deleted: 3 exchanges, 1 file\n"
    assert sessions(place) == ["day-1"]
    assert len(names(place)) == 1


def test_json(place):
    done = json.loads(run("--yes", "--json", "day-0", "day-1").stdout)
    assert [each["session_id"] for each in done["sessions"]] == ["day-0", "day-1"]
    assert sessions(place) == []


def test_nobody_to_ask(place):
    done = run("day-0")
    assert done.exit_code == 2
    assert "day-0: 3 exchanges, 1 file" in done.stderr
    assert "say --yes" in done.stderr
    assert sessions(place) == ["day-0", "day-1"]


@pytest.mark.parametrize("answer", [True, False])
def test_it_asks(place, monkeypatch, answer):
    asked = []

    class Terminal:
        def isatty(self):
            return True

    class Sys:
        stdin = Terminal()

        @staticmethod
        def exit(code):
            raise SystemExit(code)

    monkeypatch.setattr(_delete, "sys", Sys)
    monkeypatch.setattr(
        _delete.click, "confirm", lambda words, **_: asked.append(words) or answer
    )
    done = run("day-0", "day-1")
    assert asked == ["Delete these 2 sessions for good?"]
    assert done.exit_code == (0 if answer else 2)
    assert sessions(place) == ([] if answer else ["day-0", "day-1"])


def test_what_is_not_there(place):
    done = run("--yes", "nothing")
    assert done.exit_code == 2
    assert "there is no session 'nothing'" in done.stderr
