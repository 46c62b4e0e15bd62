"""The spans of values in both builds, on any bytes, and against a parser."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lunaroute._fast import _values_py, value_spans

MODULE = "_values"

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
PIECES = st.sampled_from(
    [
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b",",
        b'"',
        b"\\",
        b'"x"',
        b'"x" :',
        b"1",
        b" ",
        b"\xff",
    ]
)
BODIES = st.lists(PIECES | st.binary(max_size=3)).map(b"".join)
VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("body", "spans"),
    [
        (b'{"a":["x",{"b":"y"}],"c":1}', [(0, 27, 0), (5, 20, 1), (6, 9, 2), (10, 19, 2), (15, 18, 3)]),
        (rb'["a\"]", "b\\"]', [(0, 15, 0), (1, 7, 1), (9, 14, 1)]),
        (b'{"a" : "x"}', [(0, 11, 0), (7, 10, 1)]),
        (b'["x", "cut', [(1, 4, 1)]),
        (b'"x"] "y"', [(0, 3, 0)]),
        (b"", []),
        (b"[" * 100 + b"]" * 100, [(at, 200 - at, at) for at in range(10)]),
    ],
)  # fmt: skip
def test_spans(impl, body, spans):
    assert impl.value_spans(body, 2, 9) == spans


def test_only_large_and_shallow_ones_are_named(impl):
    body = b'{"a":["long enough","short"]}'
    assert impl.value_spans(body, 10, 2) == [(0, 29, 0), (5, 28, 1), (6, 19, 2)]
    assert impl.value_spans(body, 10, 1) == [(0, 29, 0), (5, 28, 1)]


@PATIENT
@given(BODIES, st.integers(0, 6), st.integers(0, 4))
def test_the_builds_agree_on_any_bytes(body, smallest, deepest):
    expected = _values_py.value_spans(body, smallest, deepest)
    assert value_spans(body, smallest, deepest) == expected


@PATIENT
@given(VALUES)
def test_each_span_is_a_value(value):
    body = json.dumps(value).encode()
    found = [json.loads(body[start:end]) for start, end, _ in value_spans(body, 2, 20)]
    assert found == [
        each for each in _all(value) if isinstance(each, str | list | dict)
    ]


def _all(value):
    yield value
    for each in (
        value.values()
        if isinstance(value, dict)
        else value
        if isinstance(value, list)
        else ()
    ):
        yield from _all(each)
