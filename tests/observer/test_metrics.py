"""The gateways' gauges and the observer's own state, in one exposition."""

from dataclasses import replace

import pytest

from lunaroute._version import __version__
from lunaroute.link import Anchor, Assembler, Hello
from lunaroute.link._frame import Gauge, pack_gauge, pack_hello
from lunaroute.observer._metrics import Metrics
from lunaroute.observer._options import Pool
from tests.observer.test_tally import row_news
from tests.scrape import samples

GAUGE = Gauge(2, 5, 300, 4, 1, 50, 0, {"anthropic": 3, "other": 1})
POOLS = {"anthropic": Pool("anthropic", {"timeout_secs": 600})}


def link(boot="ab" * 16, gauge=GAUGE):
    made = Assembler()
    made.feed(pack_hello(Hello(boot, 0, Anchor(0, 0))))
    if gauge is not None:
        made.feed(pack_gauge(gauge, 1))
    return made


@pytest.fixture
def metrics():
    return Metrics(POOLS)


def shown(metrics):
    return samples(metrics.exposition().decode())


def test_gauges_are_summed_and_counts_go_on(metrics):
    one, two = link(), link("cd" * 16)
    metrics.take([one, two, Assembler()], trouble="")
    found = shown(metrics)
    assert found["lunaroute_live_exchanges"] == 4
    assert found["lunaroute_client_connections"] == 10
    assert found["lunaroute_pool_idle_connections"] == 8
    assert (
        found["http_pool_connections_idle{provider=anthropic,dialect=anthropic}"] == 6
    )
    assert found["http_pool_config{provider=anthropic,setting=timeout_secs}"] == 600
    assert found["lunaroute_tap_backlog_bytes"] == 600
    assert found["lunaroute_tap_backlog_exchanges"] == 8
    assert found["lunaroute_tap_shed_bytes_total"] == 100
    assert found["lunaroute_recorder_trouble"] == 0
    one.feed(
        pack_gauge(replace(GAUGE, shed_exchanges=3, shed_bytes=40, lost_exchanges=7), 2)
    )
    metrics.take_last(one)  # this gateway has ended
    metrics.take([two], trouble="the disk is full")
    found = shown(metrics)
    assert found["lunaroute_tap_shed_exchanges_total"] == 4
    assert found["lunaroute_tap_shed_bytes_total"] == 100  # fewer is no count
    assert found["lunaroute_tap_lost_exchanges_total"] == 7
    assert found["lunaroute_live_exchanges"] == 2
    assert found["lunaroute_recorder_trouble"] == 1


def test_a_pool_that_is_not_to_be_seen():
    metrics = Metrics({})
    metrics.take([link()])
    assert "lunaroute_pool_idle_connections" not in shown(metrics)


def test_restarts(metrics):
    metrics.restarted({"gateway": 0, "observer": 1})
    metrics.restarted({"gateway": 2, "observer": 1})
    found = shown(metrics)
    assert found["lunaroute_restarts_total{process=gateway}"] == 2
    assert found["lunaroute_restarts_total{process=observer}"] == 1


def test_disk_build_and_process(metrics):
    metrics.disk({"database": 10}, 99)
    found = shown(metrics)
    assert found["lunaroute_disk_bytes{what=database}"] == 10
    assert found["lunaroute_disk_free_bytes"] == 99
    (build,) = [name for name in found if name.startswith("lunaroute_build_info")]
    assert f"version={__version__}," in build


def test_what_a_batch_tells(metrics):
    first = row_news(1, started_at=5_000_000)
    left = row_news(2, outcome="client_left")
    refused = row_news(3, outcome="refused_by_provider", status=500)
    going_on = row_news(4, outcome="open")
    metrics.tell([first, left, refused, going_on], now=0, seconds=0.6)
    metrics.tell([], now=0, seconds=1.0)
    metrics.recorded(4)
    found = shown(metrics)
    assert found["lunaroute_provider_success_rate{provider=anthropic}"] == 0.5
    assert (
        found["lunaroute_provider_last_answer_timestamp_seconds{provider=anthropic}"]
        == 5
    )
    assert found["lunaroute_post_processing_duration_seconds_count"] == 3
    assert found["lunaroute_post_processing_duration_seconds_sum"] == pytest.approx(0.6)
    assert (
        found["lunaroute_requests_total{listener=none,model=none,provider=anthropic}"]
        == 3
    )
    assert found["lunaroute_recorded_exchanges_total"] == 4
