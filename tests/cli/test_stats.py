"""``lunaroute stats``."""

import contextlib
import fcntl
import io
import json
import os
import re
import struct
import subprocess
import termios
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console
from starlette.testclient import TestClient

from lunaroute.cli.stats import command, show
from lunaroute.observer._metrics import Metrics
from lunaroute.observer._web import application
from lunaroute.store import StatsBy, StatsFilter, ToolCallRow, open_store
from tests.cli.record import HOSTILE, is_harmless, make_record
from tests.kit import BIN
from tests.store.kit import START, prepared, write

DAY_US = 86_400 * 1_000_000


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    path = tmp_path_factory.mktemp("record") / "sessions.db"
    calls = tuple(ToolCallRow(at, f"c{at}", "Bash", "{}") for at in range(2))
    moments = {"head_received_us": 1_000, "first_byte_up_us": 2_000}
    with open_store(path, writer=True) as store:
        write(
            store,
            prepared(1, "a", model_used="claude-sonnet-4-6", input_uncached=1_234_567,
                     cache_read=23_456_789, cache_write_1h=345_678, output=45_678,
                     cost_usd=12.25, calls=calls, **moments),
            prepared(2, "b", model_used="claude-sonnet-4-6", output=9, **moments,
                     started_at=START + 2 * DAY_US),
            prepared(3, "b", model_used="gpt-5", reasoning=4, outcome="timed_out",
                     started_at=START + 2 * DAY_US, project="/p"),
        )  # fmt: skip
    return str(path)


def run(*words):
    return CliRunner().invoke(command, [*words], catch_exceptions=False)


def drawn(db, width, by):
    """As a terminal of this width shows it."""
    out = Console(
        file=io.StringIO(), force_terminal=True, width=width, color_system=None
    )
    with open_store(Path(db), writer=False) as store:
        show(out, store, StatsFilter(), by)
    return out.file.getvalue().splitlines()


def test_all_of_it(db):
    result = run("--db", db)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "2 sessions, 2025-10-09 to 2025-10-11"
    assert "  Requests:        3 (1 failed)" in lines
    assert "  Estimated cost:  $12.2500 + 2 unknown" in lines
    assert lines[-1] == "tokens a day, 2025-10-09 to 2025-10-11: █ ▁"


def test_into_a_pipe_go_whole_numbers(db):
    head, first, *_, last = run("--db", db, "--by", "model").stdout.splitlines()
    assert head.split() == [
        "model", "requests", "failed", "input", "cache", "read", "written", "output",
        "thinking", "cost", "median", "95%",
    ]  # fmt: skip
    assert first.split() == [
        "claude-sonnet-4-6", "2", "0", "1,234,567", "23,456,789", "345,678", "45,687",
        "?", "$12.2500", "+", "1", "unknown", "499ms", "499ms",
    ]  # fmt: skip
    assert last.split()[:5] == ["all", "3", "1", "1,234,567", "23,456,789"]


@pytest.mark.parametrize("by", [by for by in StatsBy if by is not StatsBy.SESSION])
def test_eighty_columns_are_enough(db, by):
    lines = drawn(db, 80, by)
    assert len(lines) > 1
    assert max(map(len, lines)) <= 80
    assert not any("…" in line for line in lines[1:])
    if by is StatsBy.MODEL:
        assert lines[1].split() == [
            "claude-sonnet-4-6", "2", "0", "1.2M", "23M", "346k", "46k", "?",
            "$12.25+?", "499ms", "499ms",
        ]  # fmt: skip


def on_a_terminal(*words):
    """The real program's output on a terminal of 80 columns."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {
        k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR")
    }
    process = subprocess.Popen(
        [BIN / "lunaroute", *words],
        stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
        env={**environment, "TERM": "xterm"},
    )  # fmt: skip
    os.close(theirs)
    parts = []
    with contextlib.suppress(OSError):  # how Linux says that the other side is closed
        while part := os.read(ours, 65536):
            parts.append(part)
    os.close(ours)
    assert process.wait(60) == 0
    return b"".join(parts).decode()


def test_a_real_terminal(db):
    text = on_a_terminal("stats", "--db", db, "--by", "model")
    assert "\x1b[1m" in text  # the heading and the sum stand out
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()
    assert lines[0].split()[:3] == ["model", "req", "fail"]
    assert lines[1].split()[:5] == ["claude-sonnet-4-6", "2", "0", "1.2M", "23M"]
    assert max(map(len, lines)) <= 80


def test_a_wide_terminal_has_whole_numbers(db):
    assert "23,456,789" in drawn(db, 160, StatsBy.MODEL)[1]


@pytest.mark.parametrize(
    "by", ["day", "model", "tool", "agent", "project", "client", "session"]
)
def test_json_is_what_the_api_answers(db, by):
    printed = json.loads(run("--db", db, "--json", "--by", by, "--session", "b").stdout)
    with TestClient(
        application(Metrics({}).exposition, Path(db)), backend="trio"
    ) as client:
        assert client.get(f"/stats?by={by}&session=b").json() == printed
    assert printed["total"]["requests"] == 2
    assert printed["by"] == by


@pytest.mark.parametrize(
    ("words", "requests"),
    [
        ([], 3),
        (["--days", "1"], 0),
        (["--days", "36500"], 3),
        (["--session", "b", "--model", "gpt-5"], 1),
        (["--project", "/p"], 1),
        (["--agent", "a"], 0),
        (["--session", "\udcff"], 0),
    ],
)
def test_filters(db, words, requests):
    found = json.loads(run("--db", db, "--json", *words).stdout)
    assert found["total"]["requests"] == requests
    assert found["since"] is None or "--days" in words


def test_nothing_found(db):
    result = run("--db", db, "--session", "none")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "no requests\n")


def test_without_a_record(tmp_path):
    result = run("--db", str(tmp_path / "no.db"))
    assert result.exit_code == 2
    assert "nothing has been recorded yet" in result.stderr


@pytest.mark.parametrize("words", [[], ["--json"], ["--by", "model"], ["--by", "tool"]])
def test_hostile_names_are_harmless(tmp_path, words):
    path = make_record(tmp_path)
    with open_store(path, writer=True) as store:
        write(
            store,
            prepared(9, model_used=HOSTILE, output=1, project=HOSTILE,
                     calls=(ToolCallRow(0, "c", HOSTILE, "{}"),)),
        )  # fmt: skip
    result = run("--db", str(path), *words)
    assert result.exit_code == 0
    assert is_harmless(result.stdout)
