"""The short form of the fuzz of ``make torture``."""

from tests.torture.fuzz import fuzz


def test_what_nobody_would_send_is_recorded_all_the_same(tmp_path):
    result = fuzz(tmp_path, seconds=0.1)
    assert result.inputs["exchanges"] >= 100
    assert result.is_clean, result
