"""Any bytes come back; a value in pieces is found, whatever framed the pieces."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunaroute.recording._columns import Columns
from tests.pii.finder import EMAIL, SECRET, redactor

LINES = st.sampled_from(
    [
        b"event: delta",
        b'data: {"type":"x","index":0,"delta":{"text":"a \\" b"}}',
        b'data: {"type":"x","index":12,"delta":{"text":""}}\r',
        b'data: {"a":[1,-2.5e3,"x"],"b":{"c":"\\u00e4"}}',
        b'data: {"a":"not ended',
        b"data: [DONE]",
        b"",
        b'"": {"":"":"",}',
    ]
)


@given(st.one_of(st.binary(), st.lists(st.one_of(LINES, st.binary())).map(b"\n".join)))
def test_any_bytes_come_back(body):
    columns = Columns.of(body)
    assert columns.body() == body
    assert columns.marks() == ()
    assert columns.redact(redactor())


def stream(words, size, **more):
    pieces = [words[at : at + size] for at in range(0, len(words), size)]
    events = [
        {"type": "delta", "number": number, "delta": piece, "noise": f"n{number}"}
        for number, piece in enumerate(pieces)
    ]
    return b"".join(
        b"event: delta\ndata: %s\n\n" % json.dumps({**each, **more}).encode()
        for each in events
    )


def said(body):
    lines = [line for line in body.split(b"\n") if line.startswith(b"data: {")]
    return "".join(json.loads(line[6:])["delta"] for line in lines)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 21, 1000])
def test_a_value_in_pieces_is_found(size):
    words = f'to "{EMAIL}" and {EMAIL}, not {SECRET}\n.'
    body = stream(words, size)
    columns = Columns.of(body)
    assert columns.redact(redactor())
    new = columns.body()
    assert said(new) == 'to "[EMAIL]" and [EMAIL], not [SECRET]\n.'
    marks = columns.marks()
    assert [mark.kind for mark in marks] == ["email", "email", "secret"]
    for mark in marks:
        assert new[mark.start : mark.end].decode() == f"[{mark.kind.upper()}]"
    # All other bytes are as they were.
    assert new.count(b'"noise"') == body.count(b'"noise"')
    assert [json.loads(line[6:])["noise"] for line in new.split(b"\n") if b"noise" in line] == [
        json.loads(line[6:])["noise"] for line in body.split(b"\n") if b"noise" in line
    ]  # fmt: skip


def test_a_value_that_is_the_same_in_all_lines():
    columns = Columns.of(stream("a b c", 1, who=EMAIL))
    assert columns.redact(redactor())
    assert EMAIL.encode() not in columns.body()
    assert len(columns.marks()) == 5
    for mark in columns.marks():
        assert columns.body()[mark.start : mark.end] == b"[EMAIL]"


def test_lines_that_are_no_json_and_too_many_shapes():
    lines = [
        b"data: {%s}" % b",".join(b'"a%d":1' % n for n in range(at))
        for at in range(300)
    ]
    lines += [EMAIL.encode(), b"data: x"]
    columns = Columns.of(b"\n".join(lines))
    assert columns.body() == b"\n".join(lines)


def test_what_stands_in_a_name_cannot_be_replaced():
    columns = Columns.of(b'data: {"%s":"x"}' % SECRET.encode())
    assert not columns.redact(redactor())
    assert not Columns.of(b"data: %s" % SECRET.encode()).redact(redactor())


def test_names_are_no_pieces_of_each_other():
    lines = [b'data: {"name":"jane.roe@"}', b'data: {"name":"example.com"}']
    columns = Columns.of(b"\n".join(lines))
    assert columns.redact(redactor())
    assert columns.marks() == ()
