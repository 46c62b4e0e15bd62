"""The store as an object: it closes, and its errors name the file."""

import pytest

from lunaroute.errors import StoreError
from lunaroute.store import open_store
from tests.store.kit import database


def test_close_twice(tmp_path):
    store = open_store(database(tmp_path), writer=True)
    store.close()
    store.close()


def test_errors_name_the_file(tmp_path):
    path = database(tmp_path)
    with open_store(path, writer=True) as store:
        store._connection.execute("DROP VIEW sessions")
        with pytest.raises(StoreError) as caught:
            store.list_sessions(1)
    assert str(path) in str(caught.value)
