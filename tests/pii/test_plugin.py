"""Detectors of somebody else's, found as installed packages name them."""

import importlib
import sys

import pytest

from lunaroute.errors import ConfigError
from lunaroute.pii import Detector, Finding, load_plugins

GOOD = """
from lunaroute.pii import Finding

class Badges:
    kinds = ("badge",)

    def find(self, text):
        at = text.find("BADGE-")
        if at >= 0:
            yield Finding(at, at + 10, "badge", 0.9)
            yield Finding(at, at + 10, "unheard_of", 0.9)
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Installs a package of one module whose entry point is called ``mine``."""
    name = "acme_privacy_of_a_test"

    def install(source, attribute):
        (tmp_path / f"{name}.py").write_text(source)
        facts = tmp_path / f"{name}-1.0.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        )
        (facts / "entry_points.txt").write_text(
            f"[lunaroute.detectors]\nmine = {name}:{attribute}\n"
        )
        importlib.invalidate_caches()

    monkeypatch.syspath_prepend(str(tmp_path))
    yield install
    sys.modules.pop(name, None)


def test_an_installed_detector_is_used(installed):
    installed(GOOD, "Badges")
    plugins = load_plugins()
    found = Detector(["email"], extra=plugins).find("a@b.example BADGE-1234")
    assert found == [Finding(0, 11, "email", 0.95), Finding(12, 22, "badge", 0.9)]


@pytest.mark.parametrize(
    ("source", "attribute", "reason"),
    [
        (GOOD, "Nothing", "cannot be loaded: AttributeError"),
        ("1 / 0", "Badges", "cannot be loaded: ZeroDivisionError"),
        ("class Bare: pass", "Bare", "lacks `kinds` or `find`"),
    ],
)
def test_one_that_does_not_work_is_named(installed, source, attribute, reason):
    installed(source, attribute)
    with pytest.raises(ConfigError, match=f"'mine' .*{reason}"):
        load_plugins()


def test_none_are_installed():
    assert load_plugins() == []
