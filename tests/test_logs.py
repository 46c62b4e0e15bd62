"""What was raised may quote what passed; what is logged does not."""

import subprocess
import sys

import pytest

from lunaroute.errors import StoreError
from lunaroute.logs import outline

SECRET = "s3" + "cret"


def _raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        raise error from cause
    except BaseException as raised:  # noqa: BLE001 - whatever it was given
        return raised


def test_an_unexpected_exception_is_kind_and_place():
    told = outline(_raised(ValueError(SECRET), _raised(KeyError(SECRET))))
    assert "ValueError" in told
    assert "KeyError" in told
    assert "in _raised" in told
    assert SECRET not in told


def test_a_group_is_told_each():
    told = outline(
        _raised(ExceptionGroup(SECRET, [ValueError(SECRET), OSError(2, "no")]))
    )
    assert told.count("ValueError") == 1
    assert "FileNotFoundError: no" in told
    assert SECRET not in told


def test_our_own_words_stay():
    assert "StoreError: the file is gone" in outline(StoreError("the file is gone"))


def test_a_loop_ends():
    one, other = ValueError(), KeyError()
    one.__context__, other.__context__ = other, one
    assert outline(one).count("Error") == 2


_PROGRAM = """
import logging, sys, threading
from lunaroute.logs import log_to_stderr
log_to_stderr("debug")
def fail():
    raise ValueError(sys.argv[1])
if sys.argv[2] == "logged":
    try:
        fail()
    except ValueError:
        logging.getLogger("x").exception("trouble")
elif sys.argv[2] == "thread":
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
else:
    fail()
"""


@pytest.mark.parametrize("way", ["logged", "thread", "at the end"])
def test_no_way_out_tells_the_message(way):
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, SECRET, way],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "ValueError" in done.stderr
    assert "in fail" in done.stderr
    assert SECRET not in done.stderr
