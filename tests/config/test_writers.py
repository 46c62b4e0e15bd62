"""Writers of other packages are named in the configuration, and checked at the start."""

import importlib
import sys

import pytest

from lunaroute.config import make_plan, resolve
from lunaroute.errors import ConfigError
from tests.writers.plugin import install


@pytest.fixture
def installed(tmp_path, monkeypatch):
    name = "acme_writers_of_the_plan"
    monkeypatch.syspath_prepend(str(install(tmp_path / "site", name)))
    importlib.invalidate_caches()
    yield
    sys.modules.pop(name, None)


def writers(write, environ, text):
    path = write(f"session_recording: {{{text}}}")
    return make_plan(resolve({"config": str(path)}, environ))["observer"]["writers"]


def test_those_that_are_named(installed, write, environ):
    assert writers(write, environ, "writers: {keeping: {path: /x}, failing: }") == {
        "keeping": {"path": "/x"},
        "failing": {},
    }


def test_where_nothing_is_recorded_they_get_nothing(installed, write, environ):
    assert writers(write, environ, "enabled: false, writers: {keeping: {}}") == {}
    alone = "jsonl: {enabled: false}, sqlite: {enabled: false}, writers: {keeping: {}}"
    assert writers(write, environ, alone) == {"keeping": {}}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "writers: {nobody: {}}",
            r"writers.nobody: no installed package .* failing, keeping",
        ),
        ("writers: {keeping: [a]}", "writers.keeping: expected a map"),
    ],
)
def test_mistakes(installed, write, environ, text, why):
    with pytest.raises(ConfigError, match=why):
        writers(write, environ, text)
