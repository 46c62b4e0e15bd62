"""Recorded text is hostile."""

import json

from hypothesis import given
from hypothesis import strategies as st

from lunaroute.cli._text import console, cut, json_text, local_time, neutral, one_line
from tests.cli.record import HOSTILE, is_harmless


@given(st.text())
def test_nothing_unsafe_remains(text):
    assert is_harmless(neutral(text))
    assert is_harmless(one_line(text))
    assert "\n" not in one_line(text)
    assert len(cut(text, 10)) <= 10


def test_neutral_keeps_lines_and_shows_marks():
    assert neutral("a\r\nb\tc\x1b[1m") == "a\nb\tc\N{REPLACEMENT CHARACTER}[1m"
    assert one_line("a\r\n\x00b") == "a b"
    assert cut("  a long line  ", 6) == "a lon…"


def test_json_is_safe_and_the_same():
    text = json_text({"a": HOSTILE})
    assert is_harmless(text)
    assert json.loads(text) == {"a": HOSTILE}


def test_times_are_local(monkeypatch):
    import time

    monkeypatch.setenv("TZ", "UTC-2")
    time.tzset()
    assert local_time(1_760_000_000_000_000) == "2025-10-09 10:53:20"
    monkeypatch.undo()
    time.tzset()


def test_no_markup(capsys):
    console().print("[bold]x[/bold] :smile: 12345")
    assert capsys.readouterr().out == "[bold]x[/bold] :smile: 12345\n"
