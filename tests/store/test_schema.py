"""The schema's promises: steps are appended, tables are strict."""

import apsw

from lunaroute.store import open_store
from lunaroute.store._schema import MIGRATIONS, SCHEMA_VERSION
from tests.store.kit import database


def test_the_version_counts_the_steps():
    assert len(MIGRATIONS) == SCHEMA_VERSION


def test_all_tables_are_strict(tmp_path):
    open_store(database(tmp_path), writer=True).close()
    connection = apsw.Connection(str(database(tmp_path)))
    tables = connection.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
        " AND NOT strict AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    connection.close()
    assert tables == []
