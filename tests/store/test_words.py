"""The query language: words and phrases, and nothing that FTS5 could misread."""

import pytest

from lunaroute.store._words import match_expression


@pytest.mark.parametrize(
    ("words", "expression"),
    [
        ("one two", '"one" "two"'),
        ('"one two" three', '"one two" "three"'),
        ('"never closed', '"never closed"'),
        ("a OR NOT b*", '"a" "OR" "NOT" "b*"'),
        ("text:x NEAR(a b)", '"text:x" "NEAR(a" "b)"'),
        ('a"b c"d', '"a" "b c" "d"'),
        ("nul\0byte", '"nul" "byte"'),
        ("", ""),
        ('"" "  "', ""),
        ("\ud800", '"?"'),
    ],
)
def test_expressions(words, expression):
    assert match_expression(words) == expression


def test_terms_are_bounded():
    assert match_expression("a " * 10_000).count('"a"') == 32
