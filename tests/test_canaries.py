"""The values that the tests send are values of their kinds, and stay redacted."""

import pytest

from lunaroute.pii import KINDS, Detector, MemoryBook, Policy, Tokens
from tests.canaries import CANARIES

MODES = ("mask", "remove", "tokenize", "partial")


def test_there_is_one_of_each_kind():
    assert sorted(bird.kind for bird in CANARIES) == sorted(KINDS)


@pytest.mark.parametrize("bird", CANARIES, ids=lambda bird: bird.kind)
def test_each_is_found_whole(bird):
    (found,) = Detector(KINDS).find(bird.words)
    assert found.kind == bird.kind
    assert bird.value in bird.words[found.start : found.end]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("bird", CANARIES, ids=lambda bird: bird.kind)
def test_a_second_redaction_changes_nothing(bird, mode):
    policy = Policy(dict.fromkeys(KINDS, mode))
    redactor = policy.redactor(Tokens(lambda: b"secret", MemoryBook()))
    once = redactor.text(bird.words)
    assert bird.value not in once
    assert redactor.text(once) == once
