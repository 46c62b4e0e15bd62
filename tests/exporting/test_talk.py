"""A conversation's pieces and its facts in a line."""

from lunaroute.exporting import copy_session
from lunaroute.exporting._talk import dollars, facts, pieces, summary
from tests.exporting.kit import EVIL
from tests.recording.build import SESSION


def test_pieces_in_order_and_each_once(store):
    copy = copy_session(store, SESSION)
    turns = list(copy.turns())
    kinds = [[piece.kind for piece in pieces(turn)] for turn in turns]
    assert kinds[0] == ["system", "prompt", "answer", "tool_input"]
    assert kinds[1] == []  # all of it was said before
    assert ("error", EVIL) in [(each.kind, each.text) for each in pieces(turns[2])]
    assert "problem" in kinds[2]
    assert facts(turns[0]).startswith("2025-10-09T08:53:21.000Z · claude-x-1 · 200 · ")
    assert dict(summary(copy.detail))["Turns"] == "4"


def test_an_unknown_cost_is_not_zero():
    assert dollars(None, 2) == "unknown"
    assert dollars(None, 0) == "none"
    assert dollars(0.25, 1) == "$0.2500 and 1 at an unknown price"
