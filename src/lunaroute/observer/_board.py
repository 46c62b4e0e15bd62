"""The metrics' values, and their text for a scrape.

prometheus-client's own classes need 190 ms for what two hundred models can fill: this
process reads the gateways' copies meanwhile. Here each line's name and labels are made
once and what did not change since the last scrape is not written again: 7 ms at most
(benchmarks/test_metrics.py). Tests compare the text with prometheus-client's.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

# The last resort: what makes labels bounds them by itself (_labels.py).
MAX_LABEL_SETS = 1_000
OTHER = "other"


# Compared as what it is: a dict of them would hash help and buckets each time.
@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """What a metric is. ``help`` says what moves it; buckets are a histogram's."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


class _Value:
    """One number with its line."""

    __slots__ = ("_line", "_text", "number")

    def __init__(self, metric: Metric, labels: tuple[str, ...]) -> None:
        self.number: float = 0
        self._line = f"{metric.name}{_braced(_pairs(metric, labels))} "
        self._text: str | None = None

    def put(self, number: float) -> None:
        if number != self.number:
            self.number = number
            self._text = None

    def text(self) -> str:
        if self._text is None:
            self._text = f"{self._line}{_number(self.number)}\n"
        return self._text


class _Histogram:
    """Counts by bucket, not yet summed up, with their lines."""

    __slots__ = ("_buckets", "_counts", "_lines", "_sum", "_text")

    def __init__(self, metric: Metric, labels: tuple[str, ...]) -> None:
        self._buckets = metric.buckets
        self._counts = [0] * (len(metric.buckets) + 1)
        self._sum = 0.0
        pairs = _pairs(metric, labels)
        bounds = [*map(_bound, metric.buckets), "+Inf"]
        self._lines = [
            f"{metric.name}_bucket{_braced([*pairs, _pair('le', bound)])} "
            for bound in bounds
        ]
        braced = _braced(pairs)
        self._lines += [f"{metric.name}_count{braced} ", f"{metric.name}_sum{braced} "]
        self._text: str | None = None

    def observe(self, number: float) -> None:
        self._counts[bisect_left(self._buckets, number)] += 1
        self._sum += number
        self._text = None

    def text(self) -> str:
        if self._text is None:
            sums = list(accumulate(self._counts))
            numbers = [*map(str, sums), str(sums[-1]), _number(self._sum)]
            parts = zip(self._lines, numbers, strict=True)
            self._text = "".join([f"{line}{number}\n" for line, number in parts])
        return self._text


class Board:
    """The values of all metrics that it is made for."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._values: dict[Metric, dict[tuple[str, ...], _Value]] = {}
        self._histograms: dict[Metric, dict[tuple[str, ...], _Histogram]] = {}
        self._metrics = tuple(metrics)
        for metric in self._metrics:
            if metric.kind == "histogram":
                self._histograms[metric] = {}
            else:
                self._values[metric] = {}
            if not metric.labels:  # there from the start: 0 is a figure, too
                self._find(metric, ())

    def add(self, metric: Metric, number: float, *labels: str) -> None:
        """Moves a counter, or a gauge by so much."""
        value = self._value(metric, labels)
        value.put(value.number + number)

    def put(self, metric: Metric, number: float, *labels: str) -> None:
        """Sets a gauge."""
        self._value(metric, labels).put(number)

    def clear(self, metric: Metric) -> None:
        """Forgets a gauge's label sets: those that are there will be set again."""
        self._values[metric].clear()

    def observe(self, metric: Metric, number: float, *labels: str) -> None:
        """One more value in a histogram."""
        self.observe_all(metric, (number,), *labels)

    def observe_all(
        self, metric: Metric, numbers: Iterable[float], *labels: str
    ) -> None:
        """So many more values."""
        histogram = self._histograms[metric].get(labels)
        if histogram is None:
            histogram = self._new_histogram(metric, labels)
        for number in numbers:
            histogram.observe(number)

    def text(self) -> str:
        """Prometheus' text format, version 0.0.4."""
        parts: list[str] = []
        for metric in self._metrics:
            parts.append(_heading(metric))
            children = self._values.get(metric) or self._histograms.get(metric) or {}
            parts += [child.text() for child in children.values()]
        return "".join(parts)

    def _find(self, metric: Metric, labels: tuple[str, ...]) -> None:
        if metric.kind == "histogram":
            self._new_histogram(metric, labels)
        else:
            self._value(metric, labels)

    def _value(self, metric: Metric, labels: tuple[str, ...]) -> _Value:
        known = self._values[metric]
        value = known.get(labels)
        if value is None:
            labels = _bounded(metric, labels, len(known))
            value = known.get(labels)
            if value is None:
                value = known[labels] = _Value(metric, labels)
        return value

    def _new_histogram(self, metric: Metric, labels: tuple[str, ...]) -> _Histogram:
        known = self._histograms[metric]
        labels = _bounded(metric, labels, len(known))
        histogram = known.get(labels)
        if histogram is None:
            histogram = known[labels] = _Histogram(metric, labels)
        return histogram


def _bounded(metric: Metric, labels: tuple[str, ...], known: int) -> tuple[str, ...]:
    if len(labels) != len(metric.labels):
        raise ValueError(f"{metric.name} has the labels {metric.labels}, not {labels}")
    return labels if known < MAX_LABEL_SETS else (OTHER,) * len(labels)


def _heading(metric: Metric) -> str:
    said = metric.help.replace("\\", r"\\").replace("\n", r"\n")
    return f"# HELP {metric.name} {said}\n# TYPE {metric.name} {metric.kind}\n"


def _pairs(metric: Metric, labels: tuple[str, ...]) -> list[str]:
    return [_pair(*each) for each in zip(metric.labels, labels, strict=True)]


def _pair(name: str, value: str) -> str:
    value = value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'{name}="{value}"'


def _braced(pairs: list[str]) -> str:
    return f"{{{','.join(pairs)}}}" if pairs else ""


def _bound(bucket: float) -> str:
    return repr(float(bucket))


def _number(number: float) -> str:
    """A whole number as one: other than ``1e+16`` it reads well to the last digit."""
    if number == int(number):
        return str(int(number))
    return repr(float(number))
