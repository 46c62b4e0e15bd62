"""Drafts become facts."""

from lunaroute.dialects._draft import Draft
from lunaroute.model import AnswerFacts


def test_an_empty_draft_is_the_empty_answer():
    assert Draft().facts() == AnswerFacts()


def test_names_are_kept_when_a_later_object_is_silent():
    draft = Draft()
    draft.name({"id": "r", "model": "m"})
    draft.name({"id": None, "model": 7})
    assert (draft.response_id, draft.model) == ("r", "m")


def test_the_first_problem_is_told():
    draft = Draft()
    draft.trouble("one")
    draft.trouble("two")
    assert draft.facts().problem == "one"


def test_a_failure_has_kind_and_text():
    draft = Draft()
    draft.fail({"error": {"type": "t", "message": "m"}})
    assert (draft.facts().error_kind, draft.facts().error_text) == ("t", "m")
