"""Events made again say what was recorded, to our own readers of each dialect."""

import pytest

from lunaroute.dialects import answer_reader
from lunaroute.exporting._streams import STREAMS, Spoken
from lunaroute.model import Endpoint

USAGES = {
    "messages": {"input_tokens": 5, "cache_read_input_tokens": 100, "output_tokens": 42,
                 "cache_creation_input_tokens": 7},
    "chat_completions": {"prompt_tokens": 60, "completion_tokens": 25, "total_tokens": 85,
                         "prompt_tokens_details": {"cached_tokens": 40}},
    "responses": {"input_tokens": 60, "output_tokens": 25, "total_tokens": 85,
                  "output_tokens_details": {"reasoning_tokens": 16}},
}  # fmt: skip
REASONS = {"messages": "tool_use", "chat_completions": "tool_calls", "responses": "completed"}  # fmt: skip


def spoken(endpoint, **more):
    values = {
        "id": "r1", "model": "m-1", "thinking": "Hm, é\u2028.", "text": "Because\nof it.",
        "calls": (("c1", "Read", '{"path": "a"}'), ("c2", "Edit", "{}")),
        "usage": USAGES[endpoint], "stop_reason": REASONS[endpoint], "error": None,
        "is_whole": True, "deltas": 9,
    }  # fmt: skip
    return Spoken(**(values | more))


def read(endpoint, events):
    reader = answer_reader(
        Endpoint(endpoint), content_type="text/event-stream", status=200
    )
    for event in events:
        reader.feed(event)
    return reader.close()


@pytest.mark.parametrize("endpoint", STREAMS)
def test_a_whole_answer(endpoint):
    facts = read(endpoint, STREAMS[endpoint](spoken(endpoint)))
    assert [(t.kind, t.text) for t in facts.texts if t.kind != "tool_input"] == [
        ("thinking", "Hm, é\u2028."), ("answer", "Because\nof it."),
    ]  # fmt: skip
    assert [(call.id, call.name, call.arguments) for call in facts.tool_calls] == [
        ("c1", "Read", '{"path": "a"}'), ("c2", "Edit", "{}"),
    ]  # fmt: skip
    assert (facts.model, facts.response_id) == ("m-1", "r1")
    assert facts.stop_reason == REASONS[endpoint]
    assert facts.complete
    assert facts.unknown_events == 0
    flat = {}
    for name, count in USAGES[endpoint].items():
        inner = count.items() if isinstance(count, dict) else [(None, count)]
        flat |= {f"{name}.{key}" if key else name: number for key, number in inner}
    assert facts.usage.vendor == flat


@pytest.mark.parametrize("endpoint", STREAMS)
@pytest.mark.parametrize("deltas", [1, 3, 1000])
def test_as_many_pieces_as_there_were(endpoint, deltas):
    said = spoken(endpoint, text="x" * 600, thinking="", calls=(), deltas=deltas)
    events = STREAMS[endpoint](said)
    found = sum(
        (b"delta" in event and b"xx" in event) or b'"x"' in event for event in events
    )
    if deltas < 600:
        assert found == deltas
    assert read(endpoint, events).texts[0].text == "x" * 600


@pytest.mark.parametrize("endpoint", STREAMS)
def test_what_broke_off(endpoint):
    facts = read(endpoint, STREAMS[endpoint](spoken(endpoint, is_whole=False)))
    assert not facts.complete
    assert facts.texts[1].text == "Because\nof it."


@pytest.mark.parametrize("endpoint", STREAMS)
def test_an_error_in_mid_stream(endpoint):
    said = spoken(endpoint, error=("overloaded_error", "Busy"), stop_reason=None)
    facts = read(endpoint, STREAMS[endpoint](said))
    assert (facts.error_kind, facts.error_text) == ("overloaded_error", "Busy")


@pytest.mark.parametrize(("reason", "kind"), [("incomplete: max_output_tokens", None), ("failed", "server_error")])  # fmt: skip
def test_responses_that_did_not_complete(reason, kind):
    error = (kind, "Oh") if kind else None
    facts = read("responses", STREAMS["responses"](spoken("responses", stop_reason=reason, error=error)))  # fmt: skip
    assert (facts.stop_reason, facts.error_kind, facts.complete) == (reason, kind, True)
