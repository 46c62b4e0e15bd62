"""Forms as their reader sees them."""

from urllib.parse import unquote_plus

from hypothesis import given
from hypothesis import strategies as st

from lunaroute.pii._form import FormView, coded, looks_like_form


@given(st.text("ab+%24e9CF&=\u00e9"))
def test_offsets_lead_back(source: str) -> None:
    view = FormView(source)
    size = len(view.text)
    assert view.at(0) == 0
    assert view.at(size) == len(source)
    for start in range(size):
        begin, end = view.at(start), view.at(start + 1)
        assert begin < end
        assert view.text[start] in (unquote_plus(source[begin:end]), "\ufffd")


def test_codes_are_undone() -> None:
    source = "a%40b+c=%E2%82%AC%F0%9F%8C%99%FF%4"
    assert FormView(source).text == "a@b c=\u20ac\U0001f319\ufffd%4"


def test_what_looks_like_a_form() -> None:
    assert looks_like_form(b"a=b%40c&d=e")
    assert not looks_like_form(b"a=b&d=e")
    assert not looks_like_form(b"a = b%40c")
    assert not looks_like_form(b"100%")


def test_what_is_put_there_can_be_read() -> None:
    assert coded("[EMAIL:a3]") == "[EMAIL:a3]"
    assert unquote_plus(coded("[a & b]")) == "[a & b]"
