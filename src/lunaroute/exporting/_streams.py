"""A streamed answer's events, made again of what was recorded of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

# More deltas than that are of no use to anybody.
_MOST_DELTAS = 5_000

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Spoken:
    """What an answer said. ``calls`` are id, name, arguments; ``error`` is kind and
    text of one that came in mid-stream; ``deltas`` about how many pieces it came in.
    """

    id: str
    model: str
    thinking: str
    text: str
    calls: tuple[tuple[str, str, str], ...]
    usage: dict[str, Any] | None
    stop_reason: str | None
    error: tuple[str, str] | None
    is_whole: bool
    deltas: int


def anthropic_events(spoken: Spoken) -> list[bytes]:
    """Of Anthropic's Messages API."""
    usage = spoken.usage or {}
    # Cumulative: what the end tells goes before.
    begin = {**usage, "output_tokens": 1} if spoken.is_whole and usage else usage
    message: Event = {
        "id": spoken.id,
        "type": "message",
        "role": "assistant",
        "model": spoken.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": begin,
    }
    events = [_named({"type": "message_start", "message": message})]
    for number, (block, kind, name, text) in enumerate(_blocks(spoken)):
        place = {"index": number}
        start = {"type": "content_block_start", **place, "content_block": block}
        events.append(_named(start))
        for piece in _cut(text, spoken):
            delta = {"type": kind, name: piece}
            event = {"type": "content_block_delta", **place, "delta": delta}
            events.append(_named(event))
        events.append(_named({"type": "content_block_stop", **place}))
    if spoken.error is not None:
        kind, words = spoken.error
        error = {"type": kind, "message": words}
        return [*events, _named({"type": "error", "error": error})]
    if spoken.is_whole:
        ended = {"stop_reason": spoken.stop_reason, "stop_sequence": None}
        last: Event = {"type": "message_delta", "delta": ended}
        if usage:
            last["usage"] = usage
        events += (_named(last), _named({"type": "message_stop"}))
    return events


def _blocks(spoken: Spoken) -> Iterator[tuple[Event, str, str, str]]:
    """Each block's beginning, the type of its deltas, their member, the whole text."""
    if spoken.thinking:
        block: Event = {"type": "thinking", "thinking": "", "signature": ""}
        yield block, "thinking_delta", "thinking", spoken.thinking
    if spoken.text:
        yield {"type": "text", "text": ""}, "text_delta", "text", spoken.text
    for call_id, name, arguments in spoken.calls:
        block = {"type": "tool_use", "id": call_id, "name": name, "input": {}}
        yield block, "input_json_delta", "partial_json", arguments


def chat_events(spoken: Spoken) -> list[bytes]:
    """Of OpenAI's chat completions."""
    base = {"id": spoken.id, "object": "chat.completion.chunk", "model": spoken.model}

    def chunk(delta: Event, reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return _plain({**base, "choices": [choice]})

    events = [chunk({"role": "assistant", "content": ""})]
    for name, text in (
        ("reasoning_content", spoken.thinking),
        ("content", spoken.text),
    ):
        events += (chunk({name: piece}) for piece in _cut(text, spoken))
    for number, (call_id, name, arguments) in enumerate(spoken.calls):
        start = {"name": name, "arguments": ""}
        call: Event = {"index": number, "id": call_id, "type": "function"}
        events.append(chunk({"tool_calls": [{**call, "function": start}]}))
        for piece in _cut(arguments, spoken):
            told = {"index": number, "function": {"arguments": piece}}
            events.append(chunk({"tool_calls": [told]}))
    if spoken.error is not None:
        kind, words = spoken.error
        return [*events, _plain({"error": {"type": kind, "message": words}})]
    if spoken.is_whole:
        events.append(chunk({}, spoken.stop_reason))
        if spoken.usage:
            events.append(_plain({**base, "choices": [], "usage": spoken.usage}))
        events.append(b"data: [DONE]\n\n")
    return events


def responses_events(spoken: Spoken) -> list[bytes]:
    """Of OpenAI's Responses API."""
    whole: Event = {"id": spoken.id, "object": "response", "model": spoken.model}
    output: list[Event] = []
    begun = {**whole, "status": "in_progress", "output": []}
    told: list[Event] = [{"type": "response.created", "response": begun}]
    for number, item in enumerate(_items(spoken)):
        told += _item_events(number, item, spoken)
        output.append(item)
    if spoken.error is not None and not (spoken.stop_reason or "").startswith("failed"):
        kind, words = spoken.error
        told.append({"type": "error", "code": kind, "message": words})
    elif spoken.is_whole:
        told.append(_end(spoken, {**whole, "output": output}))
    return [
        _named({**event, "sequence_number": number})
        for number, event in enumerate(told)
    ]


def _end(spoken: Spoken, response: Event) -> Event:
    status, _, reason = (spoken.stop_reason or "completed").partition(": ")
    response = {**response, "status": status}
    if spoken.usage:
        response["usage"] = spoken.usage
    if reason:
        response["incomplete_details"] = {"reason": reason}
    if spoken.error is not None:
        kind, words = spoken.error
        response["error"] = {"code": kind, "message": words}
    return {"type": f"response.{status}", "response": response}


def _items(spoken: Spoken) -> Iterator[Event]:
    if spoken.thinking:
        summary = [{"type": "summary_text", "text": spoken.thinking}]
        yield {"type": "reasoning", "id": f"rs_{spoken.id}", "summary": summary}
    if spoken.text:
        said = {"type": "output_text", "text": spoken.text, "annotations": []}
        item: Event = {"type": "message", "id": f"msg_{spoken.id}", "content": [said]}
        yield {**item, "role": "assistant", "status": "completed"}
    for number, (call_id, name, arguments) in enumerate(spoken.calls):
        item = {"type": "function_call", "id": f"fc_{number}_{spoken.id}"}
        told = {"call_id": call_id, "name": name, "arguments": arguments}
        yield {**item, **told, "status": "completed"}


def _item_events(number: int, item: Event, spoken: Spoken) -> list[Event]:
    place = {"output_index": number, "item_id": item["id"]}
    added = {"type": "response.output_item.added", "output_index": number}
    done = {"type": "response.output_item.done", "output_index": number, "item": item}
    if item["type"] == "reasoning":
        begun = {**item, "summary": []}
        name, text = "response.reasoning_summary_text", spoken.thinking
        place["summary_index"] = 0
    elif item["type"] == "message":
        begun = {**item, "content": [], "status": "in_progress"}
        name, text = "response.output_text", spoken.text
        place["content_index"] = 0
    else:
        begun = {**item, "arguments": "", "status": "in_progress"}
        name, text = "response.function_call_arguments", item["arguments"]
    deltas = [
        {"type": f"{name}.delta", **place, "delta": piece}
        for piece in _cut(text, spoken)
    ]
    return [{**added, "item": begun}, *deltas, done]


STREAMS: dict[str, Callable[[Spoken], list[bytes]]] = {
    "messages": anthropic_events,
    "chat_completions": chat_events,
    "responses": responses_events,
}


def _cut(text: str, spoken: Spoken) -> Iterator[str]:
    """The text in about as many pieces as its part of the answer came in."""
    everything = len(spoken.thinking) + len(spoken.text)
    everything += sum(len(arguments) for _, _, arguments in spoken.calls)
    pieces = min(spoken.deltas, _MOST_DELTAS)
    size = max(1, -(-everything // max(1, pieces)))
    for at in range(0, len(text), size):
        yield text[at : at + size]


def _named(event: Event) -> bytes:
    return f"event: {event['type']}\n".encode() + _plain(event)


def _plain(event: Event) -> bytes:
    return b"data: %s\n\n" % orjson.dumps(event)
