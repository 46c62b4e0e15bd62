"""How commands print."""

from lunaroute.cli._text import console, local_time


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
