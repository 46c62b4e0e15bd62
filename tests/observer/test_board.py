"""The board's text is what prometheus-client would write, and read."""

import math
import random
import time

import pytest
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.parser import text_string_to_metric_families

from lunaroute.observer import _board
from lunaroute.observer._board import Board, Metric
from tests.scrape import samples

CALLS = Metric("calls_total", "counter", "Help with \\ and\nline.", ("tool", "model"))
LEVEL = Metric("level", "gauge", "A level.")
TOOK = Metric("took_seconds", "histogram", "Time.", ("model",), (0.01, 0.5, 1, 10))
PLAIN = Metric("plain_seconds", "histogram", "Time.", (), (1e-05, 2.5))
ALL = (CALLS, LEVEL, TOOK, PLAIN)
NASTY = 'quo"te\\back\nline'


def theirs():
    registry = CollectorRegistry()
    return (
        registry,
        Counter("calls", CALLS.help, CALLS.labels, registry=registry),
        Gauge("level", LEVEL.help, registry=registry),
        Histogram("took_seconds", "Time.", TOOK.labels, buckets=TOOK.buckets, registry=registry),
        Histogram("plain_seconds", "Time.", buckets=PLAIN.buckets, registry=registry),
    )  # fmt: skip


def told(text: str) -> dict[tuple, float]:
    """Whatever the order of labels; less the times of creation, which we leave out."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def test_the_same_as_prometheus_clients():
    board = Board(ALL)
    registry, calls, level, took, plain = theirs()
    chance = random.Random(1)
    for round_ in range(3):
        for _ in range(200):
            model = chance.choice(["a", "b", NASTY])
            number = chance.choice([0.01, 1.0, 0.3, 11.0, 1e-05, 0.0])
            board.add(CALLS, number, "Read", model)
            calls.labels("Read", model).inc(number)
            board.observe(TOOK, number, model)
            took.labels(model).observe(number)
            board.observe(PLAIN, number)
            plain.observe(number)
        board.put(LEVEL, -round_ / 3)
        level.set(-round_ / 3)
        text = board.text()
        assert told(text) == told(generate_latest(registry).decode())
        assert text == board.text()
    assert (
        "# HELP calls_total Help with \\\\ and\\nline.\n# TYPE calls_total counter\n"
        in text
    )
    assert 'calls_total{tool="Read",model="quo\\"te\\\\back\\nline"} ' in text


def test_a_metric_without_labels_is_there_from_the_start():
    text = Board(ALL).text()
    found = samples(text)
    assert (
        found["level"]
        == found["plain_seconds_count"]
        == found["plain_seconds_sum"]
        == 0
    )
    assert found["plain_seconds_bucket{le=+Inf}"] == 0
    assert "# TYPE took_seconds histogram" in text
    assert not any(name.startswith("took") for name in found)


def test_numbers_keep_every_digit():
    board = Board((LEVEL, CALLS))
    board.put(LEVEL, 12_345_678_901_234_567)
    board.add(CALLS, 0.1, "a", "b")
    board.add(CALLS, 0.2, "a", "b")
    assert "level 12345678901234567\n" in board.text()
    assert f'{{tool="a",model="b"}} {0.1 + 0.2!r}\n' in board.text()


def test_no_more_label_sets_than_there_may_be(monkeypatch):
    monkeypatch.setattr(_board, "MAX_LABEL_SETS", 3)
    board = Board((CALLS, TOOK))
    for number in range(10):
        board.add(CALLS, 1, "tool", str(number))
        board.observe(TOOK, 1, str(number))
    found = samples(board.text())
    assert found["calls_total{tool=other,model=other}"] == 7
    assert found["took_seconds_count{model=other}"] == 7
    assert sum("calls_total" in name for name in found) == 4
    board.add(CALLS, 1, "tool", "0")
    assert samples(board.text())["calls_total{tool=tool,model=0}"] == 2


def test_labels_must_be_the_metrics_own():
    with pytest.raises(ValueError, match="calls_total has the labels"):
        Board((CALLS,)).add(CALLS, 1, "one")


def test_far_less_work_than_prometheus_clients():
    """Both in this process and on the same values, so that a slow machine is slow for
    both; the figures stand in benchmarks/README.md.
    """
    board = Board(ALL)
    registry, _, _, took, _ = theirs()
    ours = other = math.inf
    for _ in range(5):
        for number in range(200):
            board.observe(TOOK, 0.3, str(number))
            took.labels(str(number)).observe(0.3)
        began = time.perf_counter()
        board.text()
        middle = time.perf_counter()
        generate_latest(registry)
        ended = time.perf_counter()
        ours, other = min(ours, middle - began), min(other, ended - middle)
    assert ours * 3 < other


def test_many_values_at_once_are_as_one_after_the_other():
    one, other = Board([TOOK]), Board([TOOK])
    for number in (0.1, 2.0, 0.1):
        one.observe(TOOK, number, "m")
    other.observe_all(TOOK, [0.1, 2.0, 0.1], "m")
    assert one.text() == other.text()
