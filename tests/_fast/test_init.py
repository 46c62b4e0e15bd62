"""Which of the two builds runs."""

import os
import subprocess
import sys

import pytest

from lunaroute import _fast

PURE = os.environ.get("LUNAROUTE_PURE_PYTHON", "") not in ("", "0")


@pytest.mark.skipif(PURE, reason="LUNAROUTE_PURE_PYTHON is set")
def test_the_compiled_modules_run():
    # The fallback is for machines without a build; here it would hide a broken one.
    assert _fast.COMPILED is True


@pytest.mark.parametrize(
    ("value", "pure"), [("1", True), ("yes", True), ("", PURE), ("0", PURE)]
)
def test_the_environment_asks_for_the_twins(value, pure):
    if PURE and not value.strip("0"):
        pytest.skip("no compiled build is expected here")
    answer = subprocess.run(
        [sys.executable, "-c", "from lunaroute import _fast; print(_fast.COMPILED)"],
        env={**os.environ, "LUNAROUTE_PURE_PYTHON": value},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == str(not pure)


def test_the_twins_serve_where_the_build_is_absent():
    block = (
        "import sys; sys.modules['lunaroute._fast._sse'] = None\n"
        "from lunaroute import _fast\n"
        "print(_fast.COMPILED)\n"
        "print(_fast.event_ends.__module__, _fast.luhn_valid.__module__)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", block], capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == [
        "False",
        "lunaroute._fast._sse_py",
        "lunaroute._fast._luhn_py",
    ]
