"""The detector on the labelled corpus: what has to be found is, and nothing else."""

import pytest

from lunaroute.pii import KINDS
from tests.pii import corpus
from tests.pii.marked import ALL

POSITIVES = [*corpus.personal(), *corpus.secrets(), *corpus.secrets(seed=11)]


def _covered(example) -> set[int]:
    return {at for f in ALL.find(example.text) for at in range(f.start, f.end)}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_is_found_whole(kind):
    examples = [example for example in POSITIVES if example.kind == kind]
    assert examples
    missed = [
        example.text[start:end]
        for example in examples
        for start, end in example.spans
        if not _covered(example).issuperset(range(start, end))
    ]
    assert len(missed) <= 0.01 * len(examples), missed


def test_nothing_else_is_found():
    wrong = [
        example.text[f.start : f.end]
        for example in POSITIVES
        for f in ALL.find(example.text)
        if not any(f.start < end and start < f.end for start, end in example.spans)
    ]
    assert wrong == []


def test_kinds_are_told_apart():
    confused = [
        (example.kind, f.kind, example.text)
        for example in POSITIVES
        for f in ALL.find(example.text)
        if f.kind != example.kind
    ]
    assert len(confused) <= 0.02 * len(POSITIVES), confused


@pytest.mark.parametrize("kind", sorted({e.kind for e in corpus.negatives()}))
def test_what_only_looks_like_a_value_is_left_alone(kind):
    found = [
        (example.text, f.kind)
        for example in corpus.negatives()
        if example.kind == kind
        for f in ALL.find(example.text)
    ]
    assert found == []


def test_the_corpus_is_the_same_every_time():
    assert corpus.secrets(3) == corpus.secrets(3)
    assert corpus.secrets(3) != corpus.secrets(4)
