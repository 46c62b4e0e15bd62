"""JSON's escapes undone in both builds."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunaroute._fast import _escapes_py, escapes, unescaped

MODULE = "_escapes"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("", ""),
        ("plain é 😀", "plain é 😀"),
        (r"a\u0040b", "a@b"),
        (r"a\nb\tc\/d\"e\\f\b\f\r", 'a\nb\tc/d"e\\f\b\f\r'),
        (r"\ud83d\ude00!", "😀!"),
        (r"\ud83d!", "\ufffd!"),
        (r"\ude00\ud83d", "\ufffd\ufffd"),
        (r"\ud83d\u0041", "\ufffdA"),
        (r"\ud83d\uzzzz", "\ufffd\\uzzzz"),
        (r"\x41 \u12 \ ", r"\x41 \u12 \ "),
        (r"\\u0040", r"\u0040"),
        (r"\u004", r"\u004"),
        ("\\", "\\"),
        (r"wider \u20ac", "wider €"),
        (r"é€\u00e9\n", "é€é\n"),
        (r"€\ud83d\ude00", "€😀"),
        (r"😀\u0041\n", "😀A\n"),
        ("\ud800\\n", "\ud800\n"),
        ("\\\u0661\\u\u0661\u0661\u0661\u0661", "\\\u0661\\u\u0661\u0661\u0661\u0661"),
    ],
)
def test_escapes_are_undone_once(impl, text, plain):
    assert impl.unescaped(text) == plain


def test_a_text_without_escapes_is_not_copied(impl):
    text = "no escape here"
    assert impl.unescaped(text) is text
    assert [list(each) for each in impl.escapes(text)] == [[], []]


def test_where_each_escape_was(impl):
    seen, ends = impl.escapes(r"a\nb\u0040\ud83d\ude00\x\\")
    assert list(seen) == [1, 3, 4, 7]
    assert list(ends) == [3, 10, 22, 26]


def test_only_text_is_taken(impl):
    for function in (impl.unescaped, impl.escapes):
        with pytest.raises((TypeError, AttributeError)):
            function(None)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_json_writes_is_read(text):
    assert unescaped(json.dumps(text)[1:-1]) == text
    assert unescaped(json.dumps(text, ensure_ascii=False)[1:-1]) == text


@settings(deadline=None, max_examples=400)
@given(st.text('ab\\nu0043dD8cE"/é€😀') | st.text())
def test_the_builds_agree(text):
    assert unescaped(text) == _escapes_py.unescaped(text)
    assert [*map(list, escapes(text))] == [*map(list, _escapes_py.escapes(text))]
