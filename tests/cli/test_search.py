"""``lunaroute search``."""

import json

import pytest
from click.testing import CliRunner

from lunaroute.cli.search import command
from tests.cli.record import is_harmless, make_record
from tests.recording.build import SESSION


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    return str(make_record(tmp_path_factory.mktemp("record")))


def run(*words):
    return CliRunner().invoke(command, [*words], catch_exceptions=False)


def test_a_hit(db):
    result = run("--db", db, "scattering")
    assert result.exit_code == 0
    head, excerpt = result.stdout.splitlines()
    assert SESSION in head
    assert "assistant/answer" in head
    assert excerpt.strip() == "because of scattering"


@pytest.mark.parametrize(
    "words", [["sky", "blue"], ['"is the sky"', "why"], ["sky.txt"], ["Busy"]]
)
def test_prompts_phrases_tool_inputs_and_errors_are_found(db, words):
    assert run("--db", db, *words).exit_code == 0


def test_nothing_found(db):
    result = run("--db", db, "absent\x1b[1m", "words")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == "nothing found for absent [1m words\n"


def test_hostile_text_is_harmless(db):
    for options in ([], ["--json"]):
        result = run("--db", db, "needle", *options)
        assert is_harmless(result.stdout)
        assert "[bold]not markup[/]" in result.stdout


def test_json(db):
    (hit,) = json.loads(run("--db", db, "--json", "scattering").stdout)
    assert hit["session_id"] == SESSION
    assert hit["snippet"] == "because of scattering"
    assert hit["matches"] == ["scattering"]
    assert hit["kind"] == "answer"


def test_json_of_nothing(db):
    result = run("--db", db, "--json", "absent")
    assert (result.exit_code, json.loads(result.stdout)) == (1, [])


def test_limit(db):
    found = json.loads(run("--db", db, "--json", "--limit", "1", "sky").stdout)
    assert len(found) == 1


@pytest.mark.parametrize(
    "words", ['"', "a AND", "*", "\x00x", "x\udc80", "NEAR(", "-- -x"]
)
def test_any_words(db, words):
    assert run("--db", db, "--", words).exit_code in (0, 1)


def test_without_a_record(tmp_path):
    result = run("--db", str(tmp_path / "no.db"), "x")
    assert result.exit_code == 2
    assert (
        result.stderr
        == f"lunaroute: nothing has been recorded yet at {tmp_path}/no.db\n"
    )


def test_colours_only_for_a_terminal(db, monkeypatch):
    assert "\x1b" not in run("--db", db, "sky").stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run("--db", db, "sky").stdout
