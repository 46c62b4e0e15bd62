"""``lunaroute search``."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from lunaroute.cli.search import command
from lunaroute.store import FIELD_NAMES, open_store
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
    assert result.stderr.startswith("nothing found for absent [1m words\nlunaroute: ")


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
    assert result.stderr == (
        f"lunaroute: nothing has been recorded yet at {tmp_path}/no.db;"
        " start `lunaroute serve` and point your assistant at it\n"
    )


def test_colours_only_for_a_terminal(db, monkeypatch):
    assert "\x1b" not in run("--db", db, "sky").stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run("--db", db, "sky").stdout


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["tool:read"], 1),
        (["status:529"], 1),
        (["-scattering", "role:assistant", "session:0b9a"], 1),
        (["session:hostile", "kind:answer"], 1),
        (["--no-verify"], 0),
        (["-helpful", "scattering"], 1),
        (["-h", "scattering"], None),
    ],
)
def test_queries_need_no_separator_from_options(db, words, count):
    result = run("--db", db, "--json", *words)
    if count is None:
        assert "Usage:" in result.stdout
    else:
        assert len(json.loads(result.stdout)) == count


def test_a_mistyped_option_is_no_word(db):
    result = run("--db", db, "--limti", "5", "sky")
    assert result.exit_code == 2
    assert "--limit" in result.stderr
    assert run("--db", db, "--", "--limti").exit_code == 1


def test_the_order_can_be_chosen(db):
    times = [
        hit["started_at"]
        for hit in json.loads(run("--db", db, "--json", "--sort", "time", "-x").stdout)
    ]
    assert len(times) == 6
    assert times == sorted(times, reverse=True)
    assert run("--db", db, "--sort", "rank", "sky").exit_code == 0


def test_an_unknown_field_is_text_and_the_fields_are_named(db):
    result = run("--db", db, "--json", "sky:txt")
    assert result.exit_code == 0
    assert result.stderr == (
        "lunaroute: sky: is no field and is looked for as text;"
        f" fields are {', '.join(FIELD_NAMES)}\n"
    )


def test_a_refused_query(db):
    result = run("--db", db, "cost:x\x1b[1m", "sky")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("lunaroute: cost:x")


@pytest.mark.parametrize(
    ("words", "advice"), [("absent", "begin*"), ("--", "a letter, a digit")]
)
def test_what_to_try_next(db, words, advice):
    assert advice in run("--db", db, "--", words).stderr


def test_an_empty_record(tmp_path):
    open_store(tmp_path / "x.db", writer=True).close()
    result = run("--db", str(tmp_path / "x.db"), "sky")
    assert result.exit_code == 1
    assert "nothing has been recorded yet" in result.stderr
    assert "start `lunaroute serve`" in result.stderr


@pytest.mark.parametrize(
    ("variable", "setting"),
    [
        ("LUNAROUTE_ENABLE_SESSION_RECORDING", "session_recording.enabled"),
        ("LUNAROUTE_ENABLE_SQLITE_WRITER", "session_recording.sqlite.enabled"),
    ],
)
def test_that_recording_is_off_is_said(db, tmp_path, monkeypatch, variable, setting):
    monkeypatch.delenv("LUNAROUTE_SESSIONS_DB_PATH", raising=False)
    monkeypatch.setenv("LUNAROUTE_HOME", str(tmp_path))
    monkeypatch.setenv(variable, "false")
    result = run("sky")
    assert result.exit_code == 2
    assert f"recording is off: set {setting} to true" in result.stderr
    monkeypatch.setenv("LUNAROUTE_SESSIONS_DB_PATH", db)
    result = run("absent")
    assert result.exit_code == 1
    assert f"nothing new is found until {setting} is true" in result.stderr


def test_every_field_is_in_the_help_and_the_documents():
    page = (Path(__file__).parents[2] / "docs/recording.md").read_text()
    shown = run("--help").stdout
    for name in FIELD_NAMES:
        assert f"| `{name}:" in page or f"| `{name}>" in page
        assert f"{name}:" in shown or f"{name}>" in shown


def test_both_names_of_the_help_are_in_it():
    for name in ("-h", "--help"):
        shown = CliRunner().invoke(command, [name])
        assert shown.exit_code == 0
        assert "so does -h" in shown.stdout
