import re
from collections.abc import Sequence

from lunaroute.pii._spot import Spot, merged, spots
from tests.pii.finder import CARD, EMAIL, Finder, Found


def test_plain_text_is_searched_once() -> None:
    finder = Finder()
    text = f"write to {EMAIL}."
    assert spots(finder, text) == [Spot(9, 9 + len(EMAIL), "email", EMAIL, 0.9)]
    assert finder.searched == len(text)


def test_every_level_of_escapes_is_searched() -> None:
    text = r"a\u0040b.com, a\\u0040b.com, \\n" + CARD
    found = spots(Finder(), text)
    assert [text[each.start : each.end] for each in found] == [
        r"a\u0040b.com",
        r"a\\u0040b.com",
        CARD,
    ]
    assert [each.value for each in found] == ["a@b.com", "a@b.com", CARD]
    assert [each.level for each in found] == [2, 2, 2]


def test_levels_above_the_first_are_not_searched() -> None:
    text = r"n\njane@b.com"
    assert [each.value for each in spots(Finder(), text, first=1)] == ["jane@b.com"]
    # As plain text nobody knows whether that is an escape: all of it goes.
    found = spots(Finder(), text)
    assert [text[each.start : each.end] for each in found] == ["njane@b.com"]


def test_the_union_of_what_overlaps_is_of_the_surest_kind() -> None:
    text = "0123456789"
    weak, sure = Spot(0, 4, "a", "0123", 0.7), Spot(2, 8, "b", "234567", 0.9)
    assert merged([sure, weak], text) == [Spot(0, 8, "b", "01234567", 0.9)]
    inner = Spot(3, 4, "c", "3", 0.99)
    assert merged([weak, inner], text) == [Spot(0, 4, "c", "0123", 0.99)]
    apart = Spot(4, 5, "c", "4", 0.99)
    assert merged([apart, weak], text) == [weak, apart]


def test_halves_of_pairs_are_no_trouble() -> None:
    class Strict(Finder):
        def find(self, text: str) -> object:  # type: ignore[override]
            text.encode()
            return super().find(text)

    text = f"\udcff {EMAIL}"
    assert [each.value for each in spots(Strict(), text)] == [EMAIL]  # type: ignore[arg-type]


def test_what_an_earlier_redaction_put_there_is_not_found() -> None:
    class Digits(Finder):
        def find(self, text: str) -> Sequence[Found]:
            return [Found(*m.span(), "d") for m in re.finditer("[0-9a-f]{8}", text)]

    text = "[EMAIL:a3f8e9d2] [deadbeef] [API_KEY:a3f8e9d2 deadbeef"
    found = spots(Digits(), text)
    assert [each.start for each in found] == [18, 37, 46]
