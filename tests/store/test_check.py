"""Whether a database is whole."""

from lunaroute.store import first_damage
from tests.cli.record import make_record


def test_a_whole_one_a_damaged_one_and_one_that_takes_too_long(tmp_path):
    path = make_record(tmp_path)
    assert first_damage(path, 60.0) == ""
    assert first_damage(path, -1.0, steps=1) is None
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 8192] = b"\xff" * 8192
    path.with_name("damaged.db").write_bytes(data)
    assert first_damage(path.with_name("damaged.db"), 60.0)
    assert first_damage(tmp_path / "none.db", 60.0)
    assert not (tmp_path / "none.db").exists()
