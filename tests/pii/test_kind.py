"""The kinds are named once, and each can be found by something."""

from pathlib import Path

from lunaroute.pii import KINDS, PERSONAL, SECRETS


def test_names_and_labels():
    assert KINDS["email"].label == "EMAIL"
    assert all(kind.name == name and kind.what for name, kind in KINDS.items())
    assert len({kind.label for kind in KINDS.values()}) == len(KINDS)


def test_every_kind_is_personal_or_a_secret():
    assert set(KINDS) == SECRETS | PERSONAL
    assert not SECRETS & PERSONAL
    assert "github_token" in SECRETS
    assert "email" in PERSONAL


def test_every_kind_stands_in_the_documents():
    page = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text("utf-8")
    rows = {
        f"| `{kind.name}` | {kind.what} | {kind.check} | {kind.context} | `{kind.example}` |"
        for kind in KINDS.values()
    }
    assert rows <= set(page.splitlines())
