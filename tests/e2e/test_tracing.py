"""Spans of the real program at a real OTLP receiver."""

import json
from contextlib import closing

from tests.collector import Collector
from tests.e2e.test_metrics import tool_turn
from tests.kit import Raw, Serve, ask, post
from tests.provider import Provider

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_the_clients_trace_goes_on_with_tools_as_children(tmp_path):
    with closing(Collector()) as collector, closing(Provider()) as provider:
        variables = {
            "LUNAROUTE_TRACING_ENABLED": "true",
            "LUNAROUTE_TRACING_INCLUDE_CONTENT": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_EXPORTER_OTLP_HEADERS": "api-key=k",
        }
        with Serve(tmp_path / "home", provider.url, environment=variables) as serve:
            with Raw(serve.port) as raw:
                raw.send(
                    post(
                        ask("tool", session="s1"), traceparent=f"00-{TRACE}-{PARENT}-01"
                    )
                )
                raw.read_answer()
                raw.send(post(tool_turn()))
                raw.read_answer()
            serve.recorded(2)
            assert serve.stop() == 0  # which sends what waits
    spans = {span.name: span for span in collector.spans}
    assert all(fields["api-key"] == "k" for _, fields, _ in collector.requests)
    tool = spans["execute_tool get_weather"]
    chats = [span for span in collector.spans if span.name == "chat claude-sonnet-4-6"]
    (first,) = [span for span in chats if span.trace_id.hex() == TRACE]
    assert len(chats) == 2
    assert first.parent_span_id.hex() == PARENT
    assert (tool.trace_id, tool.parent_span_id) == (first.trace_id, first.span_id)
    assert first.end_time_unix_nano == tool.start_time_unix_nano
    values = {each.key: each.value for each in first.attributes}
    assert values["gen_ai.usage.input_tokens"].int_value == 117
    (said,) = json.loads(values["gen_ai.output.messages"].string_value)
    assert said["parts"][0]["content"] == "The moon guides travellers."
