"""What is ours below the directory, and which rows belong to it."""

import zstandard

from lunaroute.store import open_store
from lunaroute.upkeep._pieces import find_pieces, read_day
from tests.store.kit import START, prepared, write
from tests.upkeep.kit import day, fill, site


def test_a_file_and_its_rows_are_one_piece(tmp_path):
    place = site(tmp_path)
    fill(place, [0, 2])
    with open_store(place.database, writer=True) as store:
        write(store, prepared(9_999, started_at=START + 86_400_000_000))
        pieces = find_pieces(place.directory, store)
    assert [(each.day, each.name, each.exchanges) for each in pieces] == [
        (day(0), f"{day(0)}/session_day-0.jsonl", 3),
        (day(1), "", 1),
        (day(2), f"{day(2)}/session_day-2.jsonl", 3),
    ]
    (path,) = pieces[0].paths
    assert pieces[0].plain == path
    assert pieces[0].size == path.stat().st_size > 0
    alone = find_pieces(place.directory, None)
    assert [(each.name, each.exchanges) for each in alone] == [
        (pieces[0].name, 0),
        (pieces[2].name, 0),
    ]


def test_rows_whose_file_is_gone_are_there(tmp_path):
    place = site(tmp_path)
    fill(place, [0])
    (path,) = place.directory.rglob("*.jsonl")
    path.unlink()
    with open_store(place.database, writer=False) as store:
        (piece,) = find_pieces(place.directory, store)
    assert (piece.paths, piece.size, piece.exchanges) == ((), 0, 3)


def test_compressed_and_both(tmp_path):
    place = site(tmp_path)
    fill(place, [0, 1], sqlite=False)
    first, second = sorted(place.directory.rglob("*.jsonl"))
    first.rename(first.with_name(f"{first.name}.zst"))
    second.with_name(f"{second.name}.zst").write_bytes(b"12345")
    one, both = find_pieces(place.directory, None)
    assert one.plain is None
    assert both.plain == second.resolve()
    assert both.size == second.stat().st_size + 5


def test_a_directory_of_before_is_known_to_the_store(tmp_path):
    place = site(tmp_path)
    fill(place, [0])
    with open_store(place.database, writer=False) as store:
        (piece,) = find_pieces(tmp_path / "elsewhere", store)
    assert len(piece.paths) == 1


def test_nothing_else_is_ours(tmp_path):
    place = site(tmp_path)
    fill(place, [0], sqlite=False)
    (path,) = place.directory.rglob("*.jsonl")
    others = [
        place.directory / "session_x.jsonl",
        place.directory / "notes" / "session_x.jsonl",
        place.directory / "2025-13-01" / "session_x.jsonl",
        path.with_name("notes.txt"),
        path.with_name("session_x.jsonl.gz"),
        path.with_name("session_x.jsonl.zst.tmp"),
    ]
    for other in others:
        other.parent.mkdir(exist_ok=True)
        other.write_text("mine")
    path.with_name("session_link.jsonl").symlink_to(others[0])
    (place.directory / "2025-01-01").symlink_to(path.parent)
    path.with_name("session_dir.jsonl").mkdir()
    (piece,) = find_pieces(place.directory, None)
    assert piece.paths == (path.resolve(),)


def test_files_of_an_earlier_release_are_not_looked_after(tmp_path):
    place = site(tmp_path)
    fill(place, [0])
    (ours,) = place.directory.rglob("*.jsonl")
    other = ours.with_name("session_theirs.jsonl")
    other.write_text('{"type":"started","session_id":"theirs"}\n')
    packed = ours.with_name("session_packed.jsonl.zst")
    packed.write_bytes(zstandard.compress(other.read_bytes()))
    with open_store(place.database, writer=False) as store:
        (piece,) = find_pieces(place.directory, store)
        assert piece.paths == (ours.resolve(),)
        asked = find_pieces(place.directory, store, also_earlier=True)
    assert len(asked) == 3
    assert len(find_pieces(place.directory, None)) == 1


def test_days():
    assert read_day("2025-10-09") == day(0)
    for text in ("20251009", "2025-10-9", "2025-W41-4", "", "..", "2025-02-30"):
        assert read_day(text) is None
