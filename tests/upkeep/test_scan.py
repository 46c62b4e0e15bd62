"""The steps of a scan; what it does to a record is seen in tests/cli/test_scan.py."""

import pytest
import zstandard

from lunaroute.upkeep import Means, scan_files, scan_record
from lunaroute.upkeep._site import Limits, Site
from tests.pii.finder import EMAIL, SECRET, redactor


def finish(steps):
    said = []
    while True:
        try:
            said.append(next(steps))
        except StopIteration as end:
            return end.value, said


def test_a_record_that_is_not_there_has_nothing(tmp_path):
    site = Site(tmp_path, tmp_path / "sessions", tmp_path / "sessions.db", Limits())
    done, _ = finish(scan_record(site, Means(redactor())))
    assert (done.places, done.warnings, done.kinds) == ([], [], {})
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_was_moved_aside_is_said(tmp_path):
    (tmp_path / "sessions.db.damaged-1").write_text("x")
    site = Site(tmp_path, tmp_path / "sessions", tmp_path / "sessions.db", Limits())
    done, _ = finish(scan_record(site, Means(redactor())))
    assert "damaged-1 was moved aside" in done.warnings[0]


@pytest.mark.parametrize("fix", [False, True])
def test_files_are_looked_through_one_by_one(tmp_path, fix):
    (tmp_path / "a.txt").write_text(f"\n{EMAIL}")
    (tmp_path / "b.json").write_text(f'{{"a":\n"{SECRET}"}}')
    (tmp_path / "c.zst").write_bytes(zstandard.compress(f"{EMAIL}\n".encode()))
    (tmp_path / "d.bin").write_bytes(b"\xff\0" * 9)
    done, said = finish(scan_files([tmp_path], Means(redactor(), fix=fix)))
    assert len(dict.fromkeys(said)) == 4
    assert [(place.line, place.kind) for place in done.places] == [
        (2, "email"),
        (2, "secret"),
        (1, "email"),
    ]
    assert done.kinds == {"email": 2, "secret": 1}
    assert ("[EMAIL]" in (tmp_path / "a.txt").read_text()) is fix
    assert not list(tmp_path.glob("*.tmp"))


def test_a_file_that_cannot_be_read_is_said(tmp_path):
    (tmp_path / "c.zst").write_bytes(b"no such thing")
    (tmp_path / "s.db").write_bytes(b"SQLite format 3\0 and so on")
    done, _ = finish(scan_files([tmp_path], Means(redactor())))
    assert "c.zst: cannot be looked through: ZstdError" in done.warnings[0]
    assert "only the record's own database" in done.warnings[1]
