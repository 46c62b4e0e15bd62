"""Codex' file: read when it changes, silent when it does not."""

import json
import os
from pathlib import Path

import pytest

from lunaroute.gateway._codex import CHECK_SECONDS, MAX_BYTES, CodexFile, codex_file
from lunaroute.gateway._options import Provider
from lunaroute.model import Dialect
from lunaroute.routing import CodexAuth, Login, parse_base

O = Dialect.OPENAI  # noqa: E741


def settings(path, *, is_optional=False):
    return CodexAuth(str(path), "tokens.access_token", "", "agent", is_optional)


def write(path, token):
    path.write_text(json.dumps({"tokens": {"access_token": token}}))


class Clock:
    """A second passes with every look."""

    now = 0.0

    def __call__(self) -> float:
        self.now += CHECK_SECONDS
        return self.now


@pytest.fixture
def path(tmp_path):
    return tmp_path / "auth.json"


def test_a_login_is_read_again_when_the_file_changes(path, caplog):
    file, clock = CodexFile(settings(path)), Clock()
    write(path, "one")
    assert file.login(clock()) == Login("one", "")
    write(path, "longer")  # in place
    assert file.login(clock()) == Login("longer", "")
    other = path.with_name("new")
    write(other, "newest")  # by renaming, of the same size and time
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.replace(path)
    assert file.login(clock()) == Login("newest", "")
    path.unlink()
    assert file.login(clock()) is None
    write(path, "back")
    assert file.login(clock()) == Login("back", "")
    assert [record.message for record in caplog.records] == [
        f"codex_auth: no login in {path}: there is no such file"
    ]


def test_the_file_is_looked_at_once_a_second_and_read_once(path, monkeypatch):
    reads = []
    opened = os.open
    monkeypatch.setattr(os, "open", lambda *a: reads.append(a) or opened(*a))
    file = CodexFile(settings(path))
    write(path, "one")
    assert file.login(0.0) == Login("one", "")
    write(path, "longer")
    assert file.login(CHECK_SECONDS / 2) == Login("one", "")
    assert file.login(CHECK_SECONDS) == Login("longer", "")
    assert len(reads) == 2
    for turn in range(2, 10):
        file.login(CHECK_SECONDS * turn)
    assert len(reads) == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"s3cret": ', "it is not JSON"),
        ('{"tokens": {"refresh_token": "s3cret"}}', "it has no tokens.access_token"),
        ("s" * (MAX_BYTES + 1), f"it is no file of at most {MAX_BYTES} bytes"),
    ],
)
def test_a_file_without_a_login_is_said_once(path, caplog, content, reason):
    file, clock = CodexFile(settings(path)), Clock()
    write(path, "good")
    assert file.login(clock())
    path.write_text(content)
    for _ in range(3):
        assert file.login(clock()) is None
    (record,) = caplog.records
    assert record.message == f"codex_auth: no login in {path}: {reason}"
    assert "s3cret" not in caplog.text
    write(path, "renewed")
    assert file.login(clock()) == Login("renewed", "")


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "directory"])
def test_what_is_no_file_neither_waits_nor_leaks(path, caplog, make):
    make(path)
    file, clock = CodexFile(settings(path)), Clock()
    before = len(list(Path("/dev/fd").iterdir()))
    for _ in range(3):
        assert file.login(clock()) is None
    assert len(list(Path("/dev/fd").iterdir())) == before
    assert len(caplog.records) == 1


def test_a_file_that_comes_back_unchanged_is_used_again(path):
    file, clock = CodexFile(settings(path)), Clock()
    write(path, "one")
    assert file.login(clock())
    kept = path.with_name("kept")
    for get_in_the_way in (os.mkdir, lambda there: None):
        path.rename(kept)
        get_in_the_way(path)
        assert file.login(clock()) is None
        if path.exists():
            path.rmdir()
        kept.rename(path)
        assert file.login(clock()) == Login("one", "")


def test_a_file_that_may_not_be_read_is_said(path, caplog):
    path.symlink_to(path)  # root reads everything else
    assert CodexFile(settings(path)).login(0.0) is None
    assert "cannot read it: " in caplog.text


def test_auto_is_silent_without_a_file_and_uses_one_that_comes(path, caplog):
    file, clock = CodexFile(settings(path, is_optional=True)), Clock()
    assert file.login(clock()) is None
    write(path, "one")
    assert file.login(clock()) == Login("one", "")
    assert not caplog.records


@pytest.mark.parametrize("is_optional", [True, False])
@pytest.mark.parametrize(
    ("dialect", "url"),
    [(O, "https://openrouter.ai/api/v1"), (Dialect.ANTHROPIC, "https://chatgpt.com")],
)
def test_the_setting_has_no_effect_elsewhere(path, caplog, is_optional, dialect, url):
    write(path, "one")
    auth = settings(path, is_optional=is_optional)
    base = parse_base(url, dialect)
    assert codex_file(Provider("p", dialect, base, None, codex_auth=auth)) is None
    said = [record.message for record in caplog.records]
    assert len(said) == (0 if is_optional else 1)
    assert all("providers.p.codex_auth has no effect" in each for each in said)
    assert codex_file(Provider("p", dialect, base, None)) is None
