"""JSONL events: our own come back as they were recorded, earlier ones by request."""

import zstandard

from lunaroute.recording import Recorder
from lunaroute.store import open_store
from tests.importing.kit import FIXTURES, bring_in, found, tokens
from tests.recording.build import anthropic_stream

FILE = FIXTURES / "events.jsonl"


def test_events_of_earlier_releases_become_exchanges(store):
    assert bring_in(store, FILE).exchanges == 2
    first, second = store.exchanges("bakery-morning")
    assert tokens(first) == (30, 0, None, 12, 0)
    assert (first.outcome, second.outcome) == ("answered", "client_left")
    assert (first.started_at, first.ended_us) == (1_767_600_001_250_000, 2_000_000)
    assert (first.listener, first.stop_reason) == ("import:events", "tool_use")
    (call,) = store.tool_calls("bakery-morning")
    assert (call.name, call.result_exchange_id) == ("Grep", second.id)
    assert found(store, "pistachio") == ["tool_output"]


def recorded(directory):
    with open_store(directory / "sessions.db", writer=True) as origin:
        Recorder(directory / "sessions", origin).record([anthropic_stream(1)])
        session = origin.list_sessions(1)[0].session_id
        (path,) = (directory / "sessions").rglob("*.jsonl")
        rows = origin.exchanges(session)
        return path, session, rows, {text.text for text in origin.texts(session)}


def test_our_own_events_come_back(store, tmp_path):
    path, session, (row,), texts = recorded(tmp_path / "origin")
    packed = tmp_path / "old.jsonl.zst"
    packed.write_bytes(zstandard.compress(path.read_bytes()))
    assert bring_in(store, packed).exchanges == 1
    (again,) = store.exchanges(session)
    assert (again.id, again.model_used, again.outcome) == (
        row.id,
        row.model_used,
        row.outcome,
    )
    assert (again.input_uncached, again.output) == (row.input_uncached, row.output)
    assert again.listener == "import:lunaroute"
    told = {text.text for text in store.texts(session)}
    assert told
    assert told <= texts
    assert bring_in(store, path).exchanges == 0


def test_what_is_in_the_database_already_is_known_by_its_id(tmp_path):
    path, *_ = recorded(tmp_path / "origin")
    with open_store(tmp_path / "origin" / "sessions.db", writer=True) as origin:
        report = bring_in(origin, path)
    assert (report.exchanges, report.known) == (0, 1)
