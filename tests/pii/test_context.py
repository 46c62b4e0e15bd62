"""Words that say what a number is."""

from lunaroute.pii import Detector
from lunaroute.pii._context import WORDS, Context


def test_every_context_has_words_that_latin_1_can_write():
    assert set(WORDS) == set(Context)
    for words in WORDS.values():
        assert all(
            word.encode("latin-1").lower() == word.encode("latin-1") for word in words
        )


def test_words_count_near_by_before_and_behind():
    find = Detector(["ssn"]).find
    assert find("SSN 123456789")
    assert find("123456789 is my SSN")
    assert not find("SSN" + " " * 90 + "123456789")
    assert not find("lessness 123456789")
