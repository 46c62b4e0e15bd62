"""Exchanges become spans by the conventions, always the same for the same exchange."""

import json
from dataclasses import replace

import pytest

from lunaroute.observer import _span
from lunaroute.observer._span import Tracer
from lunaroute.pii import KINDS, Detector
from lunaroute.recording import News
from lunaroute.store import ToolCallRow, ToolResultRow
from tests.observer.test_mask import KEY
from tests.observer.test_tally import news, row_news
from tests.recording.build import (
    anthropic_events,
    anthropic_stream,
    create,
    exchange,
    question,
    response_events,
    socket,
    sse,
)
from tests.recording.test_turns import down, up

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CALL = ToolCallRow(0, "c1", "Bash", '{"command": "ls"}')
RESULT = ToolResultRow("c1", b"", 4, True)


def with_parent(text, number=1):
    return anthropic_stream(
        number, request_fields=[("traceparent", text), ("tracestate", "a=b")]
    )


def test_a_stream():
    (told,) = news(anthropic_stream())
    (span,) = Tracer().spans(told)
    row = told.row
    assert (span.name, span.is_client, span.error) == ("chat claude-x", True, "")
    assert (span.start, span.end) == (
        row.started_at * 1000,
        (row.started_at + row.ended_us) * 1000,
    )
    assert span.parent == b""
    assert (len(span.trace), len(span.id)) == (16, 8)
    attributes = dict(span.attributes)
    assert attributes.pop("lunaroute.time_to_first_token_ms") > 0
    assert attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.conversation.id": row.session_id,
        "gen_ai.request.model": "claude-x",
        "gen_ai.response.model": "claude-x-1",
        "gen_ai.response.id": "msg_1",
        "gen_ai.response.finish_reasons": ("tool_use",),
        "gen_ai.usage.input_tokens": 115,
        "gen_ai.usage.output_tokens": 42,
        "gen_ai.usage.cache_read.input_tokens": 100,
        "gen_ai.usage.cache_creation.input_tokens": 5,
        "server.address": "provider.test",
        "http.response.status_code": 200,
        "lunaroute.exchange.id": row.id,
        "lunaroute.outcome": "answered",
        "lunaroute.streaming": True,
    }
    assert Tracer().spans(told) == [span]


def test_a_trace_of_the_client_goes_on():
    (told,) = news(with_parent(f"00-{TRACE}-{PARENT}-01"))
    (span,) = Tracer().spans(told)
    assert (span.trace.hex(), span.parent.hex(), span.state) == (TRACE, PARENT, "a=b")


def test_a_trace_that_is_not_sampled_is_left_alone():
    assert Tracer().spans(*news(with_parent(f"00-{TRACE}-{PARENT}-00"))) == []


@pytest.mark.parametrize(
    "text",
    ["", "00", f"ff-{TRACE}-{PARENT}-01", f"00-{'0' * 32}-{PARENT}-01", f"00-{TRACE}-{'0' * 16}-01", f"00-{TRACE.upper()}-{PARENT}-01"],
)  # fmt: skip
def test_a_traceparent_that_is_none(text):
    (span,) = Tracer().spans(*news(with_parent(text)))
    assert span.parent == b""
    assert span.trace.hex() != TRACE


def test_a_tool_is_a_child_once_its_result_has_come():
    tracer = Tracer()
    (asked,) = tracer.spans(row_news(1, calls=(CALL,)))
    tool, then = tracer.spans(row_news(2, results=(RESULT,)))
    assert (tool.trace, tool.parent) == (asked.trace, asked.id)
    assert then.trace != asked.trace
    assert (tool.name, tool.is_client, tool.error) == (
        "execute_tool Bash",
        False,
        "tool_error",
    )
    assert (tool.start, tool.end) == (asked.end, then.start)
    assert tool.attributes == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "Bash",
        "gen_ai.tool.call.id": "c1",
        "gen_ai.tool.type": "function",
        "error.type": "tool_error",
    }
    assert len(tracer.spans(row_news(3, results=(RESULT,)))) == 1


def test_open_calls_are_bounded(monkeypatch):
    monkeypatch.setattr(_span, "MAX_OPEN_CALLS", 2)
    tracer = Tracer()
    tracer.spans(
        row_news(1, calls=tuple(replace(CALL, call_id=f"c{n}") for n in range(3)))
    )
    results = tuple(replace(RESULT, call_id=f"c{n}") for n in range(3))
    assert len(tracer.spans(row_news(2, results=results))) == 3


def test_what_failed():
    raw = exchange(
        body=question(), status=429, answer=[b'{"error":{"type":"rate_limit_error"}}']
    )
    (span,) = Tracer().spans(*news(raw))
    assert span.error == span.attributes["error.type"] == "rate_limited"


def test_what_is_no_generation_has_no_span():
    assert Tracer().spans(*news(exchange(method="GET", path="/v1/models"))) == []


def test_turns_on_a_socket_are_spans_and_the_socket_is_none():
    whole, turn = news(socket(*up(create("why")), *down(*response_events())))
    assert Tracer().spans(whole) == []
    (span,) = Tracer().spans(turn)
    assert span.attributes["gen_ai.usage.input_tokens"] == 60
    assert span.attributes["gen_ai.usage.reasoning.output_tokens"] == 16


def test_content_only_where_it_is_wanted_and_masked():
    mail = "jane.doe@example.com"
    raw = anthropic_stream(
        body=question(f"mail {mail} the key {KEY}", stream=True),
        answer=sse(*anthropic_events(f"yes {KEY} then")),
    )
    (told,) = news(raw)
    assert "messages" not in str(Tracer().spans(told))
    (span,) = Tracer(Detector(set(KINDS))).spans(told)
    asked = json.loads(span.attributes["gen_ai.input.messages"])
    said = json.loads(span.attributes["gen_ai.output.messages"])
    assert asked[0]["role"] == "user"
    assert asked[0]["parts"][0]["content"].startswith("mail [")
    assert said[0]["parts"][0]["content"].startswith("yes [")
    assert mail not in str(span)
    assert KEY not in str(span)
    result = row_news(2, results=(ToolResultRow("toolu_1", b"", 1, False),))
    tracer = Tracer(Detector(set(KINDS)))
    tracer.spans(replace(told, row=replace(told.row, session_id="s1")))
    assert "sky.txt" in tracer.spans(result)[0].attributes["gen_ai.tool.call.arguments"]


def test_of_a_long_history_the_end(monkeypatch):
    monkeypatch.setattr(_span, "MAX_CONTENT", 25)
    texts = tuple(
        replace(news(anthropic_stream())[0].texts[0], kind="prompt", text=f"{n:010}")
        for n in range(9)
    )
    told = replace(row_news(1), texts=texts)
    (span,) = Tracer(Detector(set())).spans(told)
    asked = json.loads(span.attributes["gen_ai.input.messages"])
    assert [each["parts"][0]["content"][-1] for each in asked] == ["7", "8"]


def test_no_half_of_a_secret_ends_what_is_too_long(monkeypatch):
    monkeypatch.setattr(_span, "MAX_CONTENT", 30)
    (told,) = news(anthropic_stream())
    texts = (replace(told.texts[0], kind="prompt", text=f"mine is {KEY}"),)
    (span,) = Tracer(Detector(set(KINDS))).spans(replace(told, texts=texts))
    asked = json.loads(span.attributes["gen_ai.input.messages"])
    assert asked[0]["parts"][0]["content"] == "mine is [CUT]"


def test_the_emptiest_row():
    told = row_news(1)
    row = replace(told.row, provider=None, ended_us=None, upstream=None)
    (span,) = Tracer().spans(News(told.id, row))
    assert span.start == span.end
