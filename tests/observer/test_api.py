"""The API over a store: filters, pages, details, refusals, and no 500 for any input."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from lunaroute.observer._api import _places
from lunaroute.observer._metrics import Metrics
from lunaroute.observer._openapi import BYTES
from lunaroute.observer._parameters import SEARCH, SESSIONS, STATS
from lunaroute.observer._web import application
from lunaroute.pii import Mark
from lunaroute.recording import Recorder
from lunaroute.store import ToolCallRow, ToolResultRow, open_store
from tests.pii.finder import EMAIL, redactor
from tests.recording.build import (
    SESSION,
    anthropic_events,
    anthropic_message,
    anthropic_stream,
    question,
    sse,
)
from tests.store.kit import database, prepared, text, text_hash, write

BODY = b'{"model": "claude-x", "messages": []}'


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    path = database(tmp_path_factory.mktemp("api"))
    result = text("tool_output", "user", "done")
    with open_store(path, writer=True) as store:
        write(
            store,
            prepared(1, "a", texts=(text("prompt", "user", "mend the roof"),),
                     calls=(ToolCallRow(0, "c1", "Edit", "{}"),),
                     model_used="claude-sonnet-4-20250514", output=5, cost_usd=0.5,
                     metadata='{"k": "v"}', project="/p"),
            prepared(2, "a", texts=(result,), output=7,
                     results=(ToolResultRow("c1", text_hash("tool_output", "user", "done"), 4, True),)),
            prepared(3, "b", provider="openai", model_requested="gpt-5", streaming=True,
                     outcome="client_left", output=100, ended_us=9_000_000),
            prepared(4, "c", agent="a1", input_uncached=3),
            prepared(5, "none", endpoint="models"),
        )  # fmt: skip
    with TestClient(
        application(Metrics({}).exposition, path), backend="trio"
    ) as client:
        yield client


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A session with its files."""
    place = tmp_path_factory.mktemp("recorded")
    with open_store(place / "sessions.db", writer=True) as store:
        Recorder(place / "sessions", store).record(
            [anthropic_stream(1), anthropic_message(2, request_pieces=[BODY])]
        )
    app = application(Metrics({}).exposition, place / "sessions.db")
    with TestClient(app, backend="trio") as client:
        yield client


def ids(client, query=""):
    answer = client.get(f"/sessions{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-total-count"] == str(len(answer.json()))
    return [row["session_id"] for row in answer.json()]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "cba"),
        ("?text_search=roof", "a"),
        ("?text_search=-agent:*+roof", "a"),
        ("?text_search=status:ok", "a"),
        ("?text_search=absent", ""),
        ("?text_search=!!", ""),
        ("?model=claude-sonnet-4", "a"),
        ("?model=claude-sonnet-4-20250514", "a"),
        ("?model=claude-sonnet", "a"),
        ("?model=claude-son", ""),
        ("?model=gpt-5", "b"),
        ("?provider=openai", "b"),
        ("?days=1", ""),
        ("?since=2025-01-01", "cba"),
        ("?since=2025-01-01&until=2025-02-01", ""),
        ("?min_total_tokens=12", "ba"),
        ("?max_total_tokens=12", "ca"),
        ("?min_input_tokens=1", "c"),
        ("?max_output_tokens=11", "c"),
        ("?min_duration=9000", "b"),
        ("?max_duration=500", "c"),
        ("?success=false", "b"),
        ("?success=true", "ca"),
        ("?streaming=true", "b"),
        ("?agent=a", "c"),
        ("?project=/p", "a"),
        ("?tool=Edit", "a"),
        ("?sort=oldest", "abc"),
        ("?sort=tokens", "bac"),
        ("?sort=duration", "bac"),
        ("?sort=cost", "acb"),
    ],
)
def test_what_is_found(client, query, expected):
    assert ids(client, query) == list(expected)


def test_a_row(client):
    row = client.get("/sessions?project=/p").json()[0]
    assert row["metadata"] == {"k": "v", "project": "/p"}
    assert (row["total_tokens"], row["request_count"], row["success"]) == (12, 2, True)
    assert client.get("/sessions/b").json()["metadata"] == {}


@pytest.mark.parametrize("sort", ["newest", "oldest", "tokens", "duration", "cost"])
def test_pages_follow_each_other(client, sort):
    seen, url = [], f"/sessions?limit=1&sort={sort}"
    while url:
        answer = client.get(url)
        assert answer.headers["x-total-count"] == "3"
        seen += [row["session_id"] for row in answer.json()]
        link = answer.links.get("next")
        url = link and "/sessions" + link["url"]
    assert seen == ids(client, f"?sort={sort}")


def test_one_session(client):
    found = client.get("/sessions/a").json()
    assert [turn["output_tokens"] for turn in found["turns"]] == [5, 7]
    assert found["turns"][0]["started_at"] == "2025-10-09T08:53:21.000Z"
    timeline = client.get("/sessions/a/timeline").json()
    kinds = [(event["type"], event["duration_ms"]) for event in timeline]
    assert kinds == [("request", 500), ("tool_call", 500), ("request", 500)]
    (use,) = client.get("/sessions/a/tools").json()
    assert use == {"tool": "Edit", "mcp_server": None, "mcp_tool": None,
                   "calls": 1, "results": 1, "errors": 1, "unknown": 0,
                   "result_ms_mean": 500, "result_ms_median": 500}  # fmt: skip
    assert client.get("/sessions/c/tools").json() == []


def test_search(client):
    (hit,) = client.get("/search?q=roof&sort=time").json()
    assert (hit["session_id"], hit["matches"]) == ("a", ["roof"])


def test_stats(client):
    found = client.get("/stats?by=model&session=a").json()
    assert found["total"]["output_tokens"] == 12
    assert found["total"]["cost_usd"] == 0.5
    assert [group["key"] for group in found["groups"]] == [
        None,
        "claude-sonnet-4-20250514",
    ]
    assert found["tools"][0]["tool"] == "Edit"
    assert client.get("/stats?days=1").json()["total"]["requests"] == 0


@pytest.mark.parametrize(
    ("url", "status", "words"),
    [
        ("/sessions/x", 404, "no session 'x'"),
        ("/sessions/x/timeline", 404, "no session"),
        ("/sessions/x/tools", 404, "no session"),
        ("/sessions/", 404, "nothing at"),
        ("/sessions?colour=1", 400, "colour: is no parameter here; known: text_search"),
        ("/sessions/a?colour=1", 400, "colour"),
        (
            "/sessions?limit=0",
            400,
            "limit: '0': it takes a whole number from 1 to 1000",
        ),
        ("/sessions?success=1", 400, "success: '1': it takes true or false"),
        ("/sessions?sort=x", 400, "sort: 'x': it is one of newest"),
        ("/sessions?since=x", 400, "since: 'x': it takes a day"),
        ("/sessions?model=", 400, "model: is empty"),
        ("/sessions?limit=1&limit=2", 400, "limit: is given twice"),
        ("/sessions?text_search=status:x", 400, "text_search: status:x"),
        ("/sessions?cursor=x", 400, "cursor: is none of this sort"),
        ("/search", 400, "q: is missing"),
        ("/stats?by=colour", 400, "by: 'colour': it is one of day, model, tool"),
        ("/stats?days=0", 400, "days: '0': it takes a whole number from 1 to 36500"),
    ],
)
def test_refusals_say_what_would_be_right(client, url, status, words):
    answer = client.get(url)
    assert answer.status_code == status
    assert words in answer.json()["error"]["message"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"] == "default-src 'none'"


def test_another_method(client):
    answer = client.post("/sessions")
    assert answer.status_code == 405
    assert "GET" in answer.json()["error"]["message"]


VALUES = st.text() | st.integers().map(str) | st.sampled_from(["true", "1d", "newest"])


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(
        ["/sessions", "/search", "/stats", "/sessions/a", "/sessions/a/tools"]
    ),
    st.lists(
        st.tuples(
            st.sampled_from([p.name for p in SESSIONS + SEARCH + STATS]) | st.text(),
            VALUES,
        ),
        max_size=3,
    ),
)
def test_no_input_is_an_error_of_ours(client, path, pairs):
    params = [(a.encode("utf-8", "replace"), b.encode("utf-8", "replace")) for a, b in pairs]  # fmt: skip
    answer = client.get(path, params=[(a.decode(), b.decode()) for a, b in params])
    assert answer.status_code in (200, 400)
    json.loads(answer.text)


def test_nothing_recorded_and_switched_off(tmp_path):
    with TestClient(
        application(Metrics({}).exposition, tmp_path / "no.db"), backend="trio"
    ) as none:
        assert none.get("/sessions").json() == []
        assert none.get("/search?q=a").json() == []
        assert none.get("/stats").json()["total"]["requests"] == 0
        assert none.get("/sessions/a").status_code == 404
    with TestClient(application(Metrics({}).exposition, None), backend="trio") as off:
        answer = off.get("/sessions")
        assert answer.status_code == 503
        assert "sqlite.enabled" in answer.json()["error"]["message"]


def test_a_session_as_a_file_and_its_bodies(recorded):
    text = recorded.get(f"/sessions/{SESSION}/export")
    assert text.headers["content-type"] == "application/x-ndjson"
    assert len(text.content) == int(text.headers["content-length"])
    kinds = [json.loads(line)["type"] for line in text.text.splitlines()]
    assert kinds.count("completed") == 2
    page = recorded.get(f"/sessions/{SESSION}/export?format=html")
    assert page.headers["content-security-policy"] == "default-src 'none'"
    saved = f'attachment; filename="session_{SESSION}.html"'
    assert page.headers["content-disposition"] == saved
    assert page.text.startswith("<!doctype html>")
    raw = recorded.get(f"/sessions/{SESSION}/raw/boot-0-2")
    assert (raw.content, raw.headers["content-type"]) == (BODY, BYTES)
    answer = recorded.get(f"/sessions/{SESSION}/raw/boot-0-2?part=answer").json()
    assert answer["id"] == "msg_2"
    stream = recorded.get(f"/sessions/{SESSION}/raw/boot-0-1?part=answer")
    assert stream.content == b"".join(sse(*anthropic_events()))


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        (f"/sessions/{SESSION[:5]}/export", 404, "there is no session"),
        (f"/sessions/{SESSION}/export?format=pdf", 400, "it is one of jsonl, json,"),
        (f"/sessions/{SESSION}/raw/boot-0-9", 404, "has no request 'boot-0-9'"),
        ("/sessions/other/raw/boot-0-2", 404, "session 'other' has no request"),
        (f"/sessions/{SESSION}/raw/boot-0-2?part=x", 400, "one of request, answer"),
    ],
)
def test_files_that_there_are_not(recorded, path, status, message):
    answer = recorded.get(path)
    assert answer.status_code == status
    assert message in answer.json()["error"]["message"]


def test_what_sqlite_alone_has(client):
    assert client.get("/sessions/a/export?format=json").json()["exchanges"]
    none = client.get("/sessions/a/export?format=jsonl")
    assert none.status_code == 404
    assert "are not kept" in none.json()["error"]["message"]


def test_a_body_says_where_it_was_redacted(tmp_path):
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        recorder = Recorder(tmp_path / "sessions", store, redactor=redactor())
        asked = question(f"to {EMAIL}")
        recorder.record([anthropic_message(1, body=asked), anthropic_message(2)])
    app = application(bytes, tmp_path / "sessions.db")
    with TestClient(app, backend="trio") as client:
        raw = client.get(f"/sessions/{SESSION}/raw/boot-0-1")
        place, _, kind = raw.headers["x-lunaroute-redacted"].partition(" ")
        start, _, end = place.partition("-")
        assert raw.content[int(start) : int(end)] == b"[EMAIL]"
        assert kind == "email"
        whole = client.get(f"/sessions/{SESSION}/export?format=json").json()
        assert (
            "x-lunaroute-redacted"
            not in client.get(f"/sessions/{SESSION}/raw/boot-0-2").headers
        )
    one, two = whole["exchanges"]
    assert one["request_redacted"][0]["kind"] == "email"
    assert one["redacted"] == {"email": 1}
    assert (two["request_redacted"], two["redacted"]) == ([], None)
    many = _places([Mark(0, 1, "a, b\r\n")] * 501)
    assert many.startswith("0-1 a__b__, ")
    assert many.endswith(", 1 more")
