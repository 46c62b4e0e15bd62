"""What was imported is remembered, told from what was heard, and can be retold."""

import pytest

from lunaroute.store import ImportedFile, open_store
from tests.store.kit import database, prepared, text, write


@pytest.fixture
def store(tmp_path):
    with open_store(database(tmp_path), writer=True) as store:
        yield store


def test_a_file_is_remembered_as_it_was_read_last(store):
    assert store.imports.file("/a") is None
    for size in (1, 2):
        with store.writing():
            store.imports.note(ImportedFile("/a", size, 5, "codex", 3))
    assert store.imports.file("/a") == ImportedFile("/a", 2, 5, "codex", 3)


def test_what_was_heard_is_told_from_what_was_imported(store):
    write(store, prepared(1, "heard"), prepared(2, "brought", listener="import:codex"))
    imports = store.imports
    assert imports.was_heard("heard")
    assert not imports.was_heard("brought")
    assert imports.has_session("brought")
    assert not imports.has_session("other")
    assert imports.session_of("boot-0-1") == ("heard", False)
    assert imports.session_of("boot-0-2") == ("brought", True)
    assert imports.session_of("boot-0-3") is None


def test_what_is_forgotten_is_not_found_any_more(store):
    said = text("answer", "assistant", "almonds")
    write(store, prepared(1, "s", texts=(said,)))
    with store.writing():
        store.imports.forget(["boot-0-1"])
    assert store.search("almonds", 5) == ()
    assert store.exchanges("s") == ()
