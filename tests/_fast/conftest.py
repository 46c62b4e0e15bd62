"""Both builds of each scanner, side by side."""

import importlib
import os
from types import ModuleType

import pytest

PURE = os.environ.get("LUNAROUTE_PURE_PYTHON", "") not in ("", "0")


@pytest.fixture(params=["c", "py"], scope="module")
def impl(request: pytest.FixtureRequest) -> ModuleType:
    """The module under test, named by the test file's ``MODULE``, in either build."""
    name = f"lunaroute._fast.{request.module.MODULE}"
    if request.param == "py":
        return importlib.import_module(f"{name}_py")
    if PURE:
        pytest.skip("LUNAROUTE_PURE_PYTHON is set")
    return importlib.import_module(name)
