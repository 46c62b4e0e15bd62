"""What one event of a stream adds to what the model has said, for whoever looks on.

An answer is read as a whole elsewhere; here an event is read for itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from lunaroute.dialects._chat_request import THINKING_NAMES
from lunaroute.dialects._json import (
    JsonObject,
    get_object,
    get_objects,
    get_str,
    read_object,
    texts_in,
)
from lunaroute.model import Endpoint


class DeltaKind(StrEnum):
    """What a delta is."""

    TEXT = "text"
    THINKING = "thinking"
    TOOL = "tool"  # the name of a tool that is called
    BREAK = "break"  # what was said is complete, other things follow


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of what is said."""

    kind: DeltaKind
    text: str = ""


_TOOLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
_CALLS = frozenset({"function_call", "custom_tool_call", "mcp_call"})
_TEXT_EVENTS = ("response.output_text.delta", "response.refusal.delta")
_THINKING_EVENTS = (
    "response.reasoning_summary_text.delta",
    "response.reasoning_text.delta",
)


def read_deltas(endpoint: Endpoint, name: str, data: str | bytes) -> tuple[Delta, ...]:
    """Of an event's name and data; nothing of what nobody knows. Never raises."""
    payload, _ = read_object(data)
    match endpoint:
        case Endpoint.MESSAGES:
            return tuple(_anthropic(payload, get_str(payload, "type") or name))
        case Endpoint.CHAT:
            return tuple(_chat(payload))
        case Endpoint.RESPONSES | Endpoint.WARM_UP:
            return tuple(_responses(payload, get_str(payload, "type") or name))
        case _:
            return ()


def _anthropic(event: JsonObject, kind: str) -> Iterator[Delta]:
    if kind == "content_block_start":
        block = get_object(event, "content_block")
        if get_str(block, "type") in _TOOLS:
            yield Delta(DeltaKind.TOOL, get_str(block, "name") or "")
        elif text := get_str(block, "text"):
            yield Delta(DeltaKind.TEXT, text)
    elif kind == "content_block_delta":
        if text := get_str(event, "delta", "text"):
            yield Delta(DeltaKind.TEXT, text)
        elif text := get_str(event, "delta", "thinking"):
            yield Delta(DeltaKind.THINKING, text)
    elif kind == "content_block_stop":
        yield Delta(DeltaKind.BREAK)


def _chat(chunk: JsonObject) -> Iterator[Delta]:
    for choice in get_objects(chunk, "choices"):
        said = get_object(choice, "delta")
        for name in THINKING_NAMES:
            yield from (
                Delta(DeltaKind.THINKING, t) for t in texts_in(said.get(name)) if t
            )
        for name in ("content", "refusal"):
            yield from (Delta(DeltaKind.TEXT, t) for t in texts_in(said.get(name)) if t)
        for call in get_objects(said, "tool_calls"):
            if tool := get_str(call, "function", "name"):
                yield Delta(DeltaKind.TOOL, tool)


def _responses(event: JsonObject, kind: str) -> Iterator[Delta]:
    if kind in _TEXT_EVENTS:
        yield Delta(DeltaKind.TEXT, get_str(event, "delta") or "")
    elif kind in _THINKING_EVENTS:
        yield Delta(DeltaKind.THINKING, get_str(event, "delta") or "")
    elif kind == "response.output_item.added":
        item = get_object(event, "item")
        if get_str(item, "type") in _CALLS:
            yield Delta(DeltaKind.TOOL, get_str(item, "name") or "")
    elif kind == "response.output_item.done":
        yield Delta(DeltaKind.BREAK)
