"""Tables: values below a column's name."""

import pytest

from lunaroute.pii import _table
from lunaroute.pii._table import cell_below
from tests.pii.marked import check


@pytest.mark.parametrize(
    "marked",
    [
        "INSERT INTO users (name, password) VALUES ('bob', '⟦hunter22⟧');",
        'insert into u (`id`, `password`, `x`) values (1, "⟦kVS4qpR6⟧", 2)',
        "INSERT INTO u (mail, password, api_key) VALUES ('b', '⟦hunter22⟧', '⟦54e04c61d1c77be6607450ba5536ef01⟧');",
        "user,password\nbob,⟦hunter22⟧\n",
        "n\tuser\tpassword\n3\tbob\t⟦hunter22⟧\n",
        "| user | password |\n|------|:--------:|\n| bob | ⟦hunter22⟧ |\n",
        '{"text": "user,password\nbob,⟦hunter22⟧"}',
        '["| user | password |\n|---|---|\n| bob | ⟦hunter22⟧ |"]',
        "| user | password |\n| bob | `⟦hunter22⟧` |\n",
    ],
)
def test_found(marked):
    check(marked, "password")


@pytest.mark.parametrize(
    "text",
    [
        "name,password,email\nstring,string,string\n",
        "| field | password |\n|---|---|\n| type | string |\n",
        "a, password, b\nthen some prose 123abc follows, as ever",
        "def login(user, password):\n    return user, x1y2z3\n",
        "INSERT INTO users (name, password) VALUES (?, ?)",
        "INSERT INTO users (name, password) SELECT 1",
        "x, password",
    ],
)
def test_not_found(text):
    check(text, "password")


def test_a_row_that_is_not_as_wide_is_no_row():
    assert cell_below("a,password\nb,c,d\n", 2, 10) is None
    assert cell_below("a,password\nb,c\n", 2, 10) == (13, 14, True)


def test_a_line_of_many_names_is_not_read_once_for_each(monkeypatch):
    read = [0]

    class Counting:
        def finditer(self, text, begin, end):
            read.append(end - begin)
            return iter(())

    monkeypatch.setattr(_table, "_STRING", Counting())
    text = "password: " * 1000
    assert _table.cell_below(text, 9_000, 9_008) is None
    assert max(read) <= 200
