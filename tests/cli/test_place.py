"""Where the record is looked for, and how errors look."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from lunaroute.cli._place import reading, recorded_at


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    for name in ("LUNAROUTE_HOME", "LUNAROUTE_SESSIONS_DB_PATH"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_the_order(environment):
    assert recorded_at(None) == Path("/home/somebody/.lunaroute/sessions.db")
    environment.setenv("LUNAROUTE_HOME", "~/luna")
    assert recorded_at(None) == Path("/home/somebody/luna/sessions.db")
    environment.setenv("LUNAROUTE_SESSIONS_DB_PATH", "~/else.db")
    assert recorded_at(None) == Path("/home/somebody/else.db")
    assert recorded_at("~/named.db") == Path("/home/somebody/named.db")


@pytest.mark.parametrize("db", ["/nowhere/x.db", "~nobody-at-all/x.db", "/dev/null/x"])
def test_an_error_is_one_sentence_and_exit_code_2(db):
    @click.command()
    def run():
        with reading(db):
            raise AssertionError

    result = CliRunner().invoke(run)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr
