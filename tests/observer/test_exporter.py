"""Spans reach a collector in batches; one that refuses or is away costs nothing else."""

from collections import Counter
from contextlib import closing

import pytest
import trio

from lunaroute.observer import _exporter
from lunaroute.observer._exporter import Collector as Target
from lunaroute.observer._exporter import Exporter
from lunaroute.observer._otlp import encode
from lunaroute.observer._span import Tracer
from tests.collector import Collector
from tests.observer.test_tally import row_news


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(_exporter, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(_exporter, "BATCH_SECONDS", 0.01)


@pytest.fixture
def counts():
    return Counter()


def exporter(url, counts, **more):
    def counted(result, count):
        counts[result] += count

    return Exporter(Target(url, **more), Tracer(), encode, counted)


def tell(exporter, *numbers):
    exporter.tell([row_news(number) for number in numbers], now=0, seconds=0)
    exporter.recorded(len(numbers))


async def finish(exporter):
    exporter.close()
    with trio.fail_after(30):
        await exporter.run()


async def test_a_batch(counts):
    with closing(Collector()) as collector:
        made = exporter(
            f"{collector.url}/base/", counts, headers={"api-key": "k"}, service="mine"
        )
        tell(made, 1, 2)
        tell(made, 3)
        await finish(made)
    ((path, fields, _),) = collector.requests
    assert path == "/base/v1/traces"
    assert fields["content-type"] == "application/x-protobuf"
    assert fields["api-key"] == "k"
    assert len({span.span_id for span in collector.spans}) == 3
    assert counts == {"sent": 3}


async def test_it_runs_beside_and_sends_what_comes(counts):
    with closing(Collector()) as collector:
        made = exporter(f"{collector.url}/v1/traces", counts)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(made.run)
            for number in (1, 2):
                tell(made, number)
                with trio.fail_after(30):
                    while counts["sent"] < number:
                        await trio.sleep(0.01)
            made.close()
    assert {path for path, _, _ in collector.requests} == {"/v1/traces"}
    assert len(collector.requests) == 2


async def test_many_are_sent_in_parts(counts, monkeypatch):
    monkeypatch.setattr(_exporter, "BATCH_SPANS", 10)
    with closing(Collector()) as collector:
        made = exporter(collector.url, counts)
        tell(made, *range(25))
        await finish(made)
    assert len(collector.requests) == 3
    assert counts == {"sent": 25}


async def test_what_passes_is_tried_again(counts, caplog):
    with closing(Collector(503, 429)) as collector:
        made = exporter(collector.url, counts)
        tell(made, 1)
        await finish(made)
    assert len(collector.requests) == 3
    assert counts == {"sent": 1}
    assert caplog.text.count("says 503") == 1
    assert "taken again" in caplog.text


async def test_what_does_not_pass_is_not(counts, caplog):
    with closing(Collector(400)) as collector:
        made = exporter(collector.url, counts)
        tell(made, 1)
        await finish(made)
    assert len(collector.requests) == 1
    assert counts == {"dropped": 1}
    assert "says 400" in caplog.text


async def test_a_collector_that_is_away(counts, caplog):
    with closing(Collector()) as collector:
        url = collector.url
    made = exporter(url, counts)
    tell(made, 1, 2)
    await finish(made)
    assert counts == {"dropped": 2}
    assert caplog.text.count("the collector at http://127.0.0.1:") == 1


async def test_what_waits_is_bounded(counts, monkeypatch, caplog):
    monkeypatch.setattr(_exporter, "MAX_WAITING", 5)
    with closing(Collector()) as collector:
        made = exporter(collector.url, counts)
        tell(made, *range(8))
        await finish(made)
    assert counts == {"sent": 5, "dropped": 3}
    assert "no room" in caplog.text


async def test_a_fault_of_ours_ends_nothing(counts, caplog):
    def fail(_spans, _service):
        raise ZeroDivisionError

    made = Exporter(Target("http://127.0.0.1:9"), Tracer(), fail, lambda *_: None)
    tell(made, 1)
    await finish(made)
    assert "could not be sent" in caplog.text
