"""The cost in the row, in the events and in the view over them."""

import json

import orjson
import pytest

from lunaroute.recording import Recorder
from lunaroute.recording._record import make_records
from lunaroute.store import open_store
from tests.recording.build import exchange, question


def answered(number, model, **usage):
    reply = {
        "type": "message",
        "model": model,
        "content": [{"type": "text", "text": "yes"}],
        "usage": {"input_tokens": 1_000, "output_tokens": 500, **usage},
    }
    return exchange(number, body=question("why?"), answer=[json.dumps(reply).encode()])


def completed(raw):
    (record,) = make_records(raw, b"k")
    return orjson.loads(record.lines.splitlines()[-1]), record.rows.exchange


def test_both_forms_have_the_same_cost():
    event, row = completed(
        answered(1, "claude-sonnet-4-5", cache_read_input_tokens=10_000)
    )
    assert row.cost_usd == pytest.approx((1_000 * 3 + 10_000 * 0.30 + 500 * 15) / 1e6)
    parts = (
        row.cost_input_usd,
        row.cost_cache_read_usd,
        row.cost_cache_write_usd,
        row.cost_output_usd,
    )
    assert sum(parts) == pytest.approx(row.cost_usd)
    told = event["estimated_cost"]
    assert told["total_cost_usd"] == row.cost_usd
    assert told["input_cost_usd"] == pytest.approx(0.006)
    assert told["cost_per_1k_tokens"] == pytest.approx(1_000 * row.cost_usd / 11_500)
    assert json.loads(row.price_entry)["model"] == "claude-sonnet-4-5"


def test_an_unknown_model_is_null_and_not_zero():
    event, row = completed(answered(1, "somebodys-own-model"))
    assert event["estimated_cost"] is None
    assert (row.cost_usd, row.price_entry) == (None, None)


def test_the_view_sums_and_says_what_it_does_not_know(tmp_path):
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        Recorder(None, store).record(
            [
                answered(1, "claude-sonnet-4-5"),
                answered(2, "claude-sonnet-4-5"),
                answered(3, "somebodys-own-model"),
            ]
        )
        (session,) = store.list_sessions(5)
    assert session.cost_usd == pytest.approx(2 * 0.0105)
    assert session.unpriced_count == 1
