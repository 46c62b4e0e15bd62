"""Statements are said where somebody asks, with times and without values."""

import logging

import pytest

from lunaroute.logs import SQL
from lunaroute.store import open_store
from tests.store.kit import database, prepared, text, write


@pytest.mark.parametrize("asked", [True, False])
def test_statements(tmp_path, caplog, asked):
    caplog.set_level(logging.INFO if asked else logging.WARNING, SQL)
    with open_store(database(tmp_path), writer=True) as store:
        caplog.clear()
        write(store, prepared(1, texts=(text("prompt", "user", "a secret word"),)))
    said = [record.getMessage() for record in caplog.records if record.name == SQL]
    assert any("INSERT INTO exchanges" in line for line in said) == asked
    assert all(" ms: " in line and "\n" not in line for line in said)
    assert "secret word" not in caplog.text
    if asked:
        assert all(record.facts["milliseconds"] >= 0 for record in caplog.records)
