"""Whom a signal reaches."""

import os
import signal
import subprocess
import sys

import pytest

from lunaroute.cli._stopping import signal_to
from lunaroute.running import Announcement, Server


def test_a_process_that_only_has_the_number_is_left_alone(tmp_path):
    (tmp_path / "home").mkdir()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    told = Server(child.pid, str(tmp_path / "home"), 1.0, "1", "http://x:1")
    try:
        assert not signal_to(told, signal.SIGTERM, {"XDG_RUNTIME_DIR": str(tmp_path)})
        assert child.poll() is None
    finally:
        child.communicate(b"\n")
    assert child.returncode == 0


@pytest.mark.parametrize("has_handles", [True, False])
def test_a_server_gets_it(tmp_path, monkeypatch, has_handles):
    if not has_handles:
        monkeypatch.delattr(os, "pidfd_open", raising=False)
    (tmp_path / "home").mkdir()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    told = Server(child.pid, str(tmp_path / "home"), 1.0, "1", "http://x:1")
    announcement = Announcement(tmp_path / "home", {})
    announcement.tell(told)
    assert signal_to(told, signal.SIGTERM, {})
    assert child.wait() == -signal.SIGTERM
    child.stdin.close()
    announcement.withdraw()
    assert not signal_to(told, signal.SIGTERM, {})
