"""Spans in protobuf are read back as they were."""

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)

from lunaroute.observer._otlp import encode
from lunaroute.observer._span import Span

SPAN = Span(
    trace=b"t" * 16,
    id=b"s" * 8,
    parent=b"p" * 8,
    name="chat m\ud800",
    start=1_760_000_000_000_000_000,
    end=1_760_000_001_000_000_000,
    error="rate_limited",
    attributes={"text": "a", "count": 3, "cost": 0.5, "flag": True, "list": ("x", "y")},
    state="a=b",
)


def test_read_back():
    request = ExportTraceServiceRequest.FromString(encode([SPAN], "mine"))
    (resource,) = request.resource_spans
    about = {each.key: each.value.string_value for each in resource.resource.attributes}
    assert about["service.name"] == "mine"
    (scope,) = resource.scope_spans
    assert scope.scope.name == "lunaroute"
    (span,) = scope.spans
    assert (span.trace_id, span.span_id, span.parent_span_id) == (
        SPAN.trace,
        SPAN.id,
        SPAN.parent,
    )
    assert (span.name, span.trace_state) == ("chat m?", "a=b")
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (
        SPAN.start,
        SPAN.end,
    )
    assert (span.kind, span.status.code, span.status.message) == (3, 2, "rate_limited")
    values = {each.key: each.value for each in span.attributes}
    assert values["text"].string_value == "a"
    assert values["count"].int_value == 3
    assert values["cost"].double_value == 0.5
    assert values["flag"].bool_value is True
    assert [each.string_value for each in values["list"].array_value.values] == [
        "x",
        "y",
    ]
