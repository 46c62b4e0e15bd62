"""Requests of the OpenAI responses API, as HTTP bodies and as WebSocket frames."""

from lunaroute.dialects._json import (
    JsonObject,
    get_list,
    get_object,
    get_objects,
    get_str,
    texts_in,
)
from lunaroute.dialects._responses_item import read_item
from lunaroute.dialects._transcript import Transcript
from lunaroute.model import TextKind


def unwrap(payload: JsonObject) -> tuple[JsonObject, bool]:
    """The request itself, and whether it came as a frame; those always stream."""
    is_frame = payload.get("type") == "response.create"
    nested = get_object(payload, "response")
    if nested and "input" not in payload:
        return nested, is_frame
    return payload, is_frame


def read(body: JsonObject, transcript: Transcript) -> tuple[int, int]:
    """Fill the transcript; how many input items there are, and tools among them."""
    for text in texts_in(body.get("instructions")):
        transcript.say(TextKind.SYSTEM, "system", text)
    given = body.get("input")
    if isinstance(given, str):
        transcript.say(TextKind.PROMPT, "user", given)
        return 1, 0
    tools = 0
    for item in get_objects(body, "input"):
        read_item(item, transcript)
        if get_str(item, "type") == "additional_tools":
            tools += count_tools(item)
    return len(get_list(body, "input")), tools


def count_tools(holder: JsonObject) -> int:
    """The tools of a list; a namespace counts as those within it."""
    return sum(
        len(get_objects(tool, "tools")) if tool.get("type") == "namespace" else 1
        for tool in get_objects(holder, "tools")
    )
