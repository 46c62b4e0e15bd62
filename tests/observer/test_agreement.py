"""The same traffic, asked of every part that counts: one answer, to the last token.

The traffic is the example of docs/stats.md, so that its figures are true, too.
"""

import json
import re
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from lunaroute.cli import stats as stats_command
from lunaroute.insight import summary
from lunaroute.model import Outcome
from lunaroute.observer._metrics import Metrics
from lunaroute.observer._options import Pool
from lunaroute.observer._web import application
from lunaroute.recording import Recorder
from lunaroute.store import open_store
from tests.recording.build import (
    anthropic_events,
    anthropic_message,
    anthropic_stream,
    exchange,
    question,
    socket,
    sse,
)
from tests.recording.test_turns import FIRST, SECOND, WARM
from tests.scrape import samples

PAGE = (Path(__file__).parents[2] / "docs" / "stats.md").read_text()
SONNET = "claude-sonnet-4-5"
TOKENS = (
    *("input_tokens", "cache_read_tokens", "cache_creation_tokens", "output_tokens"),
    *(
        "thinking_tokens",
        "reasoning_tokens",
        "audio_input_tokens",
        "audio_output_tokens",
    ),
)


def claude(number, body, content, **usage):
    reply = {"type": "message", "model": SONNET, "content": content, "usage": usage}
    return anthropic_message(
        number, session="example", body=body, answer=[json.dumps(reply).encode()]
    )


def chat(number, model, **usage):
    message = {"role": "assistant", "content": "Yes."}
    reply = {"model": model, "choices": [{"message": message}], "usage": usage}
    return exchange(
        number,
        path="/v1/chat/completions",
        dialect="openai",
        session="example",
        body={"model": model, "messages": [{"role": "user", "content": "Is it?"}]},
        answer=[json.dumps(reply).encode()],
    )


def traffic():
    asked = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls"}}
    failed = {
        "type": "tool_result",
        "tool_use_id": "t1",
        "is_error": True,
        "content": "no",
    }
    history = [
        {"role": "user", "content": "List it."},
        {"role": "assistant", "content": [asked]},
        {"role": "user", "content": [failed]},
    ]
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}}
    return [
        claude(1, question("List it."), [asked], input_tokens=1_000,
               cache_creation_input_tokens=2_000, output_tokens=500),
        claude(2, {"model": SONNET, "messages": history}, [], input_tokens=100,
               cache_read_input_tokens=2_000, cache_creation_input_tokens=300,
               output_tokens=200),
        anthropic_message(3, session="example", status=529, body=question("Again."),
                          answer=[json.dumps(error).encode()]),
        chat(4, "gpt-5", prompt_tokens=60, completion_tokens=25,
             prompt_tokens_details={"cached_tokens": 40},
             completion_tokens_details={"reasoning_tokens": 16}),
        chat(5, "house-model", prompt_tokens=400, completion_tokens=50),
        exchange(6, path="/v1/models", method="GET", session="example", answer=[b"{}"]),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    metrics = Metrics({"anthropic": Pool("anthropic", {})})
    with open_store(home / "sessions.db", writer=True) as store:
        recorder = Recorder(home / "sessions", store, today=lambda: date(2025, 10, 9))
        # Twice: what is told again is counted once.
        for _ in range(2):
            batch = recorder.record(traffic())
            metrics.tell(batch.news, now=0, seconds=0.1)
    (home / "metrics").write_bytes(metrics.exposition())
    return home


@pytest.fixture(scope="module")
def total(home):
    """What `lunaroute stats --json` says in all."""
    return json.loads(stats(home, "--json"))["total"]


def stats(home, *words):
    words = ["--db", str(home / "sessions.db"), *words]
    return (
        CliRunner().invoke(stats_command.command, words, catch_exceptions=False).stdout
    )


def rows(home, query):
    with closing(sqlite3.connect(home / "sessions.db")) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(query)]


def test_the_figures_by_hand(total):
    assert {name: total[name] for name in TOKENS} == {
        "input_tokens": 1_000 + 100 + 20 + 400,
        "cache_read_tokens": 2_000 + 40,
        "cache_creation_tokens": 2_000 + 300,
        "output_tokens": 500 + 200 + 9 + 50,
        "thinking_tokens": 0,
        "reasoning_tokens": 16,
        "audio_input_tokens": 0,
        "audio_output_tokens": 0,
    }
    assert total["total_tokens"] == 3_500 + 2_600 + 85 + 450
    assert (total["requests"], total["turns"], total["failures"]) == (5, 5, 1)
    sonnet = 1_000 * 3 + 2_000 * 3.75 + 500 * 15 + 100 * 3 + 2_000 * 0.3 + 300 * 3.75
    gpt = 20 * 1.25 + 40 * 0.125 + 25 * 10
    assert total["cost_usd"] == pytest.approx((sonnet + 200 * 15 + gpt) / 1_000_000)
    assert total["unpriced_count"] == 1


def test_the_example_of_the_page_is_what_is_printed(home):
    shown = re.search(r"```text\n(.*?)```", PAGE, re.DOTALL)[1]
    # The first line has days of the local clock.
    assert shown.splitlines()[1:] == stats(home).splitlines()[1:]
    assert "0.018 + 0.005025 + 0.00028 = 0.023305" in PAGE


def test_the_api(home, total):
    with TestClient(application(bytes, home / "sessions.db"), backend="trio") as client:
        assert client.get("/stats").json()["total"] == total


def test_the_summary(home, total):
    with open_store(home / "sessions.db", writer=False) as store:
        text = summary(store, 0, 100)
    whole = text.split("\n1 session\n")[1]
    # One session alone: its block is that of all.
    assert text.split("Session: example\n")[1].startswith(whole.rstrip())
    assert stats(home).split("\n", 1)[1].startswith(whole)
    numbers = re.findall(r"^  (\w+(?: tokens)?): +([\d,]+)", whole, re.MULTILINE)
    found = {name: int(number.replace(",", "")) for name, number in numbers}
    assert found["Total tokens"] == total["total_tokens"]
    assert found["Input tokens"] == total["input_tokens"]
    assert found["Output tokens"] == total["output_tokens"]
    assert found["Thinking tokens"] == total["reasoning_tokens"]


@pytest.mark.parametrize("view", ["sessions", "session_stats"])
def test_the_views(home, total, view):
    sums = ", ".join(f"sum({name}) AS {name}" for name in TOKENS)
    (found,) = rows(home, f"SELECT {sums} FROM {view}")
    assert found == {name: total[name] for name in TOKENS}


def test_what_a_session_cost(home, total):
    (found,) = rows(home, "SELECT cost_usd, unpriced_count, total_tokens FROM sessions")
    assert found["cost_usd"] == pytest.approx(total["cost_usd"], abs=1e-12)
    assert found["unpriced_count"] == total["unpriced_count"]
    assert found["total_tokens"] == total["total_tokens"]


def test_the_recipes_of_the_page(home, total):
    models, tools = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    found = rows(home, models)
    groups = json.loads(stats(home, "--json", "--by", "model"))["groups"]
    assert len(found) == len(groups) == 4
    for group in groups:
        (row,) = [row for row in found if row["model"] == group["key"]]
        same = [name for name in row if name in total]
        assert len(same) == 9
        assert {name: row[name] for name in same} == {
            name: group["figures"][name] for name in same
        }
    (tool,) = json.loads(stats(home, "--json"))["tools"]
    (row,) = rows(home, tools)
    assert (row["tool_name"], row["calls"], row["errors"]) == (
        tool["tool"], tool["calls"], tool["errors"],
    )  # fmt: skip
    assert row["mean_ms"] == pytest.approx(tool["time"]["mean_ms"], abs=1)


def test_the_session_files(home, total):
    events = [
        json.loads(line)
        for path in (home / "sessions").rglob("*.jsonl")
        for line in path.read_text().splitlines()
    ]
    done = [event for event in events if event["type"] == "completed"]
    assert (
        sum(each["final_stats"]["tokens"]["total"] for each in done)
        == (total["total_tokens"])
    )
    costs = [each["estimated_cost"] for each in done if each["estimated_cost"]]
    assert sum(cost["total_cost_usd"] for cost in costs) == pytest.approx(
        total["cost_usd"], abs=1e-12
    )


def test_the_metrics(home, total):
    found = samples((home / "metrics").read_text())

    def of(name, label=""):
        return sum(
            value for key, value in found.items()
            if key.startswith(f"{name}{{") and label in key
        )  # fmt: skip

    assert of("lunaroute_tokens_total") == total["total_tokens"]
    kinds = {
        "type=input,": total["input_tokens"],
        "type=cache_read,": total["cache_read_tokens"],
        "type=cache_write_": total["cache_creation_tokens"],
        "type=output,": total["output_tokens"],
        "type=reasoning,": total["reasoning_tokens"],
    }
    assert {kind: of("lunaroute_tokens_total", kind) for kind in kinds} == kinds
    assert of("lunaroute_cost_usd_total") == pytest.approx(total["cost_usd"], abs=1e-12)
    assert of("lunaroute_cost_unknown_exchanges_total") == total["unpriced_count"]
    assert of("lunaroute_tool_calls_total") == total["tool_calls"] == 1
    assert of("lunaroute_tool_result_failures_total") == total["tool_errors"] == 1
    (tool,) = json.loads(stats(home, "--json"))["tools"]
    seconds = found["lunaroute_tool_duration_seconds_sum{tool=Bash}"]
    assert 1_000 * seconds == pytest.approx(tool["time"]["total_ms"])
    assert of("lunaroute_requests_failure_total") == total["failures"]
    # Lists of models are exchanges and no part of a conversation.
    assert of("lunaroute_requests_total") == total["requests"] + 1


def wider_traffic():
    """A WebSocket with a warm-up and turns, streams whole and cut, what is no turn."""
    usage = {"prompt_tokens": 8, "total_tokens": 8}
    embedded = {"model": "text-embedding-3-small", "data": [], "usage": usage}
    counted = {"input_tokens": 4_321}
    return [
        socket(*WARM, *FIRST, *SECOND, number=1),
        anthropic_stream(2),
        anthropic_stream(3, answer=sse(*anthropic_events()[:4]),
                         outcome=Outcome.CLIENT_LEFT),
        exchange(4, path="/v1/embeddings", dialect="openai", session=None,
                 body={"model": "text-embedding-3-small", "input": "a"},
                 answer=[json.dumps(embedded).encode()]),
        exchange(5, path="/v1/messages/count_tokens", body=question(),
                 answer=[json.dumps(counted).encode()]),
        exchange(6, path="/v1/unheard", body={}, answer=[b'{"usage":{"total_tokens":9}}']),
    ]  # fmt: skip


def test_wider_traffic(tmp_path):
    metrics = Metrics({})
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        batch = Recorder(tmp_path / "sessions", store).record(wider_traffic())
        metrics.tell(batch.news, now=0, seconds=0.1)
    found = json.loads(stats(tmp_path, "--json"))["total"]
    assert found["requests"] == 8  # the WebSocket, its warm-up and two turns, four more
    assert found["turns"] == 4
    assert found["total_tokens"] > 0
    sums = ", ".join(f"sum({name}) AS {name}" for name in TOKENS)
    for view in ("sessions", "session_stats"):
        (row,) = rows(tmp_path, f"SELECT {sums} FROM {view}")
        assert row == {name: found[name] for name in TOKENS}
    told = samples(metrics.exposition().decode())
    named = [value for key, value in told.items() if "lunaroute_tokens_total{" in key]
    assert sum(named) == found["total_tokens"]
    done = [
        json.loads(line)["final_stats"]["tokens"]["total"]
        for path in (tmp_path / "sessions").rglob("*.jsonl")
        for line in path.read_text().splitlines()
        if '"final_stats"' in line
    ]
    assert sum(done) == found["total_tokens"]
    by_model = json.loads(stats(tmp_path, "--json", "--by", "model"))["groups"]
    assert (
        sum(each["figures"]["total_tokens"] for each in by_model)
        == (found["total_tokens"])
    )
