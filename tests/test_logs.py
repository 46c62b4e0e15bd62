"""What was raised may quote what passed; what is logged does not. Logs are for people
or JSON, and hold no secrets in either.
"""

import json
import subprocess
import sys

import pytest

from lunaroute.errors import StoreError
from lunaroute.logs import json_line, masked, outline
from tests.kit import clean_environment

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


_LEVELS = """
import logging
from lunaroute.logs import TRACE, log_to_stderr
log_to_stderr({level!r}, {form!r})
log = logging.getLogger("lunaroute.test")
log.log(TRACE, "a %s", "trace")
log.debug("a debug")
log.info("an\\ninfo", extra={{"facts": {{"bytes": 3}}}})
try:
    1 / 0
except ZeroDivisionError:
    log.exception("bad key sk-ant-api03-abcdefgh")
raise KeyError("Bearer abcdefghijkl")
"""


def said(tmp_path, level, form):
    program = _LEVELS.format(level=level, form=form)
    command = [sys.executable, "-c", program]
    environment = clean_environment(tmp_path)
    return subprocess.run(
        command, env=environment, capture_output=True, text=True
    ).stderr


def test_json_is_one_object_a_line(tmp_path):
    lines = [json.loads(line) for line in said(tmp_path, "trace", "json").splitlines()]
    assert [line["level"] for line in lines] == [
        "trace",
        "debug",
        "info",
        "error",
        "error",
    ]
    assert [line["message"] for line in lines[:3]] == ["a trace", "a debug", "an\ninfo"]
    assert {line["logger"] for line in lines[:4]} == {"lunaroute.test"}
    assert lines[2]["bytes"] == 3
    assert "ZeroDivisionError" in lines[3]["exception"]
    assert "KeyError" in lines[4]["message"]
    assert lines[0]["time"].endswith("Z")
    assert "abcdefgh" not in str(lines)


@pytest.mark.parametrize(
    ("level", "count"),
    [("trace", 4), ("debug", 3), ("info", 2), ("warn", 1), ("error", 1)],
)
def test_levels(tmp_path, level, count):
    text = said(tmp_path, level, "text")
    assert text.count("lunaroute.test: ") == count
    assert "sk-ant" not in text


@pytest.mark.parametrize(
    "secret",
    [
        "Authorization: Bearer sk-ant-oat01-SeCrEtVaLuE",
        "authorization: Basic bWU6U2VDckV0VmFMdUU=",
        "x-api-key: SeCrEtVaLuE",
        "the key sk-proj-SeCrEtVaLuE is wrong",
        '{"api_key":"SeCrEtVaLuE"}',
        "?api_key=SeCrEtVaLuE&x=1",
        "cookie: SeCrEtVaLuE",
        "x-lunaroute-token: SeCrEtVaLuE",
        "ghp_SeCrEtVaLuE1234567890",
        "eyJSeCrEtVaLuE.eyJabc.sig",
    ],
)
def test_secrets_are_masked(secret):
    assert "SeCrEtVaLuE" not in masked(secret)
    assert "bWU6" not in masked(secret)
    assert "***" in masked(secret)


@pytest.mark.parametrize(
    "text",
    [
        "input tokens: 12345, output tokens=420",
        "the token is 6 letters",
        "basic training",
        "3 exchange(s) were cut; they are recorded as interrupted",
        "the disk is full",
    ],
)
def test_what_is_none_is_left(text):
    assert masked(text) == text


def test_a_line_leaves_out_what_is_not_known():
    line = json.loads(json_line("info", "x", "y", status=None, count=0))
    assert "status" not in line
    assert line["count"] == 0
