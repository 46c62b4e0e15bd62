"""``lunaroute sessions list`` and ``show``."""

import json
import re
from dataclasses import replace

import pytest
from click.testing import CliRunner

from lunaroute.cli.sessions import command
from lunaroute.link import ExchangeId
from lunaroute.recording import Recorder
from lunaroute.store import open_store
from tests.cli.record import is_harmless, make_record
from tests.pii.finder import EMAIL, redactor
from tests.recording.build import (
    SESSION,
    anthropic_events,
    anthropic_stream,
    exchange,
    sse,
)


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    return str(make_record(tmp_path_factory.mktemp("record")))


def run(*words):
    return CliRunner().invoke(command, [*words], catch_exceptions=False)


def test_list(db):
    lines = run("list", "--db", db).stdout.splitlines()
    assert lines[0].split() == [
        "started", "(UTC)", "session", "model", "turns", "tokens", "cost", "ok", "last", "prompt",
    ]  # fmt: skip
    assert SESSION in lines[1]
    assert " 157 " in lines[1]
    assert "why is the sky blue" in lines[1]
    assert "hostile" in lines[2]
    assert len(lines) == 3


def test_list_json(db):
    rows = json.loads(run("list", "--db", db, "--json", "--limit", "1").stdout)
    assert [row["session_id"] for row in rows] == [SESSION]
    assert rows[0]["total_tokens"] == 157
    assert rows[0]["success"] is False


def test_show(db):
    text = run("show", SESSION[:6], "--db", db).stdout
    for expected in (
        f"session {SESSION}",
        "2 turns  1 tool call  ",
        "request: boot-0-1",
        "#1",
        "claude-x-1",
        "answered  tool_use",
        "user/prompt: why is the sky blue",
        "assistant/answer: because of scattering",
        'tool Read: {"path": "sky.txt"}',
        "cache read 100",
        "529  refused_by_provider",
        "error: Busy",
    ):
        assert expected in text


def test_show_json(db):
    detail = json.loads(run("show", SESSION, "--db", db, "--json").stdout)
    assert detail["tokens"]["total"] == 157
    assert {"thinking", "reasoning"} <= detail["tokens"].keys()
    assert [turn["exchange"]["outcome"] for turn in detail["turns"]] == [
        "answered",
        "refused_by_provider",
    ]
    assert detail["turns"][0]["calls"][0]["name"] == "Read"


@pytest.mark.parametrize("words", [["list"], ["list", "--json"], ["show", "hostile"],
                                   ["show", "hostile", "--json"]])  # fmt: skip
def test_hostile_text_is_harmless(db, words):
    result = run(*words, "--db", db)
    assert result.exit_code == 0
    assert is_harmless(result.stdout)


@pytest.mark.parametrize("session_id", ["nobody", "", "\x1b[1m", "'; DROP TABLE texts"])
def test_show_what_is_not_there(db, session_id):
    result = run("show", "--db", db, "--", session_id)
    assert result.exit_code == 2
    assert "there is no session" in result.stderr
    assert is_harmless(result.stderr)


def test_without_a_record(tmp_path):
    result = run("list", "--db", str(tmp_path / "no.db"))
    assert result.exit_code == 2
    assert "nothing has been recorded yet" in result.stderr


def test_an_empty_record(tmp_path):
    open_store(tmp_path / "new.db", writer=True).close()
    result = run("list", "--db", str(tmp_path / "new.db"))
    assert (result.exit_code, result.stdout) == (0, "")
    assert run("list", "--json", "--db", str(tmp_path / "new.db")).stdout == "[]\n"


def test_a_long_text_is_cut_in_the_listing_only(tmp_path):
    from lunaroute.recording import Recorder
    from tests.recording.build import anthropic_message, question

    long = "\n".join(f"line {number}" for number in range(40))
    with open_store(tmp_path / "s.db", writer=True) as store:
        Recorder(None, store).record([anthropic_message(1, body=question(long))])
    shown = run("show", SESSION, "--db", str(tmp_path / "s.db")).stdout
    assert "line 11" in shown
    assert "line 12" not in shown
    assert "… 28 more lines" in shown
    whole = run("show", SESSION, "--json", "--db", str(tmp_path / "s.db")).stdout
    assert "line 39" in whole


def test_raw_gives_a_body_back(tmp_path):
    body = b'{ "model": "m", "messages": [1.0, "\xc3\xa4"] }'
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        sent = exchange(1, request_pieces=[body])
        Recorder(tmp_path / "sessions", store).record([sent])
    run_raw = run("raw", "boot-0-1", "--db", str(tmp_path / "sessions.db"))
    assert run_raw.stdout_bytes == body
    missing = run("raw", "nobody", "--db", str(tmp_path / "sessions.db"))
    assert missing.exit_code == 2
    assert "there is no request 'nobody'" in missing.stderr


def test_raw_takes_what_show_prints(tmp_path):
    boot, db = "5f0c1d2e" * 4, str(tmp_path / "sessions.db")
    bodies = [b'{"model":"m","messages":["%d"]}' % number for number in (1, 2)]
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        Recorder(tmp_path / "sessions", store).record(
            [
                replace(
                    exchange(number, session=SESSION, request_pieces=[body]),
                    id=ExchangeId(boot, 0, number),
                )
                for number, body in enumerate(bodies, 1)
            ]
        )
    shown = run("show", SESSION, "--db", db).stdout
    assert re.findall("request: (.*)", shown) == ["5f0c1d2e-0-1", "5f0c1d2e-0-2"]
    for name in ("5f0c1d2e-0-2", f"{SESSION}#2", f"{SESSION[:6]}#2", f"{boot}-0-2"):
        assert run("raw", name, "--db", db).stdout_bytes == bodies[1]
    several = run("raw", "5f0c", "--db", db)
    assert several.exit_code == 2
    assert "'5f0c1d2e-0-2', '5f0c1d2e-0-1'" in several.stderr
    for number in ("0", "3", "9" * 30):
        none = run("raw", f"{SESSION}#{number}", "--db", db)
        assert none.exit_code == 2
        assert f"has no #{number}: it has 2 requests" in none.stderr
    for name in ("#1", "nobody#1"):
        assert "there is no session" in run("raw", name, "--db", db).stderr
    assert "there is no request 'a#b'" in run("raw", "a#b", "--db", db).stderr


def test_raw_says_what_was_redacted(tmp_path):
    body = b'{ "model": "m", "messages": [1.0, "to %s!"] }' % EMAIL.encode()
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        sent = exchange(1, request_pieces=[body])
        directory = tmp_path / "sessions"
        Recorder(directory, store, redactor=redactor()).record([sent])
    done = run("raw", "boot-0-1", "--db", str(tmp_path / "sessions.db"))
    assert done.stdout_bytes == body.replace(EMAIL.encode(), b"[EMAIL]")
    start = done.stdout_bytes.index(b"[EMAIL]")
    assert done.stderr == (
        f"lunaroute: bytes {start} to {start + 7} were redacted: email\n"
    )


def test_raw_of_an_answer(tmp_path):
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        streams = [
            anthropic_stream(number, answer=sse(*anthropic_events(words)))
            for number, words in ((1, "hello"), (2, f"to {EMAIL}!"))
        ]
        Recorder(tmp_path / "sessions", store, redactor=redactor()).record(streams)
    db = str(tmp_path / "sessions.db")
    one = run("raw", f"{SESSION}#1", "--answer", "--db", db)
    assert one.stdout_bytes == b"".join(sse(*anthropic_events("hello")))
    assert one.stderr == ""
    two = run("raw", f"{SESSION}#2", "--answer", "--db", db)
    assert two.stdout_bytes == b"".join(sse(*anthropic_events("to [EMAIL]!")))
    start = two.stdout_bytes.index(b"[EMAIL]")
    assert f"bytes {start} to {start + 7} were redacted: email" in two.stderr


def test_raw_of_what_was_not_kept(db):
    found = run("raw", "boot-0-1", "--db", db)
    assert found.exit_code == 2
    assert "session_recording.jsonl.enabled was false" in found.stderr


def test_export(db, tmp_path):
    assert run("export", SESSION[:6], "--db", db).stdout.startswith("# Session ")
    file = tmp_path / "out.json"
    assert (
        run("export", SESSION, "-f", "json", "-o", str(file), "--db", db).stdout == ""
    )
    assert json.loads(file.read_text())["session"]["session_id"] == SESSION
    assert file.stat().st_mode & 0o777 == 0o600


def test_export_that_cannot_be(db, tmp_path):
    none = run("export", SESSION, "-f", "jsonl", "-o", str(tmp_path / "x"), "--db", db)
    assert none.exit_code == 2
    assert "the other formats" in none.stderr
    assert not (tmp_path / "x").exists()
    nowhere = str(tmp_path / "no" / "x")
    failed = run("export", SESSION, "-o", nowhere, "--db", db)
    assert failed.exit_code == 2
    assert f"cannot write {nowhere}: No such file" in failed.stderr
