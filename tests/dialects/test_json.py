"""JSON off the wire: what is read of good, bad and odd bytes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunaroute.dialects._json import (
    dump,
    get_count,
    get_list,
    get_object,
    get_objects,
    get_str,
    read_json,
    read_object,
    texts_in,
)


@pytest.mark.parametrize(
    ("data", "value", "problem"),
    [
        (b'{"a":1}', {"a": 1}, None),
        (b' {"a":1}\n', {"a": 1}, None),
        ('{"a":"\\u2603"}', {"a": "☃"}, None),
        (b"", {}, "empty"),
        (b" \n", {}, "empty"),
        (b"[1]", {}, "not a JSON object"),
        (b'"a"', {}, "not a JSON object"),
        (b'{"a":1', {}, "cut short"),
        (b'{"a":"\xe2\x98', {}, "cut short"),
        (b'{"a":"\xff"}', {"a": "�"}, "not UTF-8"),
        # half of a surrogate pair is JSON, and no text
        (rb'{"a":"\ud83d"}', {"a": "�"}, None),
        (rb'{"a":"x\uDE00y\\ud83d"}', {"a": "x�y\\ud83d"}, None),
        (rb'{"a":"\ud83d\ude00\ud83d"}', {"a": "😀�"}, None),
    ],
)
def test_objects(data, value, problem):
    assert read_object(data) == (value, problem)


@pytest.mark.parametrize(
    ("data", "value", "problem", "is_plain"),
    [
        (b' {"a":1}\n', {"a": 1}, None, True),
        (b"[1]", [1], None, True),
        (b'"\\ud83d"', "\ufffd", None, False),
        (b"", None, "empty", False),
        (b'{"a":', None, "cut short", False),
    ],
)
def test_values(data, value, problem, is_plain):
    found = read_json(data)
    assert (found.value, found.problem, found.is_plain) == (value, problem, is_plain)


@pytest.mark.parametrize("data", [b"{]", b"\x00", b"<html>", b"{'a':1}", b'{"a":NaN}'])
def test_what_is_not_json_says_why(data):
    value, problem = read_object(data)
    assert value == {}
    assert problem.startswith("not JSON: ")


def test_deep_nesting_is_refused_not_followed():
    assert read_object(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}")[1]


@settings(deadline=None)
@given(st.binary() | st.text().map(lambda text: text.encode(errors="surrogatepass")))
def test_no_bytes_raise(data):
    read_object(data)


def test_readers_narrow():
    value = {"s": "x", "o": {"n": 3, "l": [1, {"k": 1}]}, "b": True, "f": 1.5, "m": -1}
    assert get_str(value, "s") == "x"
    assert get_str(value, "o") is None
    assert get_str(value, "s", "deeper") is None
    assert get_object(value, "o", "l") == {}
    assert get_list(value, "o") == []
    assert get_objects(value, "o", "l") == [{"k": 1}]
    assert get_count(value, "o", "n") == 3
    assert [get_count(value, name) for name in "bfm"] == [None] * 3
    assert get_count({"n": 10**15}, "n") == 10**15
    assert get_count({"n": 10**15 + 1}, "n") is None


def test_dumped_values():
    assert dump(None) == ""
    assert dump({"a": ["☃", 1]}) == '{"a":["☃",1]}'
    nested: object = 1
    for _ in range(900):
        nested = [nested]
    assert dump(nested) == ""


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ("a", ["a"]),
        ("", []),
        (None, []),
        (7, []),
        (
            [{"type": "text", "text": "a"}, "b", {"type": "image", "source": {}}],
            ["a", "b"],
        ),
        ([{"refusal": "no"}], ["no"]),
        (
            [{"content": [{"text": "a"}, {"content": "b"}]}, {"text": "c"}],
            ["a", "b", "c"],
        ),
        ({"source": {"type": "text", "data": "doc"}}, ["doc"]),
        ({"source": {"type": "base64", "data": "aGk="}}, []),
        ({"source": {"type": "content", "content": [{"text": "d"}]}}, ["d"]),
        ({"text": 1, "content": "x"}, ["x"]),
    ],
)
def test_texts_of_a_content(content, texts):
    assert list(texts_in(content)) == texts


def test_texts_may_nest_deeper_than_the_interpreter():
    content = "deep"
    for _ in range(5000):
        content = [{"content": content}]
    assert list(texts_in(content)) == ["deep"]
