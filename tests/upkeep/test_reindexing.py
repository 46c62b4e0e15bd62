"""A database that is made again from the files equals the one that was lost."""

import json
from datetime import UTC, datetime

import apsw
import pytest

from lunaroute.recording import Recorder
from lunaroute.recording._opening import snapshot
from lunaroute.store import open_store
from lunaroute.upkeep._compression import compress
from lunaroute.upkeep._reindexing import reindex
from tests.recording.build import anthropic_message, anthropic_stream, socket
from tests.recording.test_rebuilding import HISTORY
from tests.recording.test_turns import FIRST, SECOND, WARM
from tests.store.kit import prepared, text, write
from tests.upkeep.kit import FIRST_DAY, day, fill, finish, site

LEFT_OUT = {"seq", "result_text_id"}
TABLES = {
    "exchanges": "id",
    "texts": "session_id, exchange_id, ordinal",
    "tool_calls": "exchange_id, ordinal",
    "tool_files": "exchange_id, ordinal, path",
    "jsonl_files": "path",
    "sessions": "session_id",
}


def tables(place):
    """All rows by table, less the numbers that are given as they are written."""
    found = {}
    connection = apsw.Connection(str(place.database))
    for table, order in TABLES.items():
        names = [
            name
            for (name,) in connection.execute(
                f"SELECT name FROM pragma_table_info('{table}')"
            )
        ]
        skipped = LEFT_OUT | ({"id"} if table == "texts" else set())
        kept = ", ".join(name for name in names if name not in skipped)
        statement = f"SELECT {kept} FROM {table} ORDER BY {order}"
        found[table] = list(connection.execute(statement))
    connection.close()
    return found


@pytest.fixture
def place(tmp_path):
    place = site(tmp_path)
    fill(place, [1, 2])
    with open_store(place.database, writer=True) as store:
        recorder = Recorder(place.directory, store, today=lambda: FIRST_DAY)
        recorder.record([anthropic_stream(11), anthropic_message(12, body=HISTORY)])
        recorder.record(
            [anthropic_message(13, body=HISTORY, status=529, answer=[b"x"])]
        )
        recorder.record([anthropic_message(14, body=HISTORY)])
        recorder.record([socket(*WARM, *FIRST, *SECOND, number=15)])
        late = anthropic_stream(16)
        recorder.begin([snapshot(late)])
        recorder.record([anthropic_stream(17)])
        recorder.record([late])
    return place


def run(place, **more):
    return finish(reindex(place, **more))


def keep_key(place, lose):
    """Hashes are keyed: those of another key would differ."""
    with open_store(place.database, writer=False) as store:
        key = store.install_key()
    lose()
    with open_store(place.database, writer=True) as store, store.writing():
        store._connection.execute(
            "UPDATE meta SET value = ? WHERE key = 'install_key'", (key.hex(),)
        )


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_lost_database_comes_back(place, is_packed):
    before = tables(place)
    assert len(before["exchanges"]) == 16
    if is_packed:
        for path in place.directory.rglob("*.jsonl"):
            list(compress(path))
    keep_key(place, place.database.unlink)
    done = run(place)
    assert (done.added, done.rebuilt, done.bad_lines, done.warnings) == (16, 0, 0, [])
    after = tables(place)
    for table, rows in before.items():
        assert after[table] == rows, table
    with open_store(place.database, writer=False) as store:
        assert store.search("scattering", 5)


def test_all_of_one_that_is_there(place):
    before = tables(place)
    done = run(place)
    assert (done.added, done.rebuilt, done.kept) == (0, 16, 0)
    assert tables(place) == before
    with open_store(place.database, writer=True) as store, store.writing():
        store._connection.execute(
            "INSERT INTO texts_index (texts_index, rank) VALUES ('integrity-check', 1)"
        )


def test_only_what_is_missing(place):
    before = tables(place)
    with open_store(place.database, writer=True) as store, store.writing():
        store._connection.execute("DELETE FROM exchanges WHERE session_id = 'day-1'")
        store._connection.execute("UPDATE exchanges SET status = 299")
    done = run(place, missing=True)
    assert (done.added, done.rebuilt, done.kept) == (3, 0, 13)
    after = tables(place)
    assert [row[0] for row in after["exchanges"]] == [
        row[0] for row in before["exchanges"]
    ]
    assert {row[0] for row in after["texts"]} == {row[0] for row in before["texts"]}


def test_what_stands_in_no_file_stays(place):
    with open_store(place.database, writer=True) as store:
        write(
            store,
            prepared(901, "mine", listener="import:codex"),
            prepared(902, "mine", texts=(text("prompt", "user", "marzipan"),)),
        )
    run(place)
    with open_store(place.database, writer=False) as store:
        assert len(store.exchanges("mine")) == 2
        assert len(store.search("marzipan", 5)) == 1


def test_a_cost_that_was_worked_out_again_stays(place):
    with open_store(place.database, writer=True) as store, store.writing():
        store._connection.execute(
            "UPDATE exchanges SET cost_usd = 7, price_version = 'mine'"
            " WHERE id = 'boot-0-11'"
        )
    run(place)
    with open_store(place.database, writer=False) as store:
        row = store.get_exchange("boot-0-11")
    assert (row.cost_usd, row.price_version) == (7, "mine")


def test_what_is_under_way_stays(place):
    with open_store(place.database, writer=True) as store:
        recorder = Recorder(place.directory, store, today=lambda: FIRST_DAY)
        recorder.begin([snapshot(anthropic_stream(50))])
        before = tables(place)["exchanges"]
        assert run(place).rebuilt == 16
        assert tables(place)["exchanges"] == before
        recorder.record([anthropic_stream(50)])
        assert store.get_exchange("boot-0-50").outcome == "answered"


def test_what_ended_as_interrupted(place):
    with open_store(place.database, writer=True) as store:
        recorder = Recorder(place.directory, store, today=lambda: FIRST_DAY)
        recorder.begin([snapshot(anthropic_stream(50, session="left"))])
        (row,) = recorder.abandon([])
        assert row.outcome == "interrupted"
    before = tables(place)
    assert run(place).rebuilt == 17
    assert tables(place) == before


def test_recording_goes_on_meanwhile(place):
    with open_store(place.database, writer=True) as store:
        recorder = Recorder(place.directory, store, today=lambda: day(2))
        number = 100
        for _ in reindex(place):
            number += 1
            recorder.record([anthropic_message(number, session="day-2")])
        rows = {row.id for row in store.exchanges("day-2")}
    assert rows >= {f"boot-0-{each}" for each in range(101, number + 1)}
    before = tables(place)
    run(place)
    assert tables(place) == before


def test_lines_that_were_never_acknowledged_do_not_count(place):
    before = tables(place)
    path = place.directory / str(day(2)) / "session_day-2.jsonl"
    lines = path.read_bytes()
    with path.open("ab") as file:
        file.write(lines.replace(b"boot-0-", b"boot-1-") + b"torn")
    run(place)
    assert tables(place) == before


def test_damaged_files_are_named_and_the_others_read(place):
    bad = place.directory / str(day(1)) / "session_day-1.jsonl"
    other = place.directory / str(day(1)) / "session_other.jsonl.zst"
    other.write_bytes(b"\x28\xb5\x2f\xfdno zstd")
    bad.write_bytes(bad.read_bytes().replace(b'"schema":1', b'"schema:1', 1))
    place.database.unlink()
    done = run(place)
    assert done.bad_lines == 1
    assert "session_other" in done.warnings[0]
    with open_store(place.database, writer=False) as store:
        assert len(store.exchanges("day-2")) == 3


def test_events_of_an_earlier_release_come_as_an_import(place):
    path = place.directory / str(day(2)) / "session_day-2.jsonl"
    events = [json.loads(line) for line in path.read_bytes().splitlines()]
    for event in events:
        event.pop("row", None)
        event.pop("spoken", None)
    path.write_bytes(b"".join(json.dumps(each).encode() + b"\n" for each in events))
    done = run(place)
    assert (done.rebuilt, done.kept) == (13, 3)
    place.database.unlink()
    done = run(place)
    assert done.added == 16
    with open_store(place.database, writer=False) as store:
        rows = store.exchanges("day-2")
    assert [row.listener for row in rows] == ["import:lunaroute"] * 3
    assert datetime.fromtimestamp(rows[0].started_at / 1e6, UTC).date() == day(2)
