"""What is shown holds no secrets, however it was cut, and commands no terminal."""

import random
from string import ascii_letters, digits

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunaroute.observer._mask import PieceMask, mask, printable, word
from lunaroute.pii import SECRETS, Detector

CHANCE = random.Random(5)
KEY = (
    "sk-ant-" + "api03-" + "".join(CHANCE.choices(ascii_letters + digits, k=93)) + "AA"
)
DETECTOR = Detector(SECRETS)


def test_a_text():
    assert DETECTOR.find(KEY)
    told = mask(DETECTOR, f"the key {KEY} is mine")
    assert KEY not in told
    assert told.startswith("the key [")
    assert told.endswith("] is mine")
    assert mask(DETECTOR, "nothing here") == "nothing here"


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=9), st.integers(0, 700))
def test_pieces_are_masked_like_the_whole(sizes, before):
    words = ("word " * 200)[:before]
    text = f"{words} {KEY} {words} and {KEY}\n{words}"
    masked = PieceMask(DETECTOR)
    out, at, turn = [], 0, 0
    while at < len(text):
        size = sizes[turn % len(sizes)]
        out.append(masked.feed(text[at : at + size]))
        at, turn = at + size, turn + 1
    out.append(masked.close())
    told = "".join(out)
    assert KEY[:20] not in told
    assert told.count("[") == 2
    assert told.replace("[", "").startswith(words)


@pytest.mark.parametrize(
    "text",
    [
        "echo 'kVS4qpR6' | docker login -u x --password-stdin",
        "| user | password |\n|---|---|\n| bob | kVS4qpR6 |",
        "PASSWORD=$(cat <<EOF\nkVS4qpR6\nEOF\n)",
    ],
)
@pytest.mark.parametrize("size", [1, 9, 300])
def test_what_follows_may_tell_that_it_is_a_value(text, size):
    masked = PieceMask(Detector(SECRETS))
    text = f"{'word ' * 30}\n{text}\n{'more words ' * 60}"
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert "kVS4qpR6" not in "".join(map(masked.feed, pieces)) + masked.close()


def test_a_word_is_not_cut_within_a_secret():
    assert word(DETECTOR, f"mine {KEY}", 20) == "mine [CUT]"
    assert word(DETECTOR, f"mine {KEY} \x1b", 200).endswith("] \u00b7")
    assert word(DETECTOR, "mine", 4) == "mine"


def test_the_rest_of_what_was_cut():
    masked = PieceMask(DETECTOR)
    masked.feed(f"it is {KEY[:30]}")
    assert masked.close(is_cut=True) == "it is [CUT]"
    assert masked.feed("more") + masked.close() == "more"


def test_a_long_text_comes_while_it_is_said():
    masked = PieceMask(DETECTOR)
    shown = "".join(masked.feed("some words ") for _ in range(100))
    assert 0 < len(shown) < 1100
    assert shown + masked.close() == "some words " * 100
    assert masked.close() == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b]0;title\x07b", "a\u00b7]0;title\u00b7b"),
        ("a\r\nb\rc\td", "a\nb\nc\td"),
        ("\x9b31m", "\u00b731m"),
        ("\u202eabc", "\u00b7abc"),
        ("\ud800", "?"),
        ("naïve ✓", "naïve ✓"),
    ],
)
def test_printable(text, shown):
    assert printable(text) == shown
