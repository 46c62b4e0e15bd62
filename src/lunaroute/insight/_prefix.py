"""A request as the blocks that a provider's prompt cache compares: tools, then system,
then messages; and where two requests part.

A cache holds beginnings: whatever changes in a block, all behind it is read anew.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

# Set for each block by the client and no part of what is cached.
_MARK = "cache_control"
# Claude Code's version and build in the first block: not what the model reads.
_BILLING = "x-anthropic-billing-header:"
# Of Anthropic's parameters these are part of what stands before the messages.
_PARAMETERS = ("tool_choice", "thinking", "output_config")
_TOOLS = re.compile(r"tools\[(.*)\]", re.DOTALL)
# So many names are told of tools that came and went.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Block:
    """``label`` says where it stands; ``digest`` is of its content."""

    label: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Prefix:
    """A request's blocks in the order of the cache. ``goes_on`` where the request
    names an answer that it continues: what stands before it is with the provider.
    """

    blocks: tuple[Block, ...]
    goes_on: bool = False


def prefix_of(body: bytes) -> Prefix | None:
    """None where the body is no JSON object."""
    try:
        request = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(request, dict):
        return None
    if request.get("type") == "response.create" and "input" not in request:
        inner = request.get("response")
        request = inner if isinstance(inner, dict) else request
    blocks = tuple(Block(label, _digest(value)) for label, value in _parts(request))
    return Prefix(blocks, bool(request.get("previous_response_id")))


def change(before: Prefix, after: Prefix) -> str | None:
    """Where ``after`` parts from ``before``, in words; None where it only goes on."""
    old, new = before.blocks, after.blocks
    pairs = zip(old, new, strict=False)
    differ = (n for n, (a, b) in enumerate(pairs) if a.digest != b.digest)
    at = next(differ, min(len(old), len(new)))
    if at == len(old):
        return None
    gone = old[at]
    come = new[at] if at < len(new) else None
    if _TOOLS.fullmatch(gone.label) or (come and _TOOLS.fullmatch(come.label)):
        return _tool_change(before, after)
    if come is None:
        return f"{gone.label} and what follows it is gone"
    if come.label == gone.label:
        return f"{gone.label} changed"
    return f"{come.label} stands where {gone.label} was"


def _tool_change(before: Prefix, after: Prefix) -> str:
    old, new = _tools(before), _tools(after)
    kept = [name for name in new if name in old]
    kinds = {
        "new": [name for name in new if name not in old],
        "gone": [name for name in old if name not in new],
        "changed": [name for name in kept if new[name] != old[name]],
    }
    said = [f"{word} {_names(names)}" for word, names in kinds.items() if names]
    return f"tools: {', '.join(said) or 'in another order'}"


def _tools(prefix: Prefix) -> dict[str, bytes]:
    found = ((_TOOLS.fullmatch(block.label), block.digest) for block in prefix.blocks)
    return {match[1]: digest for match, digest in found if match}


def _names(names: list[str]) -> str:
    more = len(names) - _NAMED
    return " ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _parts(request: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for number, tool in enumerate(_list(request.get("tools"))):
        yield f"tools[{_tool_name(tool) or number}]", tool
    for name in ("system", "instructions"):
        yield from _contents(name, request.get(name))
    for name in _PARAMETERS:
        if request.get(name) is not None:
            yield name, request[name]
    given = request.get("input", request.get("messages"))
    whole = "input" if "input" in request else "messages"
    if isinstance(given, str):
        yield "input", given
    for number, message in enumerate(_list(given)):
        yield from _message(f"{whole}[{number}]", message)


def _message(label: str, message: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(message, dict):
        yield label, message
        return
    who = message.get("role") or message.get("type") or ""
    content = message.get("content")
    rest = {name: value for name, value in message.items() if name != "content"}
    named = f"{label} ({who})" if isinstance(who, str) and who else label
    parts = list(_contents(f"{label}.content", content))
    if len(parts) > 1:
        for place, part in parts:
            kind = part.get("type") if isinstance(part, dict) else None
            shown = f"{place} ({who}, {kind})" if kind else f"{place} ({who})"
            yield shown, [rest, part]
    else:
        yield named, [rest, *(part for _, part in parts)]


def _contents(label: str, content: Any) -> Iterator[tuple[str, Any]]:
    """The blocks of a content, of a text one."""
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    for number, part in enumerate(_list(content)):
        text = part.get("text") if isinstance(part, dict) else None
        if not (isinstance(text, str) and text.startswith(_BILLING)):
            yield f"{label}[{number}]", part


def _tool_name(tool: Any) -> str | None:
    if not isinstance(tool, dict):
        return None
    inner = tool.get("function")
    holder = inner if isinstance(inner, dict) else tool
    name = holder.get("name") or tool.get("type")
    return name if isinstance(name, str) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _digest(value: Any) -> bytes:
    text = orjson.dumps(_unmarked(value))
    return hashlib.blake2b(text, digest_size=8).digest()


def _unmarked(value: Any, depth: int = 0) -> Any:
    """Without the marks of a block and of the blocks within it."""
    if isinstance(value, dict) and depth < 4:
        return {
            name: _unmarked(inner, depth + 1) if name == "content" else inner
            for name, inner in value.items()
            if name != _MARK
        }
    if isinstance(value, list) and depth < 4:
        return [_unmarked(inner, depth + 1) for inner in value]
    return value
