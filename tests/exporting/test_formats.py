"""The formats as they are offered."""

import pytest

from lunaroute.cli.sessions import EXPORTS
from lunaroute.exporting import FORMATS, copy_session, export_name
from tests.exporting.kit import text_of
from tests.recording.build import SESSION


def test_the_command_offers_what_there_is():
    assert tuple(FORMATS) == EXPORTS


@pytest.mark.parametrize("name", FORMATS)
def test_each_is_utf8_and_has_a_name(store, name):
    assert text_of(store, name, "another").endswith("\n")
    copy = copy_session(store, SESSION)
    assert export_name(copy, name) == f"session_{SESSION}.{FORMATS[name].ending}"
