"""A piece goes whole: file, rows, words in the index, offset, empty directory."""

from lunaroute.store import open_store
from lunaroute.upkeep._compression import compress, unfinished_path
from lunaroute.upkeep._pieces import find_pieces
from lunaroute.upkeep._removal import give_back, remove_piece
from tests.store.kit import prepared, text, write
from tests.upkeep.kit import day, fill, names, site


def test_a_file_with_its_rows(tmp_path):
    place = site(tmp_path)
    fill(place, [0, 1])
    first, _ = find_pieces(place.directory, None)
    unfinished_path(first.plain).write_bytes(b"half")
    with open_store(place.database, writer=True) as store:
        first, _ = find_pieces(place.directory, store)
        list(remove_piece(first, store))
        list(give_back(store))
        assert store.exchanges("day-0") == ()
        assert len(store.exchanges("day-1")) == 3
        assert [each for each, _ in store.pruning.files()] == [day(1).isoformat()]
        assert {hit.session_id for hit in store.search("fox", 50)} == {"day-1"}
    assert names(place) == [f"{day(1)}/session_day-1.jsonl"]
    assert not (place.directory / day(0).isoformat()).exists()


def test_a_compressed_one(tmp_path):
    place = site(tmp_path)
    fill(place, [0])
    with open_store(place.database, writer=True) as store:
        (piece,) = find_pieces(place.directory, store)
        list(compress(piece.plain))
        (piece,) = find_pieces(place.directory, store)
        list(remove_piece(piece, store))
        assert find_pieces(place.directory, store) == []
        assert store.pruning.files() == ()
    assert names(place) == []


def test_rows_without_a_file(tmp_path):
    place = site(tmp_path)
    place.home.mkdir()
    with open_store(place.database, writer=True) as store:
        write(store, prepared(1, texts=(text("prompt", "user", "fox"),)))
        (piece,) = find_pieces(place.directory, store)
        list(remove_piece(piece, store))
        assert store.exchanges("s1") == ()


def test_without_a_store(tmp_path):
    place = site(tmp_path)
    fill(place, [0], sqlite=False)
    (piece,) = find_pieces(place.directory, None)
    list(remove_piece(piece, None))
    assert names(place) == []
