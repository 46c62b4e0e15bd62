"""Compressed files hold what the plain ones held; a crash at any point loses nothing."""

import os
import random

import pytest
import zstandard

from lunaroute.upkeep import _compression
from lunaroute.upkeep._compression import compress, compressed_path, unfinished_path

TEXT = b'{"type":"started"}\n' * 1_000


def unpack(path):
    with path.open("rb") as file:
        reader = zstandard.ZstdDecompressor().stream_reader(
            file, read_across_frames=True
        )
        return reader.read()


@pytest.fixture
def plain(tmp_path):
    path = tmp_path / "session_a.jsonl"
    path.write_bytes(TEXT)
    os.utime(path, (1_000_000, 1_000_000))
    return path


def entries(path):
    return sorted(each.name for each in path.parent.iterdir())


def test_a_file_in_the_place_of_the_other(plain):
    list(compress(plain))
    whole = compressed_path(plain)
    assert entries(plain) == ["session_a.jsonl.zst"]
    assert unpack(whole) == TEXT
    assert whole.stat().st_size < len(TEXT) / 10
    assert whole.stat().st_mode & 0o777 == 0o600
    assert whole.stat().st_mtime == 1_000_000


def test_an_empty_file(plain):
    plain.write_bytes(b"")
    list(compress(plain))
    assert unpack(compressed_path(plain)) == b""


def test_a_second_file_of_that_day_is_added(plain):
    list(compress(plain))
    plain.write_bytes(b"more\n")
    list(compress(plain))
    assert entries(plain) == ["session_a.jsonl.zst"]
    assert unpack(compressed_path(plain)) == TEXT + b"more\n"


@pytest.mark.parametrize("second", [False, True])
def test_interrupted_anywhere_it_is_done_the_next_time(plain, monkeypatch, second):
    monkeypatch.setattr(_compression, "_CHUNK", 1_024)
    text = random.Random(1).randbytes(5_000)
    if second:
        list(compress(plain))
    plain.write_bytes(text)
    expected = (TEXT if second else b"") + text
    count = sum(1 for _ in compress(plain))
    compressed_path(plain).unlink()
    for at in range(1, count):
        plain.write_bytes(TEXT)
        if second:
            list(compress(plain))
        plain.write_bytes(text)
        steps = compress(plain)
        for _ in range(at):
            next(steps)
        steps.close()
        assert not unfinished_path(plain).exists()
        assert plain.read_bytes() == text
        list(compress(plain))
        assert unpack(compressed_path(plain)) == expected
        compressed_path(plain).unlink()


def test_a_crash_before_the_plain_file_went_adds_nothing_twice(plain):
    list(compress(plain))
    plain.write_bytes(b"more\n" * 10)
    list(compress(plain))
    plain.write_bytes(b"more\n" * 10)
    list(compress(plain))
    assert unpack(compressed_path(plain)) == TEXT + b"more\n" * 10
    assert not plain.exists()


def test_what_a_killed_process_left_is_written_over(plain):
    unfinished_path(plain).write_bytes(b"half" * 100_000)
    list(compress(plain))
    assert unpack(compressed_path(plain)) == TEXT
    assert entries(plain) == ["session_a.jsonl.zst"]


def test_a_file_that_is_written_to_stays(plain):
    steps = compress(plain)
    next(steps)
    with plain.open("ab") as file:
        file.write(b"more\n")
    with pytest.raises(OSError, match=r"not what it was made from|was written to"):
        list(steps)
    assert entries(plain) == ["session_a.jsonl"]
    assert plain.read_bytes() == TEXT + b"more\n"


def test_a_damaged_compressed_file_is_not_touched(plain):
    whole = compressed_path(plain)
    list(compress(plain))
    damaged = whole.read_bytes()[:-6] + b"damage"
    whole.write_bytes(damaged)
    plain.write_bytes(b"more\n")
    with pytest.raises(OSError, match="damaged zstd"):
        list(compress(plain))
    assert whole.read_bytes() == damaged
    assert plain.read_bytes() == b"more\n"
