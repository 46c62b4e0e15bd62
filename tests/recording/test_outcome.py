"""Outcomes, as a table."""

import dataclasses

import pytest

from lunaroute.model import AnswerFacts, Outcome
from lunaroute.recording._outcome import ending_of, outcome_of
from tests.recording.build import MS, anthropic_stream, exchange

WHOLE = AnswerFacts(complete=True)
PART = AnswerFacts()
ERROR = AnswerFacts(error_kind="overloaded_error", error_text="Overloaded")


@pytest.mark.parametrize(
    ("gateway", "status", "answer", "expected"),
    [
        ("answered", 200, WHOLE, "answered"),
        ("answered", 200, PART, "answered"),
        ("answered", 429, ERROR, "refused_by_provider"),
        ("answered", 500, PART, "refused_by_provider"),
        ("answered", 200, ERROR, "refused_by_provider"),
        ("client_left", 200, WHOLE, "answered"),
        ("client_left", 200, PART, "client_left"),
        ("client_left", 0, PART, "client_left"),
        ("upstream_cut", 200, PART, "upstream_cut"),
        ("timed_out", 504, PART, "timed_out"),
        ("interrupted", 200, PART, "interrupted"),
        ("refused_by_us", 400, PART, "refused_by_us"),
        ("refused_by_provider", 404, PART, "refused_by_provider"),
    ],
)
def test_table(gateway, status, answer, expected):
    ending = dataclasses.replace(exchange().ending, outcome=Outcome(gateway))
    assert outcome_of(ending, status, answer).value == expected


def test_an_exchange_without_an_end_was_interrupted_at_its_last_byte():
    raw = anthropic_stream()
    raw.ending = None
    ending = ending_of(raw)
    assert ending.outcome is Outcome.INTERRUPTED
    assert ending.times.ended == raw.answer.chunks[-1][0] == 1_110 * MS
    assert ending.answer_bytes == raw.answer.size
