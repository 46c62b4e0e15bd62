"""Words that say what a number is."""

import pytest

from lunaroute.pii import Detector
from lunaroute.pii._context import WORDS, Context, is_numbered


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


@pytest.mark.parametrize(
    ("text", "is_number"),
    [
        ("order #219-45-6781", True),
        ('"order_id": "219-45-6781"', True),
        ('{\\"orderNo\\":\\"219-45-6781\\"}', True),
        ("invoice number is 219-45-6781", True),
        ("item 2: 219-45-6781", True),
        ("219-45-6781 is the order number", True),
        ('{"model":"gpt-x","messages":[{"content":"219-45-6781"}]}', False),
        ('{"content":"219-45-6781","model":"gpt-x"}', False),
        ('{"type":"item","value":"219-45-6781"}', False),
        ('{"model":"219-45-6781"}', False),
        ("in that case 219-45-6781", True),
        ("in that case it would be 219-45-6781", False),
        ("reorder 219-45-6781", False),
    ],
)
def test_a_word_makes_a_number_only_of_what_stands_at_it(text, is_number):
    begin = text.index("219")
    assert is_numbered(text, begin, begin + len("219-45-6781")) is is_number
    assert bool(Detector(["ssn"]).find(text)) is not is_number


def test_the_words_of_every_request_hide_no_number():
    body = '{"model":"gpt-x","messages":[{"role":"user","content":"%s"}]}'
    for value in ("219-45-6781", "912-70-1234", "212-555-0147", "(212) 555-0147"):
        assert Detector(["ssn", "itin", "phone"]).find(body % value), value
