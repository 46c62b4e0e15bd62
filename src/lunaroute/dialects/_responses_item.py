"""The items that Responses requests and answers are made of."""

from lunaroute.dialects._json import (
    JsonObject,
    dump,
    get_objects,
    get_str,
    texts_in,
)
from lunaroute.dialects._tool_outcome import outcome_of
from lunaroute.dialects._transcript import Transcript, kind_of
from lunaroute.model import TextKind, ToolCall, ToolResult

# Items that say nothing by themselves.
_SILENT = frozenset(
    {"additional_tools", "compaction", "compaction_trigger", "item_reference"}
)


def read_item(item: JsonObject, transcript: Transcript) -> None:
    """Add what one item says, whichever side sent it."""
    kind = get_str(item, "type") or "message"
    role = get_str(item, "role")
    if kind == "reasoning":
        for name in ("summary", "content"):
            for text in texts_in(item.get(name)):
                transcript.say(TextKind.THINKING, role or "assistant", text)
    elif kind.endswith("_call_output"):
        text = _output(item.get("output"))
        told = outcome_of(item, text)
        result = ToolResult(
            call_id=get_str(item, "call_id") or "",
            text=text,
            is_error=told.is_error,
            duration_us=told.duration_us,
        )
        transcript.result(result, role or "tool")
    elif kind.endswith("_call"):
        transcript.call(_call(item, kind))
        # Of a tool that ran at the provider.
        output = _output(item.get("output"))
        transcript.say(TextKind.TOOL_OUTPUT, "tool", output)
    elif kind not in _SILENT:
        role = role or ("agent" if kind == "agent_message" else "user")
        for text in texts_in(item):
            transcript.say(kind_of(role), role, text)


def has_refusal(item: JsonObject) -> bool:
    return any(part.get("type") == "refusal" for part in get_objects(item, "content"))


def _call(item: JsonObject, kind: str) -> ToolCall:
    arguments: object = None
    for name in ("arguments", "input", "code", "action", "queries", "operation"):
        if item.get(name) is not None:
            arguments = item[name]
            break
    return ToolCall(
        id=get_str(item, "call_id") or get_str(item, "id") or "",
        name=get_str(item, "name") or kind.removesuffix("_call"),
        arguments=arguments if isinstance(arguments, str) else dump(arguments),
        server=get_str(item, "server_label") or _server_of(get_str(item, "namespace")),
    )


def _server_of(namespace: str | None) -> str | None:
    """Codex' namespaces: those of MCP servers begin so, its own do not."""
    if namespace is None or not namespace.startswith("mcp__"):
        return None
    return namespace.removeprefix("mcp__").rstrip("_") or None


def _output(output: object) -> str:
    return "\n".join(texts_in(output))
