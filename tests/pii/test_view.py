import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunaroute.pii._view import View, unescaped


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("plain", "plain"),
        (r"a\u0040b", "a@b"),
        (r"a\nb\tc\/d\"e\\f\b\f\r", 'a\nb\tc/d"e\\f\b\f\r'),
        (r"\ud83d\ude00!", "😀!"),
        (r"\ud83d!", "\ufffd!"),
        (r"\ude00\ud83d", "\ufffd\ufffd"),
        (r"\x41 \u12 \ ", r"\x41 \u12 \ "),
        ("\\", "\\"),
    ],
)
def test_escapes_are_undone_once(source: str, text: str) -> None:
    assert unescaped(source) == text
    assert View(source).text == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_json_writes_is_read(text: str) -> None:
    assert unescaped(json.dumps(text)[1:-1]) == text
    assert unescaped(json.dumps(text, ensure_ascii=False)[1:-1]) == text


@given(st.text('ab\\nu0043"/'))
def test_offsets_lead_back(source: str) -> None:
    view = View(source)
    size = len(view.text)
    assert view.at(0) == 0
    assert view.at(size) == len(source)
    for start in range(size):
        begin, end = view.at(start), view.at(start + 1)
        assert unescaped(source[begin:end]) == view.text[start]


def test_plain_is_known() -> None:
    assert View(r"\x").is_plain
    assert not View(r"\n").is_plain
