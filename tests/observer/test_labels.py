"""Labels: bounded, well formed, and a model under the name that answers."""

import pytest

from lunaroute.observer import _labels
from lunaroute.observer._labels import Models, Words


def test_a_model_is_named_by_the_provider():
    models = Models()
    assert models.label(None, "opus") == "unknown"
    assert models.label("claude-opus-4-1", "opus") == "claude-opus-4-1"
    assert models.label(None, "opus") == "claude-opus-4-1"
    assert models.label(None, None) == "none"
    assert models.label("claude-opus-5", "opus") == "claude-opus-5"
    assert models.label(None, "opus") == "claude-opus-5"


def test_what_clients_ask_for_takes_no_room(monkeypatch):
    monkeypatch.setattr(_labels, "MAX_MODELS", 2)
    models = Models()
    for number in range(100):
        assert models.label(None, f"invented-{number}") == "unknown"
    assert models.label("a", "x") == "a"
    assert models.label("b", "y") == "b"
    assert models.label("c", "z") == "other"
    assert models.label(None, "z") == "other"
    assert models.label("b", "y") == "b"


@pytest.mark.parametrize(
    ("word", "label"),
    [
        ("claude-opus-4-1[1m]", "claude-opus-4-1[1m]"),
        ("us.anthropic.claude-v1:0", "us.anthropic.claude-v1:0"),
        ("mcp__server__tool", "mcp__server__tool"),
        ("ft:gpt-5:org::x", "ft:gpt-5:org::x"),
        ("", "other"),
        ("a b", "other"),
        ('a"}', "other"),
        ("a\n", "other"),
        ("é", "other"),
        ("x" * 100, "x" * 100),
        ("x" * 101, "other"),
        ("_hidden", "other"),
    ],
)
def test_words(word, label):
    assert Words(5).label(word) == label
