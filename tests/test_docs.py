"""The documents are true: links lead somewhere, commands and targets exist."""

import re
import tomllib
from pathlib import Path

import pytest

from benchmarks import readme
from lunaroute.cli._main import COMMANDS

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").glob("*.md"),
    *(ROOT / "benchmarks").glob("*.md"),
]
FENCED = re.compile(r"```(?:console|bash|sh)\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text()):
        if not target.startswith(("http://", "https://")):
            assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_commands_and_targets_exist(path):
    targets = set(
        re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    )
    for block in FENCED.findall(path.read_text()):
        for line in block.splitlines():
            words = line.split("#")[0].split()
            if words[:1] == ["make"]:
                assert {w for w in words[1:] if "=" not in w} <= targets, line
            if words[:1] in (["lunaroute"], ["lunaroute-server"]) and len(words) > 1:
                assert words[1] in COMMANDS or words[1].startswith("-"), line


def test_the_readme_begins_with_the_two_make_lines_and_the_demo():
    blocks = FENCED.findall((ROOT / "README.md").read_text())
    assert [line.split("#")[0].strip() for line in blocks[0].splitlines()] == [
        "make serve",
        "make test",
    ]
    assert blocks[1].startswith("make demo")


def test_every_dependency_has_its_reason():
    reasons = (ROOT / "docs/dependencies.md").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = project["dependencies"] + project["optional-dependencies"]["dev"]
    assert len(declared) > 20
    for requirement in declared:
        name = re.split("[><=]", requirement)[0]
        assert re.search(rf"\b{re.escape(name)}\b", reasons, re.IGNORECASE), name


def test_the_figures_in_the_readmes_are_those_that_were_measured():
    """No figure is edited by hand: ``python -m benchmarks.readme`` writes them."""
    pages = readme.pages()
    assert {path.parent.name for path in pages} >= {"benchmarks"}
    for path, text in pages.items():
        assert path.read_text() == text, path


def test_the_top_readme_shows_every_row_of_added_latency():
    text = (ROOT / "README.md").read_text()
    section = text.split("<!-- performance -->")[1].split("<!-- /performance -->")[0]
    lines = [line for line in section.splitlines() if " \u00d7 |" in line]
    assert len(lines) == 13  # six plain, six under TLS, saturation
