"""Requests of the OpenAI chat completions API."""

from lunaroute.dialects._json import (
    JsonObject,
    dump,
    get_list,
    get_object,
    get_objects,
    get_str,
    texts_in,
)
from lunaroute.dialects._tool_outcome import outcome_in
from lunaroute.dialects._transcript import Transcript, kind_of
from lunaroute.model import TextKind, ToolCall, ToolResult

# Of servers that speak this dialect without being OpenAI.
THINKING_NAMES = ("reasoning_content", "reasoning")


def read(body: JsonObject, transcript: Transcript) -> tuple[int, int]:
    """Fill the transcript; how many messages there are, and tools among them."""
    for message in get_objects(body, "messages"):
        role = get_str(message, "role") or "user"
        if role in ("tool", "function"):
            call_id = get_str(message, "tool_call_id") or ""
            text = "\n".join(texts_in(message.get("content")))
            told = outcome_in(text)
            result = ToolResult(call_id, text, told.is_error, told.duration_us)
            transcript.result(result, role)
        else:
            _read_message(message, role, transcript)
    return len(get_list(body, "messages")), 0


def _read_message(message: JsonObject, role: str, transcript: Transcript) -> None:
    for name in THINKING_NAMES:
        transcript.say(TextKind.THINKING, role, get_str(message, name))
    for text in texts_in(message.get("content")):
        transcript.say(kind_of(role), role, text)
    transcript.say(kind_of(role), role, get_str(message, "refusal"))
    for call in calls_in(message):
        transcript.say(TextKind.TOOL_INPUT, role, call.arguments)


def calls_in(message: JsonObject) -> list[ToolCall]:
    """The calls of a whole message, or as much as one delta says of them."""
    calls = [call_of(call) for call in get_objects(message, "tool_calls")]
    if legacy := get_object(message, "function_call"):
        calls.append(call_of({"function": legacy}))
    return calls


def call_of(call: JsonObject) -> ToolCall:
    """A function's arguments, or a custom tool's input."""
    inner = get_object(call, "function") or get_object(call, "custom")
    arguments = inner.get("arguments", inner.get("input"))
    return ToolCall(
        id=get_str(call, "id") or "",
        name=get_str(inner, "name") or "",
        # Some servers send an object where the API has its JSON text.
        arguments=arguments if isinstance(arguments, str) else dump(arguments),
    )
