"""How far values reach."""

import json

import pytest

from lunaroute.pii._reach import bare, has_line, quoted


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"abc"x', "abc"),
        ("'a\"b'", 'a"b'),
        (r'"a\"b"', r"a\"b"),
        (r'"a\\"b', r"a\\"),
        (r"'it''s'", "it''s"),
        ("`ab`", "ab"),
        ("b'ab'", "ab"),
        ('"""ab"""', "ab"),
        ("'''\nab\n'''", "ab"),
        ('"cut off', "cut off"),
    ],
)
def test_what_is_quoted(text, value):
    found = quoted(text, 0)
    assert found is not None
    assert text[found[0] : found[1]] == value


@pytest.mark.parametrize("text", ["x", '""', "''", '"line\nend"', '"""two\nlines"""', "'" + "x" * 600])  # fmt: skip
def test_what_is_not(text):
    assert quoted(text, 0) is None


@pytest.mark.parametrize("levels", range(4))
def test_escaped_quotes_are_part_of_it_at_any_level(levels):
    text = '"it is \\"9\\" here", "next"'
    value = text[1:-9]
    for _ in range(levels):
        text, value = json.dumps(text)[1:-1], json.dumps(value)[1:-1]
    found = quoted(text, 0)
    assert found is not None
    assert text[found[0] : found[1]] == value


@pytest.mark.parametrize(
    ("text", "linewise", "value"),
    [
        ("abc,def next", False, "abc"),
        ("abc,def;1G next", True, "abc,def;1G"),
        ("abc;Encrypt=true", True, "abc"),
        ("abc;", True, "abc"),
        ("abc)", True, "abc)"),
        ("abc)", False, "abc"),
        ("f(abc)", False, "f(abc)"),
        ("it's-9", False, "it's-9"),
        ("abc', 'd'", False, "abc"),
        ("abc&user=x", False, "abc"),
        ("abc&9x", False, "abc&9x"),
        ("abc&quot;", False, "abc"),
        ("abc</b>", True, "abc"),
        ("abc\\ndef", False, "abc"),
        ('abc\\"', False, "abc"),
    ],
)
def test_what_is_not_quoted(text, linewise, value):
    found = bare(text, 0, in_url=False, linewise=linewise, ends="")
    assert found is not None
    assert text[found[0] : found[1]] == value


def test_an_address_ends_a_value_at_its_signs():
    assert bare("abc#x", 0, in_url=True, linewise=False, ends="") == (0, 3)
    assert bare(" abc", 0, in_url=False, linewise=False, ends="") is None


@pytest.mark.parametrize(
    ("before", "is_one"),
    [("", True), ("x\n  ", True), ("export ", True), ("the ", True), ('{"text": "', True), ("f(a, ", False), ("{a: 1, ", False), ("x = 'a ", False)],
)  # fmt: skip
def test_a_name_may_have_its_line_for_itself(before, is_one):
    assert has_line(f"{before}password", len(before)) is is_one
