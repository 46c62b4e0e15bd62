"""Looks and what calls for them."""

from lunaroute.pii import KINDS
from lunaroute.pii._context import Context
from lunaroute.pii._recogniser import RECOGNISERS, context_literals


def test_what_is_looked_for_is_a_kind():
    named = {kind for recogniser in RECOGNISERS for kind in recogniser.kinds}
    assert named <= set(KINDS)


def test_every_look_is_called_for_by_something():
    assert all(r.literals or r.shapes or r.words for r in RECOGNISERS)


def test_a_word_of_two_contexts_is_one_literal():
    literals = context_literals(Context.SSN | Context.ITIN)
    texts = [literal.text for literal in literals]
    assert len(set(texts)) == len(texts)
    both = literals[texts.index(b"taxpayer")]
    assert both.mask == Context.SSN | Context.ITIN
