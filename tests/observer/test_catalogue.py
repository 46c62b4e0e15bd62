"""Every metric is shown, named by the conventions, and says what moves it."""

from lunaroute.observer import _catalogue
from lunaroute.observer._board import Metric
from lunaroute.observer._catalogue import CATALOGUE

# Older than this program, and kept so that dashboards go on working.
MISNAMED = {"lunaroute_streaming_chunks_total"}


def test_all_are_shown_once():
    declared = [each for each in vars(_catalogue).values() if isinstance(each, Metric)]
    assert set(declared) == set(CATALOGUE)
    names = [metric.name for metric in CATALOGUE]
    assert len(set(names)) == len(names)


def test_names_helps_and_buckets():
    for metric in CATALOGUE:
        assert metric.help.endswith(".")
        is_counter = metric.name.endswith("_total") and metric.name not in MISNAMED
        assert (metric.kind == "counter") == is_counter, metric.name
        assert (metric.kind == "histogram") == bool(metric.buckets)
        assert list(metric.buckets) == sorted(set(metric.buckets))


def test_what_the_first_authors_promised_is_there():
    names = {metric.name for metric in CATALOGUE}
    assert names >= {
        "lunaroute_requests_total",
        "lunaroute_request_duration_seconds",
        "lunaroute_tokens_total",
        "lunaroute_tool_calls_total",
        "lunaroute_streaming_ttft_seconds",
        "lunaroute_streaming_chunk_latency_seconds",
    }
