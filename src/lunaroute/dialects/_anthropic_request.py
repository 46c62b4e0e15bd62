"""Requests of the Anthropic messages API."""

from lunaroute.dialects._json import (
    JsonObject,
    dump,
    get_list,
    get_objects,
    get_str,
    is_object,
    texts_in,
)
from lunaroute.dialects._transcript import Transcript, kind_of
from lunaroute.model import TextKind, ToolResult


def read(body: JsonObject, transcript: Transcript) -> tuple[int, int]:
    """Fill the transcript; how many messages there are, and tools among them."""
    _read_content(body.get("system"), "system", transcript)
    for message in get_objects(body, "messages"):
        role = get_str(message, "role") or "user"
        _read_content(message.get("content"), role, transcript)
    return len(get_list(body, "messages")), 0


def _read_content(content: object, role: str, transcript: Transcript) -> None:
    for block in content if isinstance(content, list) else [content]:
        if is_object(block):
            _read_block(block, role, transcript)
        elif isinstance(block, str):
            transcript.say(kind_of(role), role, block)


def _read_block(block: JsonObject, role: str, transcript: Transcript) -> None:
    kind = get_str(block, "type") or ""
    if kind == "thinking":
        transcript.say(TextKind.THINKING, role, get_str(block, "thinking"))
    elif kind == "tool_result":
        is_error = block.get("is_error")
        result = ToolResult(
            call_id=get_str(block, "tool_use_id") or "",
            text="\n".join(texts_in(block.get("content"))),
            is_error=is_error if isinstance(is_error, bool) else None,
        )
        transcript.result(result, role)
    elif kind.endswith("tool_use"):
        transcript.say(TextKind.TOOL_INPUT, role, dump(block.get("input")))
    elif kind.endswith("tool_result"):
        # Of a tool that ran at the provider: an output, but not the client's report.
        text = "\n".join(texts_in(block.get("content")))
        transcript.say(TextKind.TOOL_OUTPUT, role, text)
    else:
        for text in texts_in(block):
            transcript.say(kind_of(role), role, text)
