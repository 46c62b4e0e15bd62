"""Which servers run: what the locked files say, and which lies are not believed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lunaroute.running import Announcement, Server, find_servers, is_alive, places


@pytest.fixture
def home(tmp_path):
    made = tmp_path / "home"
    made.mkdir()
    return made


@pytest.fixture
def environ(tmp_path):
    return {"XDG_RUNTIME_DIR": str(tmp_path / "runtime")}


def server(home: Path, **more) -> Server:
    values = {
        "pid": os.getpid(),
        "started_at": 1.5,
        "version": "1",
        "url": "http://x:1",
    }
    return Server(**{**values, "home": str(home), **more})


def test_a_server_is_found_while_it_lives_and_leaves_nothing(home, environ):
    announcement = Announcement(home, environ)
    assert find_servers(home, environ) == []
    told = server(home, addresses=("x:1",), dialects=("openai",), flags={"port": 1})
    announcement.tell(told)
    assert find_servers(home, environ) == [told]
    assert is_alive(told, environ)
    (file,) = (home / "run").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    announcement.withdraw()
    assert find_servers(home, environ) == []
    assert not is_alive(told, environ)
    assert list(home.iterdir()) == []


def test_what_it_tells_later_replaces_what_it_told(home, environ):
    announcement = Announcement(home, environ)
    announcement.tell(server(home))
    announcement.tell(server(home, stopping=True))
    (found,) = find_servers(home, environ)
    assert found.stopping
    assert len(list((home / "run").iterdir())) == 1
    announcement.withdraw()


def test_a_file_left_by_a_killed_server_is_not_believed_and_goes(home, environ):
    """Whatever process has its number now: here it is our own, which lives."""
    left = home / "run" / f"serve-{os.getpid()}.json"
    left.parent.mkdir()
    left.write_text(json.dumps({"pid": os.getpid(), "home": str(home)}))
    other = left.with_name("serve-1.json")
    other.write_text("")
    assert find_servers(home, environ) == []
    announcement = Announcement(home, environ)
    announcement.tell(server(home))
    assert list(left.parent.iterdir()) == [left]
    assert len(find_servers(home, environ)) == 1
    announcement.withdraw()


def test_the_lock_ends_with_the_process_however_it_ends(home, environ):
    program = f"""
import os, signal, sys
from pathlib import Path
from lunaroute.running import Announcement, Server
home = Path({str(home)!r})
told = Announcement(home, {environ!r})
told.tell(Server(os.getpid(), str(home), 1.0, "1", "http://x:1"))
print("told", flush=True)
sys.stdin.read()
"""
    child = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdout.readline() == b"told\n"
    (found,) = find_servers(home, environ)
    assert found.pid == child.pid
    child.kill()
    child.communicate()
    assert find_servers(home, environ) == []
    assert len(list((home / "run").iterdir())) == 1  # the next server clears it away


def test_a_home_that_cannot_be_written_has_its_file_elsewhere(tmp_path, environ):
    (tmp_path / "runtime").mkdir()
    home = tmp_path / "file"
    home.write_text("no directory")
    announcement = Announcement(home, environ)
    announcement.tell(server(home))
    (found,) = find_servers(home, environ)
    assert found.home == str(home)
    assert find_servers(tmp_path / "another", environ) == []
    announcement.withdraw()
    assert list((tmp_path / "runtime").iterdir()) == []


def test_a_directory_that_others_can_write_is_not_trusted(tmp_path, environ):
    (tmp_path / "runtime").mkdir()
    home = tmp_path / "file"
    home.write_text("")
    announcement = Announcement(home, environ)
    announcement.tell(server(home))
    elsewhere = places(home, environ)[1]
    elsewhere.chmod(0o777)
    assert find_servers(home, environ) == []
    with pytest.raises(PermissionError, match="not ours alone"):
        Announcement(home, environ).tell(server(home))
    announcement.withdraw()


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "null", '{"pid": 1}', "\udcff", '{"addresses": 3}']
)
def test_a_file_that_says_nothing_of_use_is_passed_over(home, environ, text):
    announcement = Announcement(home, environ)
    announcement.tell(server(home))
    (file,) = (home / "run").iterdir()
    file.write_bytes(text.encode(errors="surrogateescape"))
    assert find_servers(home, environ) == []
    announcement.withdraw()


def test_another_versions_file_is_read_as_far_as_it_is_known(home, environ):
    announcement = Announcement(home, environ)
    announcement.tell(server(home))
    (file,) = (home / "run").iterdir()
    plain = json.loads(file.read_text())
    del plain["log"]
    file.write_text(json.dumps({**plain, "invented": 1}))
    (found,) = find_servers(home, environ)
    assert found.log == ""
    announcement.withdraw()


def test_those_that_stop_come_last(home, environ):
    first = Announcement(home, environ)
    first.tell(server(home, started_at=1.0, stopping=True))
    second = Announcement(home, environ)
    second.tell(server(home, pid=os.getppid(), started_at=2.0))
    assert [each.started_at for each in find_servers(home, environ)] == [2.0, 1.0]
    first.withdraw()
    second.withdraw()
