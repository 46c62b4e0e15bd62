"""What was recorded before anything was redacted is found by place, and taken out."""

import json
import shutil

import pytest
import zstandard
from click.testing import CliRunner

from lunaroute.cli import _upkeep
from lunaroute.cli.scan import command
from lunaroute.recording import Recorder, SessionFiles, read_lines
from lunaroute.store import open_store
from lunaroute.upkeep import sole_writer
from tests.canaries import CANARIES
from tests.recording.build import anthropic_events, anthropic_stream, question, sse

BIRDS = {bird.kind: bird for bird in CANARIES}
TOKEN, EMAIL = BIRDS["github_token"], BIRDS["email"]
REST = "and a long rest that makes the message worth a reference " * 9


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A record of three turns of a session, one line of each with something in it."""
    home = tmp_path / "home"
    monkeypatch.setenv("LUNAROUTE_HOME", str(home))
    messages = []
    with open_store(home / "sessions.db", writer=True) as store:
        recorder = Recorder(home / "sessions", store)
        for number in range(1, 4):
            words = f"turn {number}: {TOKEN.words} and {EMAIL.words} {REST}"
            messages.append({"role": "user", "content": words})
            events = anthropic_events(f"answer {number} with {TOKEN.words}")
            events[6]["delta"]["partial_json"] = '{"path": "/home/'
            events[7]["delta"]["partial_json"] = f'{TOKEN.value}/x"}}'
            raw = anthropic_stream(
                number,
                body=question("") | {"messages": [*messages]},
                answer=sse(*events),
                request_fields=[("X-Project-Id", EMAIL.words)],
            )
            recorder.record([raw])
    return home


def everything(home):
    parts = []
    for path in home.rglob("*"):
        if path.suffix == ".zst":
            parts.append(b"".join(read_lines(path)))
        elif path.is_file():
            parts.append(path.read_bytes())
    return b"\n".join(parts)


def scan(*arguments):
    done = CliRunner().invoke(command, [*map(str, arguments)])
    assert TOKEN.value not in done.output
    assert EMAIL.value not in done.output
    return done


def session_file(home):
    (path,) = (home / "sessions").rglob("*.jsonl*")
    return path


def test_findings_are_told_by_kind_and_place(home):
    before = session_file(home).read_bytes()
    done = scan("--json")
    assert done.exit_code == 1
    told = json.loads(done.output)
    assert set(told["kinds"]) == {"github_token"}
    columns = {place["column"] for place in told["places"]}
    assert {"texts.text", "tool_calls.arguments", "tool_files.path"} <= columns
    assert {place["line"] for place in told["places"] if place["column"] is None}
    assert set(json.loads(scan("--json", "--all").output)["kinds"]) == {
        "github_token",
        "email",
    }
    assert session_file(home).read_bytes() == before
    assert "github_token" in scan().output


@pytest.mark.parametrize("packed", [False, True])
def test_nothing_of_it_is_left_and_the_rest_is_as_it_was(home, packed):
    path = session_file(home)
    if packed:
        path.with_name(f"{path.name}.zst").write_bytes(
            zstandard.compress(path.read_bytes())
        )
        path.unlink()
    done = scan("--fix", "--all")
    assert done.exit_code == 0, done.output
    assert "redacted" in done.output
    left = everything(home)
    for trace in (*TOKEN.traces, *EMAIL.traces):
        assert trace.encode() not in left
        assert trace.lower().encode() not in left
    with open_store(home / "sessions.db", writer=False) as store:
        rows = store.exchanges(store.list_sessions(1)[0].session_id)
        assert len(rows) == 3
        bodies = SessionFiles(store)
        for number, row in enumerate(rows, 1):
            body = json.loads(bodies.request(row))
            assert len(body["messages"]) == number
            assert body["messages"][-1]["content"] == (
                f"turn {number}: it is [GITHUB_TOKEN] here and"
                f" {EMAIL.words.replace(EMAIL.value, '[EMAIL]')} {REST}"
            )
            lines = bodies.lines(row)
            assert json.loads(lines[-1])["type"] == "completed"
        assert store.search("GITHUB_TOKEN", 9)
        assert not store.search(TOKEN.value[8:], 9)
        texts = store.texts(rows[0].session_id)
        assert sum("turn" in text.text for text in texts) == 3
    assert scan("--all").exit_code == 0
    assert scan("--fix", "--all").output.startswith("nothing was found")


def test_recording_goes_on_where_it_was(home):
    scan("--fix", "--all")
    with open_store(home / "sessions.db", writer=True) as store:
        recorder = Recorder(home / "sessions", store)
        recorder.record([anthropic_stream(9)])
        rows = store.exchanges(store.list_sessions(1)[0].session_id)
    assert len(rows) == 4
    path = session_file(home)
    size = path.stat().st_size
    ends = [row.jsonl_offset + row.jsonl_length for row in rows]
    assert max(ends) == size
    for row in rows:
        lines = path.read_bytes()[row.jsonl_offset :][: row.jsonl_length].splitlines()
        assert {json.loads(line)["exchange_id"] for line in lines} == {row.id}


def test_where_another_one_writes_nothing_is_changed(home, monkeypatch):
    monkeypatch.setattr(_upkeep, "_PATIENCE_SECONDS", 0)
    before = session_file(home).read_bytes()
    with sole_writer(home):
        done = scan("--fix")
        assert scan("--json").exit_code == 1
    assert done.exit_code == 2
    assert "stop `lunaroute serve` first" in done.output
    assert session_file(home).read_bytes() == before


def test_any_file_can_be_looked_through(home, tmp_path):
    notes = tmp_path / "notes.txt"
    notes.write_text(f"first\n{TOKEN.words}\n\n{EMAIL.words}, {EMAIL.words}\n")
    notes.chmod(0o640)
    told = json.loads(scan("--json", "--all", notes).output)
    assert [(p["line"], p["kind"], p["count"]) for p in told["places"]] == [
        (2, "github_token", 1),
        (4, "email", 2),
    ]
    copy = tmp_path / "copy"
    shutil.copytree(home / "sessions", copy)
    assert scan("--fix", "--all", notes, copy).exit_code == 0
    assert notes.stat().st_mode & 0o777 == 0o640
    assert notes.read_text() == (
        "first\nit is [GITHUB_TOKEN] here\n\n"
        + ", ".join([EMAIL.words.replace(EMAIL.value, "[EMAIL]")] * 2)
        + "\n"
    )
    assert scan("--all", copy, notes).exit_code == 0


def test_a_part_of_the_record_is_not_redacted_alone(home):
    done = scan("--fix", session_file(home))
    assert done.exit_code == 2
    assert "as a whole" in done.output


def test_what_cannot_be_read_is_said(home):
    path = session_file(home)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b'{"type":"request_recorded","exchange_id":\n' + b"".join(lines))
    done = scan("--fix")
    assert done.exit_code == 1
    assert "cannot be looked through: JSONDecodeError" in done.output


def test_a_session_that_is_named_by_it_is_said(tmp_path, monkeypatch):
    home = tmp_path / "home"
    monkeypatch.setenv("LUNAROUTE_HOME", str(home))
    with open_store(home / "sessions.db", writer=True) as store:
        Recorder(home / "sessions", store).record(
            [anthropic_stream(session=TOKEN.value)]
        )
    done = CliRunner().invoke(command, ["--fix"])
    assert done.exit_code == 1
    assert "delete the session" in done.output
