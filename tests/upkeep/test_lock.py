"""One writer, and how whoever is not it finds the one that is."""

import fcntl
import os

import pytest

from lunaroute.errors import StoreError
from lunaroute.upkeep import (
    Contact,
    RecorderRuns,
    find_contact,
    leave_contact,
    lock_path,
    sole_writer,
)

CONTACT = Contact("/run/x.sock", "word")


def test_one_at_a_time(tmp_path):
    home = tmp_path / "home"
    with sole_writer(home):
        with pytest.raises(RecorderRuns, match="stop `lunaroute serve` first"):
            with sole_writer(home):
                pass
    with sole_writer(home):
        pass
    assert lock_path(home).stat().st_mode & 0o777 == 0o600


def test_who_holds_it_can_be_found_until_somebody_else_does(tmp_path):
    assert find_contact(tmp_path) is None
    descriptor = os.open(lock_path(tmp_path), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    leave_contact(descriptor, Contact("/a/much/longer/path/than/the/other", "x"))
    leave_contact(descriptor, CONTACT)
    assert find_contact(tmp_path) == CONTACT
    os.close(descriptor)
    with sole_writer(tmp_path):
        assert find_contact(tmp_path) is None


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '"x"'])
def test_a_file_that_names_nobody(tmp_path, content):
    lock_path(tmp_path).write_text(content)
    assert find_contact(tmp_path) is None


def test_a_home_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        with sole_writer(tmp_path / "file" / "home"):
            pass
