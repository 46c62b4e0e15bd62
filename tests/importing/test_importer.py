"""Nothing twice, nothing of what the proxy recorded, one bad line fails no file."""

import apsw
import pytest
from click.testing import CliRunner

from lunaroute.cli.import_ import command
from lunaroute.recording import Recorder
from lunaroute.store import open_store
from tests.importing.kit import FIXTURES, bring_in, found
from tests.pii.finder import EMAIL, SECRET, redactor
from tests.recording import build
from tests.store.kit import prepared, write

FILE = FIXTURES / "claude_code.jsonl"
SESSION = "7a1d3c52-8f0e-4b7c-9a55-2f4c1e8b9d10"


@pytest.fixture(params=sorted(FIXTURES.glob("*.*")), ids=lambda path: path.stem)
def source(request):
    return request.param


def everything(path):
    with apsw.Connection(str(path)) as connection:
        return [
            list(connection.execute(f"SELECT * FROM {table}"))
            for table in ("exchanges", "texts", "tool_calls", "imported_files")
        ]


def test_a_second_import_adds_nothing(store, source, tmp_path):
    assert bring_in(store, source).exchanges > 0
    before = everything(store.path)
    again = bring_in(store, source)
    assert (again.imported, again.skipped, again.exchanges) == (0, 1, 0)
    # The same content in another place is another file, and the same exchanges.
    copy = tmp_path / f"copy{''.join(source.suffixes)}"
    copy.write_bytes(source.read_bytes())
    assert bring_in(store, copy).exchanges == 0
    assert everything(store.path)[:3] == before[:3]


def test_an_import_that_was_stopped_is_taken_up_again(store, tmp_path):
    for number in range(3):
        text = (
            FILE.read_text()
            .replace(SESSION, f"s{number}")
            .replace("msg_", f"m{number}_")
        )
        (tmp_path / f"{number}.jsonl").write_text(text)

    class Stopped(Exception):
        pass

    from lunaroute.importing import Importer, find_sources

    sources = list(find_sources([tmp_path]))
    steps = iter([None, None])

    def advance():
        if next(steps, Stopped) is Stopped:
            raise Stopped

    with pytest.raises(Stopped):
        Importer(store, batch_size=1).run(sources, advance)
    assert len(everything(store.path)[3]) == 2  # what was committed
    report = bring_in(store, tmp_path)
    assert (report.imported, report.skipped, report.exchanges) == (1, 2, 2)


def test_a_session_that_the_proxy_recorded_is_not_imported(store):
    write(store, prepared(1, SESSION, listener="anthropic"))
    report = bring_in(store, FILE)
    assert report.recorded_sessions == {SESSION}
    assert (report.exchanges, report.skipped) == (0, 1)
    assert len(store.exchanges(SESSION)) == 1


def test_one_bad_line_is_told_and_fails_no_file(store, tmp_path):
    path = tmp_path / "torn.jsonl"
    path.write_text(FILE.read_text() + '{"type": "user", "mess')
    report = bring_in(store, path)
    assert (report.imported, report.failed, report.bad_lines) == (1, 0, 1)
    assert report.messages == [f"{path}:7: cut short"]


def test_what_is_of_no_known_kind_fails_and_the_rest_goes_on(store, tmp_path):
    stranger = tmp_path / "notes.txt"
    stranger.write_text("to buy: almonds")
    report = bring_in(store, stranger, FILE)
    assert (report.imported, report.failed) == (1, 1)
    assert str(stranger) in report.messages[0]
    halted = bring_in(store, stranger, FILE, continue_on_error=False)
    assert (halted.imported, halted.skipped, halted.failed) == (0, 0, 1)


def test_a_dry_run_counts_and_writes_nothing(store):
    before = everything(store.path)
    assert bring_in(store, FILE, dry_run=True).exchanges == 2
    assert bring_in(None, FILE, dry_run=True).exchanges == 2
    assert everything(store.path) == before
    assert found(store, "marzipan") == []


def test_existing_sessions_can_be_passed_over(store, tmp_path):
    part = tmp_path / "part.jsonl"
    part.write_text("".join(FILE.read_text().splitlines(keepends=True)[:4]))
    bring_in(store, part)
    assert bring_in(store, FILE, skip_existing=True).exchanges == 0
    copy = tmp_path / "copy.jsonl"
    copy.write_text(FILE.read_text())
    assert bring_in(store, copy).exchanges == 1


def test_a_lost_database_is_filled_from_the_files(tmp_path, monkeypatch):
    home = tmp_path / "home"
    with open_store(home / "sessions.db", writer=True) as store:
        Recorder(home / "sessions", store).record(
            [build.anthropic_message(number) for number in range(1, 6)]
        )
    (home / "sessions.db").rename(home / "sessions.db.damaged-1")
    with open_store(home / "sessions.db", writer=True) as store:
        Recorder(home / "sessions", store).record([build.anthropic_message(6)])
    monkeypatch.setenv("LUNAROUTE_HOME", str(home))
    done = CliRunner().invoke(command, [str(home / "sessions")])
    assert done.exit_code == 0, done.output
    with open_store(home / "sessions.db", writer=False) as store:
        ids = {row.id for row in store.exchanges(build.SESSION)}
    assert ids == {f"boot-0-{number}" for number in range(1, 7)}


def test_what_is_not_recorded_is_not_imported_either(store, source, tmp_path):
    if source.suffix != ".jsonl":
        pytest.skip("a text to put values into")
    text = source.read_text()
    copy = tmp_path / "copy.jsonl"
    for word in ("the", "a"):
        text = text.replace(f" {word} ", f" {EMAIL} or {SECRET} ")
    copy.write_text(text)
    assert EMAIL in text
    report = bring_in(store, copy, redactor=redactor())
    assert report.exchanges > 0
    kept = repr(everything(store.path))
    assert EMAIL not in kept
    assert SECRET not in kept
    assert "[EMAIL] or [SECRET]" in kept
    rows = store.exchanges(store.list_sessions(1)[0].session_id)
    assert any("email" in (row.redacted or "") for row in rows)
    before = everything(store.path)[:3]
    again = tmp_path / "again.jsonl"
    again.write_text(text)
    assert bring_in(store, again, redactor=redactor()).exchanges == 0
    assert everything(store.path)[:3] == before


def test_the_command_obeys_the_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("LUNAROUTE_HOME", str(tmp_path / "home"))
    key = "gh" + "p_" + "0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1w" + "X"
    copy = tmp_path / "copy.jsonl"
    copy.write_text(FILE.read_text().replace(" the ", f" {key} "))
    done = CliRunner().invoke(command, [str(copy)])
    assert done.exit_code == 0
    kept = repr(everything(tmp_path / "home" / "sessions.db"))
    assert key not in kept
    assert "[GITHUB_TOKEN]" in kept
