"""Files are told apart by content; a directory's strangers are passed over."""

import pytest

from lunaroute.importing import Kind, Source, find_sources
from lunaroute.store import open_store
from tests.importing.kit import FIXTURES


@pytest.mark.parametrize(
    ("name", "kind"),
    [("claude_code", Kind.CLAUDE_CODE), ("codex", Kind.CODEX), ("events", Kind.EVENTS)],
)
def test_the_content_tells_whatever_the_name(tmp_path, name, kind):
    path = tmp_path / "anything"
    path.write_bytes((FIXTURES / f"{name}.jsonl").read_bytes())
    (found,) = find_sources([path])
    assert isinstance(found, Source)
    assert (found.kind, found.size) == (kind, path.stat().st_size)


def test_a_directorys_strangers_and_our_own_database_are_passed_over(tmp_path):
    open_store(tmp_path / "sessions.db", writer=True).close()
    (tmp_path / "settings.jsonl").write_text('{"type": "theme"}\n')
    assert list(find_sources([tmp_path])) == []
    (named,) = find_sources([tmp_path / "sessions.db"])
    assert isinstance(named, Source)
    assert named.kind is None


def test_a_damaged_archive_is_named(tmp_path):
    path = tmp_path / "x.jsonl.zst"
    path.write_bytes(b"no archive at all")
    (found,) = find_sources([tmp_path])
    assert isinstance(found, str)
    assert found.startswith(f"{path}: damaged zstd")
