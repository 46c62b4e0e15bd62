"""What is remembered without SQLite: numbers, the newest, and never an error."""

from lunaroute.insight import statistics
from lunaroute.observer import _memory
from lunaroute.observer._memory import Memory
from lunaroute.recording import Recorder
from lunaroute.store import StatsFilter, open_store
from tests.observer.test_agreement import traffic
from tests.recording.build import SESSION, anthropic_message


def test_the_figures_are_those_of_a_database(tmp_path):
    memory = Memory()
    memory.remember(Recorder(tmp_path / "sessions", None).record(traffic()).news)
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        Recorder(None, store).record(traffic())
        expected = statistics(store, StatsFilter())
    found = statistics(memory.store, StatsFilter())
    assert found == expected
    assert found.total.requests == 5
    assert found.tools[0].errors == 1


def test_no_words_are_kept(tmp_path):
    memory = Memory()
    memory.remember(Recorder(tmp_path / "sessions", None).record(traffic()).news)
    assert memory.store.texts("example") == ()
    assert {call.arguments for call in memory.store.tool_calls("example")} == {""}
    assert {row.request_headers for row in memory.store.exchanges("example")} == {None}


def test_the_oldest_are_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr(_memory, "MAX_EXCHANGES", 10)
    memory = Memory()
    recorder = Recorder(tmp_path / "sessions", None)
    for number in range(1, 13):
        memory.remember(recorder.record([anthropic_message(number)]).news)
    assert memory.forgotten == 2
    rows = memory.store.exchanges(SESSION)
    assert [row.id for row in rows] == [f"boot-0-{n}" for n in range(3, 13)]


def test_trouble_is_a_warning(tmp_path, caplog):
    memory = Memory()
    memory.store.close()
    memory.remember(Recorder(tmp_path / "sessions", None).record(traffic()).news)
    assert "the summary will lack exchanges" in caplog.text
