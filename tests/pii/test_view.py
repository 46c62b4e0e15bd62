from hypothesis import given
from hypothesis import strategies as st

from lunaroute._fast import unescaped
from lunaroute.pii._view import View


@given(st.text('ab\\nu0043"/'))
def test_offsets_lead_back(source: str) -> None:
    view = View(source)
    size = len(view.text)
    assert view.at(0) == 0
    assert view.at(size) == len(source)
    for start in range(size):
        begin, end = view.at(start), view.at(start + 1)
        assert unescaped(source[begin:end]) == view.text[start]


def test_escapes_are_undone_once() -> None:
    assert View(r"a\u0040b\\n").text == r"a@b\n"


def test_plain_is_known() -> None:
    assert View(r"\x").is_plain
    assert not View(r"\n").is_plain
