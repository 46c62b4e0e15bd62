"""The short form of ``make torture``; the fuzz's is in tests/recording/test_fuzz.py."""

import pytest

from tests.torture.faults import Disk, NotHere, run_fault
from tests.torture.kills import kill_rounds


def test_kills_lose_nothing_that_was_acknowledged(tmp_path):
    report = kill_rounds(tmp_path / "home", rounds=3, seconds=120)
    assert len(report.kills) == 3
    assert report.answered
    assert report.found.is_clean, report.found
    assert "answers, nobody killed" not in report.missing


def test_a_full_disk_fails_no_request_and_loses_no_record(tmp_path):
    try:
        Disk.made(tmp_path)
    except NotHere as why:
        pytest.skip(str(why))
    result = run_fault(tmp_path, "disk full (ENOSPC)")
    assert result.requests
    assert (result.failed, result.unrecorded, result.warnings) == (0, 0, 1)
    assert result.notes == []
