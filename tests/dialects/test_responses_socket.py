"""What messages on a WebSocket are."""

import json

import pytest

from lunaroute.dialects import begins_response, message_reader, socket_request
from lunaroute.model import Endpoint


def encoded(value):
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("message", "is_warm_up", "fields"),
    [
        ({"type": "response.create"}, False, ()),
        ({"type": "response.create", "generate": False}, True, ()),
        ({"type": "response.create", "generate": None}, False, ()),
        ({"type": "response.create", "response": {"generate": False}}, True, ()),
        (
            {
                "type": "response.create",
                "client_metadata": {
                    "session_id": "s",
                    "ws_request_header_x_trace": "t",
                    "turn": 3,
                },
            },
            False,
            (("session-id", "s"), ("x-trace", "t")),
        ),
        ({"type": "response.create", "client_metadata": ["s"]}, False, ()),
    ],
)
def test_requests(message, is_warm_up, fields):
    found = socket_request(encoded(message))
    assert (found.is_warm_up, found.fields) == (is_warm_up, fields)


@pytest.mark.parametrize(
    "message", [b"", b"{", b"[]", b'{"type": "response.cancel"}', b'{"type": []}', b"\xff"]
)  # fmt: skip
def test_what_is_no_request(message):
    assert socket_request(message) is None
    assert not begins_response(message)


def test_beginnings():
    assert begins_response(b'{"type": "response.created", "response": {}}')


@pytest.mark.parametrize(
    ("last", "status"),
    [
        ({"type": "response.completed", "response": {}}, None),
        ({"type": "response.failed", "response": {"error": {"message": "m"}}}, None),
        ({"type": "error", "message": "m"}, None),
        ({"type": "error", "status": 429, "error": {"message": "m"}}, 429),
        ({"type": "error", "status_code": 503, "error": {"message": "m"}}, 503),
        ({"type": "error", "status": 10**12, "error": {"message": "m"}}, None),
    ],
)
def test_the_end_of_an_answer(last, status):
    reader = message_reader(Endpoint.RESPONSES)
    reader.feed(b'{"type": "response.created", "response": {"id": "r", "model": "m"}}')
    reader.feed(b'{"type": "response.output_text.delta", "delta": "hi"}')
    assert not reader.is_over
    assert reader.saw_token
    reader.feed(encoded(last))
    assert reader.is_over
    facts = reader.close()
    assert (facts.model, facts.events, facts.error_status) == ("m", 3, status)
    assert [text.text for text in facts.texts] == ["hi"]


def test_a_message_that_is_no_json_is_a_problem():
    reader = message_reader(Endpoint.RESPONSES)
    reader.feed(b'{"type": "response.created"')
    assert reader.close().problem == "event 1: cut short"


@pytest.mark.parametrize("error", [{"error": {"message": "m"}}, {"message": "m"}])
def test_an_error_beside_all_answers(error):
    reader = message_reader(Endpoint.WEBSOCKET)
    reader.feed(b'{"type": "codex.rate_limits"}')
    assert not reader.is_over
    reader.feed(encoded({"type": "error", **error}))
    facts = reader.close()
    assert (facts.error_text, facts.unknown_events) == ("m", 1)
