"""Identifiers are cut where a reader would cut them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunaroute.store._identifiers import (
    _TOKEN,
    _words,
    find_parts,
    identifier_parts,
)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("AuthMiddleware", "auth middleware"),
        ("foo_bar __init__", "foo bar init"),
        ("parseHTTPResponse2", "parse http response"),
        ("test_AuthCheck", "test authcheck auth check"),
        ("E0382 utf8 MAX_SIZE2", "utf max size2 size"),
        ("HTTPServer XMLHttpRequest", "http server xml request"),
        # what the tokenizer separates anyway, and plain words
        ("src/app/auth.py --no-verify", ""),
        ("Plain words and TYPES 12", ""),
        # a part that stands as a word is not kept again
        ("foo_bar is no Foo", "bar"),
        ("Größe_é größenWahn", "größe größen wahn"),
        ("aB" * 40, ""),
        ("", ""),
    ],
)
def test_parts(text, parts):
    assert identifier_parts(text) == parts


@given(st.text() | st.text(alphabet="aBC1_é. "))
def test_parts_are_in_lower_case_each_once_and_found_again(text):
    parts = identifier_parts(text).split(" ")
    assert len(parts) == len(set(parts))
    for part in filter(None, parts):
        assert part == part.lower()
        assert any(True for _ in find_parts(text, {part: False}))


@given(st.text(alphabet=[chr(code) for code in range(128)]))
def test_words_of_ascii_are_those_of_any_text(text):
    assert _words(text) == _TOKEN.findall(text)


def test_parts_are_bounded():
    assert identifier_parts(" ".join(f"x_{n:x}q" for n in range(9_000))).count(" ") < (
        4_000
    )


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"auth": False}, ["AuthCheck"]),
        ({"CHE": True}, ["AuthCheck"]),
        ({"che": False}, []),
        ({"grosse": False, "cafe": False}, ["un_café"]),
    ],
)
def test_places(wanted, found):
    text = "an AuthCheck in un_café"
    assert [text[slice(*place)] for place in find_parts(text, wanted)] == found
