"""Spans as OTLP has them: protobuf, by the messages of opentelemetry-proto.

The package is an extra: this module is imported only where tracing is switched on.
"""

from collections.abc import Iterable, Mapping

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    ArrayValue,
    InstrumentationScope,
    KeyValue,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Status
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from lunaroute._version import __version__
from lunaroute.observer._span import Span, Value


def encode(spans: Iterable[Span], service: str) -> bytes:
    """The body of a request to ``/v1/traces``."""
    about: dict[str, Value] = {"service.name": service, "service.version": __version__}
    scope = InstrumentationScope(name="lunaroute", version=__version__)
    body: bytes = ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(
                resource=Resource(attributes=_pairs(about)),
                scope_spans=[
                    ScopeSpans(scope=scope, spans=[_message(span) for span in spans])
                ],
            )
        ]
    ).SerializeToString()
    return body


def _message(span: Span) -> SpanMessage:
    kind = SpanMessage.SPAN_KIND_CLIENT
    status = Status()
    if span.error:
        status = Status(code=Status.STATUS_CODE_ERROR, message=_text(span.error))
    return SpanMessage(
        trace_id=span.trace,
        span_id=span.id,
        parent_span_id=span.parent,
        trace_state=_text(span.state),
        name=_text(span.name),
        kind=kind if span.is_client else SpanMessage.SPAN_KIND_INTERNAL,
        start_time_unix_nano=span.start,
        end_time_unix_nano=span.end,
        attributes=_pairs(span.attributes),
        status=status,
    )


def _pairs(attributes: Mapping[str, Value]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_value(each)) for key, each in attributes.items()]


def _value(value: Value) -> AnyValue:
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case str():
            return AnyValue(string_value=_text(value))
        case _:
            texts = [AnyValue(string_value=_text(each)) for each in value]
            return AnyValue(array_value=ArrayValue(values=texts))


def _text(text: str) -> str:
    """Protobuf takes nothing that UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode()
