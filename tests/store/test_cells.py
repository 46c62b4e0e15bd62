"""Words are replaced everywhere, and no trace of the old ones stays in the file."""

from pathlib import Path

import pytest

from lunaroute.store import NewCell, open_store
from lunaroute.upkeep._removal import give_back
from tests.store.kit import database, prepared, write

WORD = "unmistakable"


@pytest.fixture
def store(tmp_path):
    with open_store(database(tmp_path), writer=True) as store:
        yield store


def all_cells(store):
    return [cell for page in store.cells.pages() for cell in page]


def test_every_cell_is_told_once(store):
    for number in range(1, 4):
        write(store, prepared(number, f"s{number}", user_agent=f"{WORD} {number}"))
    cells = all_cells(store)
    places = [(cell.table, cell.column, cell.key) for cell in cells]
    assert len(places) == len(set(places))
    agents = [cell.text for cell in cells if cell.column == "user_agent"]
    assert agents == [f"{WORD} 1", f"{WORD} 2", f"{WORD} 3"]
    assert {cell.column for cell in cells if cell.is_kept} == {"session_id"}


def test_what_was_there_is_overwritten(store, tmp_path):
    write(store, prepared(1, "s1", user_agent=WORD, error_text=f"no {WORD}"))
    new = [
        NewCell(cell, cell.text.replace(WORD, "[X]"), b"h" * 16)
        for cell in all_cells(store)
        if WORD in cell.text
    ]
    assert new
    store.cells.replace(new)
    for _ in give_back(store):
        pass
    assert not any(WORD in cell.text for cell in all_cells(store))
    store.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert WORD.encode() not in kept


def test_a_file_that_changed_is_referred_to_anew(store):
    write(
        store,
        prepared(1, "s1", jsonl_file="2026-01-01/f", jsonl_offset=0, jsonl_length=9),
        prepared(2, "s1", jsonl_file="2026-01-01/f", jsonl_offset=9, jsonl_length=5),
        prepared(3, "s1", jsonl_file="2026-01-01/g", jsonl_offset=9, jsonl_length=5),
    )
    assert store.cells.replacing() is None
    path = Path("/x/2026-01-01/f")
    moved = {0: 0, 9: 7, 14: 10}
    store.cells.relocate("2026-01-01/f", str(path), 10, moved, replacing=path)
    assert store.cells.replacing() == path
    store.cells.replaced()
    assert store.cells.replacing() is None
    rows = {row.id: row for row in store.exchanges("s1")}
    places = [(row.jsonl_offset, row.jsonl_length) for row in rows.values()]
    assert places == [(0, 7), (7, 3), (9, 5)]
