"""Answers of the OpenAI responses API: items, whole or in events.

An item is told up to three times: in deltas, when it is done, and within the finished
response. The last telling counts, the earlier ones are for streams that were cut.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from lunaroute.dialects._draft import Draft
from lunaroute.dialects._json import (
    JsonObject,
    get_count,
    get_object,
    get_objects,
    get_str,
)
from lunaroute.dialects._responses_item import has_refusal, read_item
from lunaroute.dialects._transcript import Transcript
from lunaroute.dialects._usage import merge, responses_usage
from lunaroute.model import TextKind, Usage

# The events that tell pieces of items: (what of the item, its place within the item,
# where the event has the piece, whether that is the whole and replaces the deltas).
_PIECES = {
    f"response.{name}.{ending}": (what, place, "delta" if is_delta else whole, is_delta)
    for name, what, place, whole in (
        ("output_text", "output_text", "content_index", "text"),
        ("refusal", "refusal", "content_index", "refusal"),
        ("reasoning_summary_text", "summary", "summary_index", "text"),
        ("reasoning_text", "content", "content_index", "text"),
        ("function_call_arguments", "arguments", "", "arguments"),
        ("mcp_call_arguments", "arguments", "", "arguments"),
        ("custom_tool_call_input", "input", "", "input"),
        ("code_interpreter_call_code", "code", "", "code"),
    )
    for ending, is_delta in (("delta", True), ("done", False))
}
# Which kind of item a piece belongs to, should the item's own beginning be missing.
_OWNERS = {
    "output_text": "message",
    "refusal": "message",
    "summary": "reasoning",
    "content": "reasoning",
    "arguments": "function_call",
    "input": "custom_tool_call",
    "code": "code_interpreter_call",
}
_ENDS = frozenset(
    f"response.{ending}"
    for ending in ("completed", "failed", "incomplete", "cancelled")
)
_STARTS = frozenset(
    f"response.{start}" for start in ("created", "in_progress", "queued")
)
# Known, and nothing to learn from: what they tell comes with the item.
_QUIET = frozenset(
    {
        "keepalive",
        "response.compaction.compacting",
        "response.content_part.added",
        "response.content_part.done",
        "response.output_text.annotation.added",
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_part.done",
    }
)
_QUIET_FAMILIES = (
    "response.audio.",
    "response.code_interpreter_call.",
    "response.file_search_call.",
    "response.image_generation_call.",
    "response.mcp_call.",
    "response.mcp_list_tools.",
    "response.shell_call",
    "response.steer.",
    "response.web_search_call.",
)


@dataclass(slots=True)
class _Item:
    told: JsonObject = field(default_factory=dict)
    is_done: bool = False
    pieces: dict[tuple[str, int], list[str]] = field(default_factory=dict)

    def whole(self) -> JsonObject:
        """The item as it was last told, completed from its pieces if it is not done."""
        return self.told if self.is_done or not self.pieces else self._rebuilt()

    def _rebuilt(self) -> JsonObject:
        parts: dict[str, list[object]] = {}
        item = dict(self.told)
        for (what, _), pieces in sorted(self.pieces.items(), key=_place):
            item.setdefault("type", _OWNERS[what])
            text = "".join(pieces)
            if what in ("output_text", "refusal"):
                name = "refusal" if what == "refusal" else "text"
                parts.setdefault("content", []).append({"type": what, name: text})
            elif what in ("summary", "content"):
                parts.setdefault(what, []).append({"text": text})
            else:
                item[what] = text
        return item | parts


def _place(piece: tuple[tuple[str, int], list[str]]) -> int:
    return piece[0][1]


def _kind(what: str) -> TextKind:
    if what in ("output_text", "refusal"):
        return TextKind.ANSWER
    return TextKind.THINKING if what in ("summary", "content") else TextKind.TOOL_INPUT


def _billed_by_number(item: JsonObject) -> str | None:
    """The type of an item that costs by itself, beside the tokens. Of a web search the
    opening of a page and the looking into one cost nothing.
    """
    kind = get_str(item, "type")
    if kind == "web_search_call":
        return kind if get_str(item, "action", "type") in (None, "search") else None
    return kind if kind == "file_search_call" else None


class ResponsesAnswer:
    """Events name their item by its place in the output."""

    __slots__ = ("_final", "_handlers", "_items", "_usage", "draft")

    def __init__(self) -> None:
        self.draft = Draft()
        self._items: dict[int | str, _Item] = {}
        self._final: list[JsonObject] = []
        self._usage: JsonObject = {}
        self._handlers: dict[str, Callable[[JsonObject], None]] = {
            **dict.fromkeys(_STARTS, self._start),
            **dict.fromkeys(_PIECES, self._piece),
            **dict.fromkeys(_ENDS, self._end),
            "response.output_item.added": self._item_added,
            "response.output_item.done": self._item_done,
            "error": self.draft.fail,
        }

    def take_event(self, name: str, payload: JsonObject, /) -> bool:
        kind = get_str(payload, "type") or name
        handler = self._handlers.get(kind)
        if handler is None:
            return kind in _QUIET or kind.startswith(_QUIET_FAMILIES)
        payload["type"] = kind
        handler(payload)
        return True

    def take_body(self, payload: JsonObject, /) -> None:
        self._read_response(payload, get_str(payload, "status"))
        self.draft.complete = True

    def usage_so_far(self) -> Usage | None:
        return responses_usage(self._usage)

    def finish(self) -> None:
        output = self._output()
        for item in output:
            read_item({"role": "assistant", **item}, self.draft.transcript)
            self.draft.has_refusal |= has_refusal(item)
        billed = Counter(filter(None, map(_billed_by_number, output)))
        self._items.clear()
        self._final.clear()
        usage = responses_usage(self._usage)
        if usage is not None and billed:
            usage = replace(usage, vendor={**usage.vendor, **billed})
        self.draft.usage = usage

    def _output(self) -> list[JsonObject]:
        streamed = [item.whole() for item in self._items.values()]
        if not self._final:
            return streamed
        if self.draft.stop_reason == "completed":
            return self._final
        # A response that failed may leave out the item that it was at.
        told = {get_str(item, "id") for item in self._final} | {None}
        return self._final + [i for i in streamed if get_str(i, "id") not in told]

    def _start(self, event: JsonObject) -> None:
        self.draft.name(get_object(event, "response"))

    def _end(self, event: JsonObject) -> None:
        response = get_object(event, "response")
        status = str(event["type"]).removeprefix("response.")
        self._read_response(response, get_str(response, "status") or status)
        self.draft.complete = True

    def _read_response(self, response: JsonObject, status: str | None) -> None:
        draft = self.draft
        draft.name(response)
        merge(self._usage, get_object(response, "usage"))
        self._final = get_objects(response, "output") or self._final
        draft.saw_token |= bool(self._final)
        reason = get_str(response, "incomplete_details", "reason")
        draft.stop_reason = status
        if status == "incomplete" and reason:
            draft.stop_reason = f"incomplete: {reason}"
            draft.has_refusal |= reason == "content_filter"
        if response.get("error") is not None:
            draft.fail(response)

    def _item_at(self, event: JsonObject) -> _Item:
        place: int | str | None = get_count(event, "output_index")
        if place is None:
            place = get_str(event, "item_id") or get_str(event, "item", "id") or ""
        return self._items.setdefault(place, _Item())

    def _item_added(self, event: JsonObject) -> None:
        self._item_at(event).told = get_object(event, "item")

    def _item_done(self, event: JsonObject) -> None:
        item = self._item_at(event)
        item.told = get_object(event, "item")
        # Done and yet empty: then the pieces are all there is.
        item.is_done = not item.pieces or _says_something(item.told)
        self.draft.saw_token |= _says_something(item.told)

    def _piece(self, event: JsonObject) -> None:
        what, place, name, is_delta = _PIECES[str(event["type"])]
        text = get_str(event, name)
        if not text:
            return
        item = self._item_at(event)
        item.told.setdefault("id", get_str(event, "item_id"))
        key = (what, get_count(event, place) or 0)
        is_told = key in item.pieces
        if is_delta:
            item.pieces.setdefault(key, []).append(text)
        else:
            item.pieces[key] = [text]
        if is_delta or not is_told:
            self.draft.hear(_kind(what), _place_of(event, key), text)
        self.draft.saw_token = True


def _place_of(event: JsonObject, key: tuple[str, int]) -> str:
    output = get_count(event, "output_index")
    item = get_str(event, "item_id") if output is None else output
    return f"{item}.{key[0]}.{key[1]}"


def _says_something(item: JsonObject) -> bool:
    transcript = Transcript()
    read_item(item, transcript)
    return bool(transcript.texts)
