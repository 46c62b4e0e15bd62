"""Session files written anew while a recorder adds to them."""

import json
from collections import Counter

import pytest
import zstandard

from lunaroute.recording import Recorder, SessionFiles, read_lines
from lunaroute.store import open_store
from lunaroute.upkeep import _rewriting
from lunaroute.upkeep._pieces import find_pieces
from lunaroute.upkeep._rewriting import look_through, write_anew, write_piece_anew
from tests.pii.finder import EMAIL, redactor
from tests.recording.build import SESSION, anthropic_stream, question

REST = " and a rest that is long enough to be worth a reference" * 9


@pytest.fixture(autouse=True)
def short_steps(monkeypatch):
    """Each line is a step of its own."""
    monkeypatch.setattr(_rewriting, "_STEP_SECONDS", -1)


def asked(number):
    """The N-th turn: all that was said before comes back with it."""
    messages = [
        {"role": "user", "content": f"turn {at} of {EMAIL}{REST}"}
        for at in range(1, number + 1)
    ]
    return anthropic_stream(number, body=question("") | {"messages": messages})


@pytest.fixture
def record(tmp_path):
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        recorder = Recorder(tmp_path / "sessions", store)
        recorder.record([asked(1)])
        recorder.record([asked(2)])
        yield tmp_path / "sessions", store, recorder


def contents(store):
    """What each body's messages say, by exchange."""
    files = SessionFiles(store)
    return [
        [m["content"] for m in json.loads(files.request(row))["messages"]]
        for row in store.exchanges(SESSION)
    ]


def expected(count):
    return [
        [f"turn {at} of [EMAIL]{REST}" for at in range(1, number + 1)]
        for number in range(1, count + 1)
    ]


def offsets_are_true(directory, store):
    (path,) = directory.rglob("*.jsonl")
    text = path.read_bytes()
    for row in store.exchanges(SESSION):
        lines = text[row.jsonl_offset :][: row.jsonl_length].splitlines()
        assert {json.loads(line)["exchange_id"] for line in lines} == {row.id}
    assert store.cells.offset(str(path.resolve())) == len(text)


def nothing(_path, _line, _kinds):
    return


@pytest.mark.parametrize("before", range(0, 40, 3))
def test_what_comes_between_two_steps_is_in_it(record, before):
    directory, store, recorder = record
    (piece,) = find_pieces(directory, store)
    steps = write_piece_anew(piece, store, redactor(), nothing)
    for _ in range(before):
        next(steps, None)
    recorder.record([asked(3)])
    for _ in steps:
        pass
    # The last one came after the file had its place, or is in it.
    found = contents(store)
    was_late = EMAIL in json.dumps(found[2])
    assert found[:2] == expected(2)
    if not was_late:
        assert found == expected(3)
    offsets_are_true(directory, store)
    (piece,) = find_pieces(directory, store)
    for _ in write_piece_anew(piece, store, redactor(), nothing):
        pass
    recorder.record([asked(4)])
    assert contents(store)[:3] == expected(3)
    assert json.dumps(contents(store)[3]).count(EMAIL) == 4
    offsets_are_true(directory, store)
    assert not list(directory.rglob("*.redacted*"))


def test_a_body_refers_to_nothing_that_was_changed(record):
    """Not even where the file is as long as it was."""
    directory, store, recorder = record
    (path,) = directory.rglob("*.jsonl")
    text = path.read_bytes()
    new = path.with_name("new")
    new.write_bytes(text.replace(EMAIL.encode(), b"x" * len(EMAIL)))
    new.replace(path)
    recorder.record([asked(3)])
    assert [EMAIL in words for words in contents(store)[2]] == [True] * 3


def test_what_never_counted_is_left_out(record):
    directory, store, recorder = record
    (path,) = directory.rglob("*.jsonl")
    with path.open("ab") as file:
        file.write(b'{"type":"started","schema":1,"exchange_id":"boot-0-3"}\n{"half')
    (piece,) = find_pieces(directory, store)
    for _ in write_piece_anew(piece, store, redactor(), nothing):
        pass
    offsets_are_true(directory, store)
    recorder.record([asked(3)])
    assert len(contents(store)) == 3
    offsets_are_true(directory, store)


def test_a_file_of_which_nothing_is_to_be_changed_stays(record):
    directory, store, _ = record
    (path,) = directory.rglob("*.jsonl")
    path.write_bytes(path.read_bytes().replace(EMAIL.encode(), b"x" * len(EMAIL)))
    before = path.stat().st_ino
    (piece,) = find_pieces(directory, store)
    for _ in write_piece_anew(piece, store, redactor(), nothing):
        pass
    assert path.stat().st_ino == before


def test_a_plain_file_beside_a_compressed_one_is_joined_to_it(record):
    directory, store, _ = record
    (path,) = directory.rglob("*.jsonl")
    packed = path.with_name(f"{path.name}.zst")
    lines = list(read_lines(path))
    middle = next(
        at for at, line in enumerate(lines) if b'"exchange_id":"boot-0-2"' in line
    )
    packed.write_bytes(zstandard.compress(b"".join(lines[:middle])))
    path.write_bytes(b"".join(lines[middle:]))
    (piece,) = find_pieces(directory, store)
    assert len(piece.paths) == 2
    for _ in write_piece_anew(piece, store, redactor(), nothing):
        pass
    assert not path.exists()
    assert contents(store) == expected(2)


def test_one_file_alone(tmp_path, record):
    directory, _, _ = record
    (path,) = directory.rglob("*.jsonl")
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(path.read_bytes())
    copy.chmod(0o640)
    told = []
    for _ in look_through([copy], redactor(), lambda *each: told.append(each)):
        pass
    assert {kinds["email"] for _, _, kinds in told} <= {1, 2, 3}
    again = []
    for _ in write_anew(copy, redactor(), lambda *each: again.append(each)):
        pass
    assert again == told
    assert all(isinstance(kinds, Counter) for _, _, kinds in told)
    assert EMAIL.encode() not in copy.read_bytes()
    assert copy.stat().st_mode & 0o777 == 0o640


def test_a_file_that_is_not_as_it_was_written_stays(record):
    directory, store, _ = record
    (path,) = directory.rglob("*.jsonl")
    broken = path.read_bytes().replace(b'"as":"boot-0-1"', b'"as":"boot-0-9"')
    path.write_bytes(broken)
    (piece,) = find_pieces(directory, store)
    with pytest.raises(KeyError):
        for _ in write_piece_anew(piece, store, redactor(), nothing):
            pass
    assert path.read_bytes() == broken
    assert not list(directory.rglob("*.redacted*"))
