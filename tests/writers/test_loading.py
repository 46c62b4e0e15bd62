"""Writers are found as installed packages name them, and say why they cannot be had."""

import importlib
import sys

import pytest

from lunaroute.errors import ConfigError
from lunaroute.writers import SessionWriter, Written, installed_writers, load_writer
from tests.writers.plugin import install


@pytest.fixture
def installed(tmp_path, monkeypatch):
    name = "acme_writers_of_a_test"
    monkeypatch.syspath_prepend(str(install(tmp_path / "site", name)))
    importlib.invalidate_caches()
    yield tmp_path
    sys.modules.pop(name, None)


def test_a_writer(installed):
    assert {"keeping", "failing", "lacking"} <= installed_writers().keys()
    kept = installed / "kept"
    writer = load_writer("keeping", {"path": str(kept)})
    assert isinstance(writer, SessionWriter)
    writer.write([Written("e1", "s1", "2026-01-02", b"{}\n")])
    writer.close()
    assert kept.read_bytes() == b'["e1", "s1", "2026-01-02"]\n{}\nclosed\n'


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nobody", "no installed package has a writer called 'nobody'"),
        ("failing", "cannot be made: ValueError$"),
        ("lacking", "lacks write or close"),
    ],
)
def test_one_that_cannot_be_had(installed, name, why):
    with pytest.raises(ConfigError, match=why):
        load_writer(name, {})
