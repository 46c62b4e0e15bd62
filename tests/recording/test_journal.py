"""The files: private, cut where they must be, followed through no link."""

import os
import stat

import pytest

from lunaroute.recording import _journal as journal
from lunaroute.recording._events import completed_prefix

DONE = completed_prefix("boot-0-1") + b'"x":1}\n'
OPEN = b'{"type":"started","schema":1,"exchange_id":"boot-0-2"}\n'


@pytest.fixture
def path(tmp_path):
    return journal.file_of(tmp_path / "sessions", "2026-01-02", "session_a")


@pytest.fixture
def open_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def put(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def test_modes_whatever_the_umask(path, open_umask):
    journal.append(path, b"a\n", 0)
    modes = [
        stat.S_IMODE(each.stat().st_mode)
        for each in (path, path.parent, path.parent.parent)
    ]
    assert modes == [0o600, 0o700, 0o700]


def test_append_returns_the_new_end(path):
    end = journal.append(path, b"one\n", 0)
    assert journal.append(path, b"two\n", end) == 8
    assert path.read_bytes() == b"one\ntwo\n"


def test_what_was_never_acknowledged_goes(path):
    put(path, b"one\nnever acknowledged\nto")
    assert journal.append(path, b"two\n", 4) == 8
    assert path.read_bytes() == b"one\ntwo\n"


def test_a_file_that_somebody_cut_goes_on_from_its_last_line(path):
    put(path, b"one\ntor")
    assert journal.append(path, b"two\n", 100) == 8
    assert path.read_bytes() == b"one\ntwo\n"


def test_a_write_in_pieces(path, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:3]))
    journal.append(path, b"0123456789\n", 0)
    assert path.read_bytes() == b"0123456789\n"


@pytest.mark.parametrize("kind", ["link", "dangling", "directory", "fifo"])
def test_only_a_plain_file_is_written(path, tmp_path, kind):
    path.parent.mkdir(parents=True)
    target = tmp_path / "target"
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to(target)
        if kind == "link":
            target.write_bytes(b"mine\n")
    with pytest.raises(journal.UnusableFileError):
        journal.append(path, b"x\n", 0)
    journal.cut_back(path, 0)
    assert journal.whole_size(path) == 0
    if kind == "link":
        assert target.read_bytes() == b"mine\n"
    assert target.exists() == (kind == "link")


def test_cut_back(path):
    journal.cut_back(path, 0)
    put(path, b"one\ntwo\n")
    journal.cut_back(path, 4)
    journal.cut_back(path, 10)
    assert path.read_bytes() == b"one\n"


@pytest.mark.parametrize(
    ("data", "size"), [(b"", 0), (b"x", 0), (b"x\n", 2), (b"x\n" + b"y" * 200_000, 2)]
)
def test_whole_size(path, data, size):
    assert journal.whole_size(path) == 0
    put(path, data)
    assert journal.whole_size(path) == size


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (b"", 0),
        (DONE, len(DONE)),
        (DONE + OPEN, len(DONE)),
        (DONE + OPEN + OPEN + b'{"type":"comp', len(DONE)),
        (DONE + DONE + OPEN, 2 * len(DONE)),
        (OPEN + OPEN, 0),
        (OPEN[:10], 0),
        (b"somebody else's\n" + OPEN, 16),
        (b"somebody else's\ntorn", 16),
    ],
)
def test_finished_size(path, data, size):
    put(path, data)
    assert journal.finished_size(path) == size


def test_holds_only_whole_lines_of_the_exchange(path):
    assert not journal.holds(path, "boot-0-1")
    inner = b'{"type":"request_recorded","request_json":' + DONE[:-1] + b"}\n"
    put(path, inner)
    assert not journal.holds(path, "boot-0-1")
    put(path, inner + DONE)
    assert journal.holds(path, "boot-0-1")
    assert not journal.holds(path, "boot-0-11")
    assert not journal.holds(path, "boot-0-")
