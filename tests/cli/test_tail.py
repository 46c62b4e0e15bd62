"""The end of a rotated log, and what is added to it."""

import pytest

from lunaroute.cli import _tail
from lunaroute.cli._tail import follow, last_lines


def lines(first: int, last: int) -> str:
    return "".join(f"line {number}\n" for number in range(first, last + 1))


@pytest.mark.parametrize("block", [3, 64 * 1024])
@pytest.mark.parametrize("count", [0, 1, 2, 9, 10, 11])
def test_the_last_lines(tmp_path, monkeypatch, block, count):
    monkeypatch.setattr(_tail, "_BLOCK", block)
    path = tmp_path / "log"
    path.write_text(lines(1, 10))
    text, end = last_lines(path, count)
    assert text.decode() == lines(max(1, 11 - count), 10)
    assert end == path.stat().st_size


def test_what_a_new_file_lacks_comes_from_the_one_put_aside(tmp_path):
    (tmp_path / "log.1").write_text(lines(1, 8))
    path = tmp_path / "log"
    path.write_text(lines(9, 10))
    assert last_lines(path, 4)[0].decode() == lines(7, 10)
    assert last_lines(path, 2)[0].decode() == lines(9, 10)


def test_following_goes_on_in_the_file_that_takes_the_place(tmp_path):
    path = tmp_path / "log"
    path.write_text("old\n")
    added = follow(path, 4)
    assert next(added) == ""
    with path.open("ab") as file:
        file.write("naïve"[:3].encode()[:3])  # half of a letter
        file.flush()
        assert next(added) == "na"
        assert next(added) == ""
        file.write("naïve"[:3].encode()[3:])
        file.flush()
        assert next(added) == "ï"
        path.rename(tmp_path / "log.1")
        assert next(added) == ""  # no file has the name now
        file.write(b"last\n")  # by a process that has the old one still
    path.write_text("new\n")
    assert next(added) == "last\n"
    assert next(added) == "new\n"
    assert next(added) == ""
    added.close()
