"""Answers of every kind: the same facts for every cut, and no bytes that raise."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunaroute.dialects import AnswerReader, answer_reader
from lunaroute.model import AnswerFacts, Endpoint

ENDPOINTS = {
    "anthropic": Endpoint.MESSAGES,
    "chat": Endpoint.CHAT,
    "responses": Endpoint.RESPONSES,
}
CORPUS = sorted((Path(__file__).parents[1] / "corpora" / "streams").glob("*.sse"))
EVENT_STREAM = "text/event-stream"
MEDIA_TYPES = st.sampled_from(["", "application/json", EVENT_STREAM])
DONE = b"data: [DONE]\n\n"


def endpoint_of_file(path):
    return ENDPOINTS[path.stem.partition("_")[0]]


def read(endpoint, *pieces, content_type=EVENT_STREAM, status=200):
    reader = answer_reader(endpoint, content_type=content_type, status=status)
    for piece in pieces:
        reader.feed(piece)
    return reader.close()


def test_the_corpus_is_there():
    assert {endpoint_of_file(path) for path in CORPUS} == set(ENDPOINTS.values())


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_cuts_change_nothing(path):
    endpoint, data = endpoint_of_file(path), path.read_bytes()
    whole = read(endpoint, data)
    assert whole.problem is None
    assert whole.texts
    assert read(endpoint, *(bytes([byte]) for byte in data)) == whole
    for cut in range(len(data) + 1):
        assert read(endpoint, data[:cut], data[cut:]) == whole


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_stream_that_ends_anywhere_keeps_what_had_come(path):
    endpoint, data = endpoint_of_file(path), path.read_bytes()
    whole = read(endpoint, data)
    said = "".join(text.text for text in whole.texts)
    events = 0
    for end in range(len(data)):
        facts = read(endpoint, data[:end])
        assert facts.problem in (None, "no events")
        assert facts.events >= events
        events = facts.events
        # Only line ends may be missing where the stream counts as complete.
        assert not facts.complete or not data[end:].strip()
        for text in facts.texts:
            assert text.text in said
    assert events in (whole.events, whole.events - 1)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_token_is_seen_once_and_stays_seen(path):
    endpoint, data = endpoint_of_file(path), path.read_bytes()
    reader: AnswerReader = answer_reader(
        endpoint, content_type=EVENT_STREAM, status=200
    )
    seen = []
    for at in range(len(data)):
        reader.feed(data[at : at + 1])
        seen.append(reader.saw_token)
    assert seen == sorted(seen)
    assert seen[-1]
    assert not seen[len(data) // 20]


@pytest.mark.parametrize(
    "content_type",
    ["text/event-stream", "Text/Event-Stream; charset=utf-8", " text/event-stream "],
)
def test_streams_are_told_by_their_content_type(content_type):
    data = b'data: {"choices":[]}\n\ndata: [DONE]\n\n'
    assert read(Endpoint.CHAT, data, content_type=content_type).events == 2


@pytest.mark.parametrize(
    "content_type", ["application/json", "", "text/plain", "text/event-streams"]
)
def test_everything_else_is_read_as_json(content_type):
    facts = read(Endpoint.CHAT, b'{"model":', b'"m"}', content_type=content_type)
    assert (facts.model, facts.complete, facts.events) == ("m", True, 0)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "empty"),
        (b'{"model":"m"', "cut short"),
        (b"[]", "not a JSON object"),
        (b"<html>", "not JSON"),
    ],
)
def test_bodies_that_are_no_answer(body, problem):
    facts = read(Endpoint.MESSAGES, body, content_type="application/json")
    assert facts.problem.startswith(problem)
    assert not facts.complete


def test_a_malformed_event_is_a_problem_and_the_rest_is_read():
    data = b'data: {"choices":[]}\n\ndata: {oops}\n\ndata: 7\n\n' + DONE
    facts = read(Endpoint.CHAT, data)
    assert facts.problem.startswith("event 2: not JSON")
    assert facts.complete
    assert (facts.events, facts.unknown_events) == (4, 0)


@pytest.mark.parametrize("body", [b"<html>502</html>\n", b'{"error":{}}', b""])
def test_a_stream_without_events_is_a_problem(body):
    facts = read(Endpoint.MESSAGES, body)
    assert facts == AnswerFacts(problem="no events")


@pytest.mark.parametrize(
    ("tail", "events", "complete"),
    [
        (b"data: [DONE]", 2, True),
        (b"data: [DONE]\n", 2, True),
        (b"data: [DONE", 1, False),
        (b'data: {"choices":[]', 1, False),
        (b'data: {"choices":[]}', 2, False),
    ],
)
def test_a_last_event_without_its_blank_line(tail, events, complete):
    facts = read(Endpoint.CHAT, b'data: {"choices":[]}\n\n', tail)
    assert (facts.events, facts.complete, facts.problem) == (events, complete, None)


def test_nothing_said_means_no_usage():
    assert read(Endpoint.CHAT, DONE).usage is None
    assert read(Endpoint.MESSAGES, b"event: ping\ndata: {}\n\n").usage is None


@pytest.mark.parametrize("endpoint", list(Endpoint))
@pytest.mark.parametrize(
    ("status", "body", "kind", "text"),
    [
        (
            529,
            b'{"type":"error","error":{"type":"overloaded_error","message":"Full"}}',
            "overloaded_error",
            "Full",
        ),
        (
            429,
            b'{"error":{"message":"Slow","type":"tokens","code":"rate_limit_exceeded"}}',
            "rate_limit_exceeded",
            "Slow",
        ),
        (404, b'{"detail":"Not Found"}', None, "Not Found"),
    ],
)
def test_error_bodies(endpoint, status, body, kind, text):
    for content_type in ("application/json", EVENT_STREAM, ""):
        facts = read(endpoint, body, content_type=content_type, status=status)
        assert facts == AnswerFacts(error_kind=kind, error_text=text, complete=True)


@pytest.mark.parametrize(
    ("body", "text", "problem"),
    [
        (b"<html>Bad Gateway</html>\n", "<html>Bad Gateway</html>", "not JSON"),
        (b"upstream \xff", "upstream �", "not JSON"),
        (b"", None, "empty"),
    ],
)
def test_errors_that_are_no_json_are_kept_as_text(body, text, problem):
    facts = read(Endpoint.CHAT, body, content_type="text/html", status=502)
    assert facts.error_text == text
    assert facts.problem.startswith(problem)
    assert not facts.complete


def test_the_text_of_an_error_is_bounded():
    pieces = [b"x" * 1000] * 1000
    facts = read(Endpoint.CHAT, *pieces, content_type="text/plain", status=500)
    assert len(facts.error_text) == 64 * 1024


def test_an_error_has_no_token():
    reader = answer_reader(Endpoint.CHAT, content_type="application/json", status=500)
    reader.feed(b"{}")
    assert not reader.saw_token


def test_time_is_linear_in_the_stream():
    def delta(endpoint):
        if endpoint is Endpoint.CHAT:
            return {"choices": [{"delta": {"content": "x" * 50}}]}
        return {
            "type": "content_block_delta",
            "delta": {"type": "text_delta", "text": "x" * 50},
        }

    for endpoint in (Endpoint.CHAT, Endpoint.MESSAGES):
        event = b"data: " + json.dumps(delta(endpoint)).encode() + b"\n\n"
        began = time.perf_counter()
        facts = read(endpoint, *[event] * 20_000)
        assert len(facts.texts[0].text) == 1_000_000
        assert time.perf_counter() - began < 5  # about 0.2 s; quadratic work: minutes


@settings(deadline=None)
@given(st.lists(st.binary()), st.sampled_from(list(Endpoint)), MEDIA_TYPES)
def test_no_bytes_raise(pieces, endpoint, content_type):
    for status in (200, 500):
        facts = read(endpoint, *pieces, content_type=content_type, status=status)
        whole = b"".join(pieces)
        assert facts == read(endpoint, whole, content_type=content_type, status=status)


NAMES = st.sampled_from(
    [
        *("index", "delta", "content_block", "message", "usage", "content", "text"),
        *("choices", "tool_calls", "function", "arguments", "finish_reason", "error"),
        *("response", "output", "item", "output_index", "item_id", "content_index"),
        *("id", "name", "input", "model", "partial_json", "stop_reason", "status"),
        *("input_tokens", "cache_creation", "iterations", "refusal", "summary"),
    ]
)
TYPES = st.sampled_from(
    [
        *("message_start", "content_block_start", "content_block_delta", "error"),
        *("message_delta", "message_stop", "text_delta", "input_json_delta"),
        *("tool_use", "thinking", "response.completed", "response.failed", "message"),
        *("response.output_item.added", "response.output_item.done", "function_call"),
        *("response.output_text.delta", "response.output_text.done", "reasoning"),
        *("response.function_call_arguments.delta", "response.refusal.delta", "holo"),
    ]
)


def objects(inner):
    return st.dictionaries(NAMES, inner, max_size=5).flatmap(
        lambda found: TYPES.map(lambda kind: {**found, "type": kind}) | st.just(found)
    )


VALUES = st.recursive(
    st.none() | st.integers(-2, 3) | TYPES | st.just(2**70),
    lambda inner: st.lists(inner, max_size=3) | objects(inner),
    max_leaves=15,
)


@settings(deadline=None)
@given(st.lists(objects(VALUES), max_size=6), st.sampled_from(list(Endpoint)))
def test_no_shape_of_event_or_body_raises(events, endpoint):
    data = b"".join(b"data: " + json.dumps(e).encode() + b"\n\n" for e in events)
    facts = read(endpoint, data)
    assert facts.events == len(events)
    for event in events:
        read(endpoint, json.dumps(event).encode(), content_type="application/json")
        # A name that comes from the event field alone is taken as the type.
        nameless = {k: v for k, v in event.items() if k != "type"}
        named = f"event: {event.get('type')}\ndata: {json.dumps(nameless)}\n\n"
        read(endpoint, named.encode())
