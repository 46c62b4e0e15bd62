"""How the source lies: sizes, names, tests beside modules."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "lunaroute"
MODULES = sorted(SOURCE.rglob("*.py"))
LONGEST_MODULE = 600
LONGEST_FUNCTION = 60


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_modules_and_functions_stay_readable(path):
    text = path.read_text()
    assert len(text.splitlines()) <= LONGEST_MODULE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert node.end_lineno - node.lineno <= LONGEST_FUNCTION, node.name


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_private_modules_are_imported_only_by_their_own_package(path):
    package = path.relative_to(SOURCE).parts[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            parts = node.module.split(".")
            if parts[0] != "lunaroute" or not any(p.startswith("_") for p in parts[1:]):
                continue
            own = parts[1] in (package, "_version", "_fast") or len(parts) == 2
            assert own, f"{path} imports {node.module}"


def test_every_module_says_what_it_is_for():
    silent = [p for p in MODULES if not ast.get_docstring(ast.parse(p.read_text()))]
    assert silent == []


def test_the_suite_runs_on_the_build_it_claims():
    import os

    from lunaroute._fast import COMPILED

    wants_twins = os.environ.get("LUNAROUTE_PURE_PYTHON", "") not in ("", "0")
    assert COMPILED is not wants_twins


def test_ci_runs_on_the_twins_whatever_calls_a_scanner():
    """A package's tests, where one of its modules asks ``_fast`` for more than its build."""
    listed = re.split(r"[\s']+", (ROOT / ".ci" / "run").read_text())
    for path in MODULES:
        names = {
            alias.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and node.module == "lunaroute._fast"
            for alias in node.names
        }
        if names - {"COMPILED"}:
            assert f"tests/{path.relative_to(SOURCE).parts[0]}" in listed, path
