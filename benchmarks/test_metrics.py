"""A scrape when every metric has two hundred models, ours and prometheus-client's.

Run: python -m pytest benchmarks/test_metrics.py --benchmark-only
Aimed at: 20 ms. The recorder reads nothing else meanwhile.
"""

import pytest
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from lunaroute.observer._board import Board, Metric
from lunaroute.observer._catalogue import CATALOGUE

SETS = 200
WIDE = [metric for metric in CATALOGUE if {"model", "tool"} & set(metric.labels)]


def labels(metric: Metric, number: int) -> list[str]:
    return [
        f"{name}-{number}" if name in ("model", "tool") else name
        for name in metric.labels
    ]


def ours():
    board = Board(WIDE)

    def move() -> None:
        for metric in WIDE:
            for number in range(SETS):
                put = board.observe if metric.buckets else board.add
                put(metric, 1.5, *labels(metric, number))

    return move, board.text


def theirs():
    registry = CollectorRegistry()
    made = {}
    for each in WIDE:
        if each.buckets:
            metric = Histogram(
                each.name, each.help, each.labels, buckets=each.buckets, registry=None
            )
        else:
            kind = Counter if each.kind == "counter" else Gauge
            metric = kind(each.name, each.help, each.labels, registry=None)
        registry.register(metric)
        made[each] = metric

    def move() -> None:
        for each, metric in made.items():
            for number in range(SETS):
                child = metric.labels(*labels(each, number))
                (child.observe if each.buckets else child.inc)(1.5)

    return move, lambda: generate_latest(registry)


@pytest.mark.parametrize("make", [ours, theirs])
@pytest.mark.benchmark(group="a scrape of which everything has moved")
def test_scrape(benchmark, make):
    move, text = make()
    benchmark.pedantic(text, setup=move, rounds=10)
