"""Long texts take a third, and are read, found, changed and deleted as any other."""

import contextlib
import shutil
import sqlite3
import subprocess
import zlib
from dataclasses import replace

import apsw
import pytest

from lunaroute.store import NewCell, ToolCallRow, open_store
from lunaroute.store._connect import migrate
from lunaroute.store._packing import stored_text
from lunaroute.store._schema import APPLICATION_ID, MIGRATIONS
from tests.store.kit import database, prepared, text, text_hash, write

LONG = "the userRouter of LunaRoute, ünïcode\n" * 40
GIVEN = '{"command": "' + "grep pathfinder " * 40 + '"}'


@pytest.fixture
def path(tmp_path):
    return database(tmp_path)


@pytest.fixture
def store(path):
    with open_store(path, writer=True) as store:
        yield store


def spoken(number=1, session="s1", **more):
    texts = (
        text("prompt", "user", LONG, 0),
        text("tool_output", "tool", LONG, 1),
        text("tool_input", "assistant", GIVEN, 2),
        text("tool_output", "tool", "short", 3),
    )
    calls = (ToolCallRow(0, "c", "Bash", GIVEN, files=("src/app.py",)),)
    return prepared(number, session, texts=texts, calls=calls, **more)


def plain_columns(path):
    """The texts without our function, as any program reads them."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT ordinal, text, parts, packed FROM texts").fetchall()


@pytest.mark.parametrize("kind", ["prompt", "answer", "error"])
def test_what_people_and_models_say_stays_as_it_is(kind):
    assert stored_text(kind, LONG, "a b") == (LONG, "a b", None, None, None)


@pytest.mark.parametrize("words", ["", "short", "x" * 255])
def test_what_is_short_stays_as_it_is(words):
    assert stored_text("tool_output", words, "p") == (words, "p", None, None, None)


def test_text_and_parts_are_one_behind_the_other():
    stored = stored_text("thinking", LONG, "user router")
    assert (stored.text, stored.parts) == ("", "")
    plain = zlib.decompress(stored.packed)
    assert len(plain) == stored.packed_from
    assert plain[: stored.text_bytes].decode() == LONG
    assert plain[stored.text_bytes :] == b"user router"
    assert len(stored.packed) < len(plain) / 3


def test_a_text_that_cannot_be_stored_is_refused(store):
    bad = replace(text("tool_output", "tool", "x"), text="\ud800" * 300)
    (problem,) = write(store, prepared(texts=(bad,)))
    assert "UnicodeEncodeError" in problem
    assert len(store.exchanges("s1")) == 1


def test_all_are_read_as_they_were(store, path):
    write(store, spoken())
    assert [each.text for each in store.texts("s1")] == [LONG, LONG, GIVEN, "short"]
    assert [each.text for each in store.brought("boot-0-1")[0]][1] == LONG
    cells = [cell for page in store.cells.pages() for cell in page]
    assert LONG in [cell.text for cell in cells if cell.kind == "tool_output"]
    store.close()
    kept = {n: (words, packed) for n, words, _, packed in plain_columns(path)}
    assert kept[0] == (LONG, None)
    assert kept[3] == ("short", None)
    assert kept[1][0] == kept[2][0] == ""
    assert None not in (kept[1][1], kept[2][1])


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("lunaroute", ["prompt", "tool_output"]),
        ("router", ["prompt", "tool_output"]),  # a part of userRouter
        ("pathfinder", ["tool_input"]),
        ("tool:Bash", ["tool_input"]),
        ("tool:Bash pathfinder", ["tool_input"]),
        ("tool:Read pathfinder", []),
        ("file:app.py", ["tool_input"]),
        ("kind:tool_output -pathfinder", ["tool_output", "tool_output"]),
    ],
)
def test_all_are_found(store, query, kinds):
    write(store, spoken())
    assert sorted(hit.kind for hit in store.search(query, 9)) == kinds


def test_hits_are_shown_with_what_stands_around(store):
    write(store, spoken())
    (hit,) = store.search("kind:tool_output lunaroute", 1)
    assert ("LunaRoute", True) in hit.snippet
    (hit,) = store.search("kind:tool_output router", 1)
    assert ("userRouter", True) in hit.snippet
    (hit,) = store.search("kind:tool_input", 1)
    assert hit.snippet[0][0].startswith('{"command": "grep')


def test_only_calls_of_the_same_input_are_found(store):
    other = ToolCallRow(1, "d", "Write", GIVEN.replace("grep", "find"))
    record = spoken()
    write(store, replace(record, calls=(*record.calls, other)))
    assert store.search("tool:Write", 9) == ()


def check(store):
    store._connection.execute(
        "INSERT INTO texts_index (texts_index, rank) VALUES ('integrity-check', 1)"
    )


def test_the_index_follows_deletion(store):
    write(store, spoken(1), spoken(2, "s2"))
    check(store)
    store.pruning.delete_of_session("s1", 9, 9)
    check(store)
    assert {hit.session_id for hit in store.search("lunaroute", 9)} == {"s2"}
    store.pruning.delete_of_session("s2", 9, 9)
    check(store)
    assert store.search("pathfinder", 9) == ()


@pytest.mark.parametrize("new", ["[X]", LONG.replace("Route", "[X]")])
def test_what_is_replaced_is_kept_either_way(store, new):
    write(store, spoken())
    for page in store.cells.pages():
        store.cells.replace(
            [
                NewCell(cell, new, text_hash(cell.kind, cell.role, new))
                for cell in page
                if cell.text == LONG
            ]
        )
    check(store)
    assert [each.text for each in store.texts("s1")] == [new, new, GIVEN, "short"]
    assert store.search("lunaroute", 9) == ()
    assert len(store.search('"x"', 9)) == 2


def test_texts_of_an_earlier_version_stay_where_they_are(path):
    path.parent.mkdir()
    before = next(n for n, step in enumerate(MIGRATIONS) if "readable_texts" in step)
    old = apsw.Connection(str(path))
    old.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    migrate(old, upto=before)
    insert = (
        "INSERT INTO texts (session_id, exchange_id, ordinal, kind, role, text, hash,"
        " parts) VALUES ('old', 'e', 0, 'tool_output', 'tool', ?, x'00', 'kept words')"
    )
    old.execute(insert, (LONG,))
    old.close()
    with open_store(path, writer=True) as store:
        check(store)
        write(store, spoken())
        check(store)
        assert [each.text for each in store.texts("old")] == [LONG]
        index = "SELECT rowid FROM texts_index WHERE texts_index MATCH 'words'"
        assert store._connection.execute(index).fetchall() == [(1,)]
        store._connection.execute("DELETE FROM texts WHERE session_id = 'old'")
        check(store)


RECIPE = (
    "SELECT count(*), sum(text LIKE '%grep pathfinder%') FROM readable_texts;"
    "SELECT snippet(texts_index, 0, '[', ']', '', 1) FROM texts_index"
    " WHERE texts_index MATCH 'pathfinder';"
    "INSERT INTO texts_index (texts_index, rank) VALUES ('integrity-check', 1);"
)


def test_the_shell_reads_them(store, path):
    program = shutil.which("sqlite3")
    if program is None:
        pytest.skip("no sqlite3")
    write(store, spoken())
    store.close()
    done = subprocess.run([program, path, RECIPE], capture_output=True, text=True)
    if "no such function" in done.stderr:
        pytest.skip("a sqlite3 without zlib")
    assert done.stdout.split() == ["4|1", "[pathfinder]"], done.stderr


def test_python_reads_them_with_one_function(store, path):
    write(store, spoken())
    store.close()
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.create_function("sqlar_uncompress", 2, lambda z, n: zlib.decompress(z))
        first, second, third = (db.execute(one) for one in RECIPE.split(";")[:3])
        assert first.fetchall() == [(4, 1)]
        assert second.fetchall() == [("[pathfinder]",)]
        assert third.fetchall() == []
