"""Heads are split tolerantly; nothing raises."""

from hypothesis import given
from hypothesis import strategies as st

from lunaroute.recording._head import read_head


def test_a_request_head():
    head = read_head(b"POST /v1/x?y HTTP/1.1\r\nHost: a\r\nX-A:  b \r\nx-a: c\r\n\r\n")
    assert head.first == ("POST", "/v1/x?y", "HTTP/1.1")
    assert head.fields == (("Host", "a"), ("X-A", "b"), ("x-a", "c"))
    assert head.get("x-a") == "b"
    assert head.get("absent") is None


def test_words_of_repeated_fields():
    head = read_head(
        b"X\r\nTransfer-Encoding: gzip, Chunked\r\nTransfer-Encoding: a\r\n\r\n"
    )
    assert head.words("transfer-encoding") == ("gzip", "chunked", "a")
    assert head.words("absent") == ()


def test_bare_line_feeds_folded_lines_and_junk():
    head = read_head(b"HTTP/1.1 200\nA: b\n  more\nno colon\n: no name\nC: \xe9\n\n")
    assert head.first == ("HTTP/1.1", "200", "")
    assert head.fields == (("A", "b more"), ("C", "é"))


@given(st.binary())
def test_arbitrary_bytes(block):
    read_head(block)


def test_nothing():
    assert read_head(b"").first == ("", "", "")
