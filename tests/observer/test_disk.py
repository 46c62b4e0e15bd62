"""Sizes of what is there; what is not takes nothing."""

from lunaroute.observer._disk import free_bytes, record_sizes


def test_sizes(tmp_path):
    database, sessions = tmp_path / "sessions.db", tmp_path / "sessions"
    assert record_sizes(None, None) == {}
    assert record_sizes(database, sessions) == {"database": 0, "sessions": 0}
    database.write_bytes(b"x" * 10)
    (tmp_path / "sessions.db-wal").write_bytes(b"x" * 5)
    (tmp_path / "other.db").write_bytes(b"x")
    (sessions / "2026-01-02").mkdir(parents=True)
    (sessions / "2026-01-02" / "a.jsonl").write_bytes(b"x" * 7)
    (sessions / "gone").symlink_to(tmp_path / "nowhere")
    assert record_sizes(database, sessions) == {"database": 15, "sessions": 7}
    assert record_sizes(None, sessions) == {"sessions": 7}


def test_free(tmp_path):
    assert free_bytes(tmp_path) > 0
    assert free_bytes(tmp_path / "nowhere") == 0
