"""Opening: modes, pragmas, migrations from every version, foreign files."""

import os
import stat
import subprocess

import apsw
import pytest

from lunaroute.errors import NothingRecorded, StoreError
from lunaroute.store import SCHEMA_VERSION, _connect, open_store
from lunaroute.store._connect import connect_writer, make_private_directory, migrate
from lunaroute.store._schema import APPLICATION_ID, MIGRATIONS
from tests.store.kit import database, prepared, text, write


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def schema_of(path):
    connection = apsw.Connection(str(path))
    try:
        return connection.execute(
            "SELECT type, name, sql FROM sqlite_schema ORDER BY name"
        ).fetchall()
    finally:
        connection.close()


def test_files_are_private_whatever_the_umask(tmp_path, open_umask):
    path = database(tmp_path)
    with open_store(path, writer=True) as store:
        write(store, prepared(texts=(text("prompt", "user", "hello"),)))
        assert mode(path) == 0o600
        assert mode(path.parent) == 0o700
        beside = [path.with_name(path.name + end) for end in ("-wal", "-shm")]
        assert [mode(each) for each in beside] == [0o600, 0o600]


def test_an_existing_file_is_tightened_and_its_directory_left(tmp_path, open_umask):
    path = tmp_path / "kept" / "sessions.db"
    path.parent.mkdir(mode=0o755)
    path.touch(mode=0o644)
    open_store(path, writer=True).close()
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o755


def test_every_missing_parent_is_private(tmp_path, open_umask):
    make_private_directory(tmp_path / "a" / "b" / "c")
    assert {mode(tmp_path / each) for each in ("a", "a/b", "a/b/c")} == {0o700}


def test_pragmas(tmp_path):
    connection = connect_writer(database(tmp_path))
    ask = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "auto_vacuum": 2,
        "user_version": SCHEMA_VERSION,
        "application_id": APPLICATION_ID,
    }
    assert {name: connection.pragma(name) for name in ask} == ask
    connection.close()


@pytest.mark.parametrize("version", range(SCHEMA_VERSION + 1))
def test_migrates_from_every_earlier_version(tmp_path, version):
    path = tmp_path / "old.db"
    old = apsw.Connection(str(path))
    old.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    migrate(old, upto=version)
    old.close()

    fresh = tmp_path / "fresh.db"
    for each in (path, fresh):
        with open_store(each, writer=True) as store:
            write(store, prepared(texts=(text("prompt", "user", "hello"),)))
            assert len(store.search("hello", 5)) == 1
    assert schema_of(path) == schema_of(fresh)


def test_texts_of_an_earlier_version_get_their_parts(tmp_path):
    path = database(tmp_path)
    make_private_directory(path.parent)
    old = apsw.Connection(str(path))
    old.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    migrate(old, upto=5)
    exchange_columns = "id, session_id, started_at, outcome, streaming, has_refusal,"
    names = old.execute(
        "SELECT name FROM pragma_table_info('exchanges') WHERE \"notnull\" AND"
        " type = 'INTEGER'"
    ).fetchall()
    counts = ", ".join(name for (name,) in names if name not in exchange_columns)
    zeros = ", 0" * (counts.count(",") + 1)
    old.execute(
        f"INSERT INTO exchanges ({exchange_columns} {counts})"
        f" VALUES ('e', 's', 1, 'answered', 0, 0{zeros})"
    )
    old.execute(
        "INSERT INTO texts VALUES (1, 's', 'e', 0, 'prompt', 'user', 'AuthCheck', x'')"
    )
    old.close()
    with open_store(path, writer=True) as store:
        assert len(store.search("auth", 5)) == len(store.search("authcheck", 5)) == 1


def test_calls_of_an_earlier_version_get_their_servers(tmp_path):
    path = tmp_path / "old.db"
    names = ("Read", "mcp__github__get_me", "mcp__a_b__x__y", "mcp__x", "mcp__x__")
    before = next(n for n, step in enumerate(MIGRATIONS) if "mcp_server" in step)
    old = apsw.Connection(str(path))
    old.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    migrate(old, upto=before)
    for at, name in enumerate(names):
        old.execute(
            "INSERT INTO tool_calls (exchange_id, ordinal, session_id, call_id, name,"
            " arguments) VALUES ('e', ?, 's', 'c', ?, '')",
            (at, name),
        )
    migrate(old)
    found = old.execute("SELECT mcp_server, mcp_tool FROM tool_calls ORDER BY ordinal")
    assert found.fetchall() == [
        (None, None), ("github", "get_me"), ("a_b", "x__y"), (None, None), (None, None),
    ]  # fmt: skip
    old.close()


def test_a_failed_step_leaves_the_version_before_it(tmp_path, monkeypatch):
    from lunaroute.store import _connect

    steps = (*_connect.MIGRATIONS[:1], "CREATE TABLE half (a); CREATE TABLE meta (a)")
    monkeypatch.setattr(_connect, "MIGRATIONS", steps)
    connection = apsw.Connection(str(tmp_path / "x.db"))
    with pytest.raises(apsw.SQLError):
        migrate(connection, upto=2)
    assert connection.pragma("user_version") == 0  # a new one is made whole or not
    migrate(connection, upto=1)
    with pytest.raises(apsw.SQLError):
        migrate(connection, upto=2)
    assert connection.pragma("user_version") == 1
    names = connection.execute("SELECT name FROM sqlite_schema").fetchall()
    assert ("half",) not in names
    connection.close()


@pytest.mark.parametrize("writer", [True, False])
def test_a_newer_file_is_refused_with_the_remedy(tmp_path, writer):
    path = database(tmp_path)
    open_store(path, writer=True).close()
    connection = apsw.Connection(str(path))
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    with pytest.raises(StoreError, match="upgrade"):
        open_store(path, writer=writer)


@pytest.mark.parametrize("writer", [True, False])
def test_another_programs_database_is_left_alone(tmp_path, writer):
    path = tmp_path / "other.db"
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE sessions (a)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        open_store(path, writer=writer)
    assert path.read_bytes() == before


@pytest.mark.parametrize("writer", [True, False])
def test_not_a_database(tmp_path, writer):
    path = tmp_path / "text.db"
    path.write_text("no database at all" * 100)
    with pytest.raises(StoreError, match=r"text\.db is not a SQLite database"):
        open_store(path, writer=writer)


def test_a_reader_without_a_file_says_so_and_makes_none(tmp_path):
    path = database(tmp_path)
    with pytest.raises(StoreError, match="nothing has been recorded yet at") as caught:
        open_store(path, writer=False)
    assert str(path) in str(caught.value)
    assert not path.parent.exists()


def test_a_reader_of_an_empty_file(tmp_path):
    path = tmp_path / "empty.db"
    path.touch()
    with pytest.raises(StoreError, match="nothing has been recorded yet"):
        open_store(path, writer=False)


def test_a_reader_of_an_older_schema_names_the_remedy(tmp_path):
    path = tmp_path / "old.db"
    old = apsw.Connection(str(path))
    old.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    migrate(old, upto=1)
    old.close()
    with pytest.raises(StoreError, match="lunaroute serve"):
        open_store(path, writer=False)


def test_an_unwritable_place_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="Not a directory"):
        open_store(tmp_path / "file" / "sessions.db", writer=True)


def test_an_ordinary_sqlite3_reads_it(tmp_path):
    path = database(tmp_path)
    with open_store(path, writer=True) as store:
        write(store, prepared(texts=(text("prompt", "user", "find the needle_x"),)))
    query = (
        "import sqlite3,sys;c=sqlite3.connect(sys.argv[1]);"
        'print(c.execute("SELECT t.text FROM texts_index i JOIN texts t ON t.id=i.rowid'
        " WHERE texts_index MATCH 'needle_x'\").fetchone()[0],"
        "c.execute('SELECT count(*) FROM sessions').fetchone()[0])"
    )
    import sys

    done = subprocess.run(
        [sys.executable, "-c", query, str(path)], capture_output=True, text=True
    )
    assert done.stdout.split() == ["find", "the", "needle_x", "1"], done.stderr


def test_any_sqlite_opens_every_table_and_view_and_takes_a_text_out(tmp_path):
    path = database(tmp_path)
    long = "a tool's long output, " * 100
    with open_store(path, writer=True) as store:
        write(store, prepared(texts=(text("tool_output", "tool", long),)))
    script = (
        "import sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1])\n"
        "names = \"SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')\"\n"
        "for (name,) in c.execute(names).fetchall():\n"
        "    c.execute(f'SELECT * FROM \"{name}\"').fetchall()\n"
        "    print(name)\n"
        "found = \"SELECT snippet(texts_index, 0, '<', '>', '', 3) FROM texts_index\"\n"
        "print(c.execute(found + \" WHERE texts_index MATCH 'output'\").fetchone()[0])\n"
        "c.execute('DELETE FROM texts')\n"
        "c.execute(\"INSERT INTO texts_index (texts_index) VALUES ('integrity-check')\")\n"
    )
    import sys

    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    shown = done.stdout.splitlines()
    assert {"exchanges", "texts", "texts_index", "sessions", "tool_stats"} <= {*shown}
    assert "<output>" in shown[-1]


def test_who_reads_beside_a_new_store_never_meets_half_of_it(tmp_path, monkeypatch):
    path = database(tmp_path)
    seen = []

    class Watched(list):
        def __getitem__(self, number):
            with pytest.raises(NothingRecorded):
                open_store(path, writer=False)
            seen.append(number)
            return super().__getitem__(number)

    monkeypatch.setattr(_connect, "MIGRATIONS", Watched(MIGRATIONS))
    open_store(path, writer=True).close()
    assert seen == list(range(SCHEMA_VERSION))
    open_store(path, writer=False).close()
