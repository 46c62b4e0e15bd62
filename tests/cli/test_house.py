"""What is ours, examined: each thing that can be wrong, made wrong."""

import os
import shutil
import socket
import sqlite3
import sys
from types import SimpleNamespace

import pytest

from lunaroute.cli import _house
from lunaroute.cli._finding import Level
from lunaroute.config import resolve
from lunaroute.running import Server
from tests.cli.record import make_record


def only(findings, topic: str | None = None):
    (found,) = [each for each in findings if topic in (None, each.topic)]
    return found


def test_a_taken_port_names_who_has_it_and_a_free_one_is_free():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = only(_house.examine_port("127.0.0.1", port, []))
        assert found.level is Level.PROBLEM
        if sys.platform == "linux":
            assert f"in use by process {os.getpid()}" in found.text
        assert "--port" in found.remedy
        ours = Server(1, "/h", 0.0, "1", f"http://127.0.0.1:{port}")
        assert list(_house.examine_port("127.0.0.1", port, [ours])) == []
    assert only(_house.examine_port("127.0.0.1", port, [])).level is Level.OK
    assert list(_house.examine_port("127.0.0.1", 0, [])) == []


@pytest.mark.parametrize(
    ("free", "level"),
    [(100, Level.PROBLEM), (1_000_000_000, Level.WARNING), (10**12, Level.OK)],
)
def test_room_on_the_disk(tmp_path, monkeypatch, free, level):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert only(_house.examine_place(tmp_path / "a" / "b"), "disk").level is level


def test_rights(tmp_path, monkeypatch):
    place = tmp_path / "home"
    assert "can be made" in only(_house.examine_place(place), "rights").text
    place.mkdir(mode=0o700)
    assert "is yours alone" in only(_house.examine_place(place), "rights").text
    place.chmod(0o755)
    found = only(_house.examine_place(place), "rights")
    assert (found.level, found.remedy) == (Level.WARNING, f"chmod 700 {place}")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may do everything
    found = only(_house.examine_place(place))
    assert found.level is Level.PROBLEM
    assert "LUNAROUTE_HOME" in found.remedy


def test_the_database(tmp_path, monkeypatch):
    assert only(_house.examine_database(tmp_path / "none.db")).level is Level.NOTE
    path = make_record(tmp_path)
    assert "is whole" in only(_house.examine_database(path)).text
    monkeypatch.setattr(_house, "first_damage", lambda *_: None)
    assert "too long to be read" in only(_house.examine_database(path)).text
    monkeypatch.undo()
    damaged = tmp_path / "damaged.db"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = path.stat().st_size
    data = bytearray(path.read_bytes())
    data[size // 2 : size // 2 + 8192] = b"\xff" * 8192
    damaged.write_bytes(data)
    found = only(_house.examine_database(damaged))
    assert found.level is Level.PROBLEM, found
    (tmp_path / "text.db").write_text("no database, but long enough to be looked at")
    found = only(_house.examine_database(tmp_path / "text.db"))
    assert found.level is Level.PROBLEM
    assert "move the file aside" in found.remedy


def test_servers_that_do_not_answer_or_stop():
    assert "`lunaroute env`" in only(_house.examine_servers([])).remedy
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    found = only(_house.examine_servers([Server(1, "/h", 0.0, "1", url)]))
    assert found.level is Level.PROBLEM
    stopping = Server(1, "/h", 0.0, "1", url, stopping=True)
    assert only(_house.examine_servers([stopping])).level is Level.NOTE


def test_settings_are_told_with_their_warnings(tmp_path):
    environ = {"HOME": str(tmp_path), "LUNAROUTE_PROT": "1"}
    first, second = _house.examine_settings(resolve({}, environ))
    assert first.level is Level.OK
    assert "LUNAROUTE_PROT" in second.text
    environ = {"HOME": str(tmp_path), "LUNAROUTE_ENABLE_SESSION_RECORDING": "false"}
    found = only(_house.examine_places(resolve({}, environ)), "recording")
    assert found.level is Level.NOTE


@pytest.mark.parametrize(
    ("compiled", "variable", "level"),
    [(True, "", Level.OK), (False, "", Level.WARNING), (False, "1", Level.WARNING)],
)
def test_the_build(monkeypatch, compiled, variable, level):
    monkeypatch.setattr(_house, "COMPILED", compiled)
    monkeypatch.setenv("LUNAROUTE_PURE_PYTHON", variable)
    found = only(_house.examine_build())
    assert found.level is level
    assert bool(found.remedy) is (level is not Level.OK)
