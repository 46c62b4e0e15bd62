"""Answers of the Anthropic messages API: one message, whole or in events."""

from dataclasses import dataclass, field

from lunaroute.dialects._draft import Draft
from lunaroute.dialects._json import (
    JsonObject,
    dump,
    get_count,
    get_object,
    get_objects,
    get_str,
    texts_in,
)
from lunaroute.dialects._usage import anthropic_tier, anthropic_usage, merge
from lunaroute.model import TextKind, ToolCall, Usage

# What a delta adds to its block: the name of the piece, and the kind of block that it
# belongs to should the block's own beginning be missing.
_DELTAS = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("thinking", "thinking"),
    "input_json_delta": ("partial_json", "tool_use"),
    "compaction_delta": ("content", "compaction"),
}
_OUTPUT = ("text_delta", "thinking_delta", "input_json_delta")


@dataclass(slots=True)
class _Block:
    start: JsonObject
    kind: str
    number: int  # within the message
    is_closed: bool = False
    parts: list[str] = field(default_factory=list)


class AnthropicAnswer:
    """``message_start``, blocks with their deltas, ``message_delta``, ``message_stop``.

    Usage is cumulative: each mention replaces the one before.
    """

    __slots__ = ("_blocks", "_handlers", "_open", "_usage", "draft")

    def __init__(self) -> None:
        self.draft = Draft()
        self._blocks: list[_Block] = []
        self._open: dict[int, _Block] = {}  # the latest block of each index
        self._usage: JsonObject = {}
        self._handlers = {
            "message_start": self._message_start,
            "content_block_start": self._block_start,
            "content_block_delta": self._block_delta,
            "content_block_stop": self._block_stop,
            "message_delta": self._message_delta,
            "message_stop": self._message_stop,
            "ping": self._ignore,
            "error": self.draft.fail,
        }

    def take_event(self, name: str, payload: JsonObject, /) -> bool:
        handler = self._handlers.get(get_str(payload, "type") or name)
        if handler is None:
            return False
        handler(payload)
        return True

    def take_body(self, payload: JsonObject, /) -> None:
        if payload.get("type") == "error":
            self.draft.fail(payload)
        self._read_message(payload)
        self._stop(payload)
        self.draft.complete = True

    def usage_so_far(self) -> Usage | None:
        return anthropic_usage(self._usage)

    def finish(self) -> None:
        for block in self._blocks:
            self._say(block)
        self._blocks.clear()
        self.draft.usage = anthropic_usage(self._usage)
        self.draft.service_tier = anthropic_tier(self._usage)

    def _message_start(self, event: JsonObject) -> None:
        self._read_message(get_object(event, "message"))

    def _read_message(self, message: JsonObject) -> None:
        self.draft.name(message)
        merge(self._usage, get_object(message, "usage"))
        for block in get_objects(message, "content"):
            kind = get_str(block, "type") or ""
            number = len(self._blocks)
            self._blocks.append(_Block(block, kind, number, is_closed=True))
            self.draft.saw_token = True

    def _block_start(self, event: JsonObject) -> None:
        start = get_object(event, "content_block")
        self._begin(event, start, get_str(start, "type") or "")

    def _begin(self, event: JsonObject, start: JsonObject, kind: str) -> _Block:
        block = _Block(start, kind, len(self._blocks))
        self._blocks.append(block)
        self._open[get_count(event, "index") or 0] = block
        if kind in ("text", "thinking"):
            self._hear(block, get_str(start, kind))
        return block

    def _block_delta(self, event: JsonObject) -> None:
        # As good as all of a stream: `get_str` and its like would take half the time.
        delta = event.get("delta")
        if not isinstance(delta, dict):
            return
        kind = delta.get("type")
        if not isinstance(kind, str) or kind not in _DELTAS:
            return  # signatures, citations
        name, block_kind = _DELTAS[kind]
        block = self._open.get(get_count(event, "index") or 0)
        if block is None:
            block = self._begin(event, {}, block_kind)
        piece = delta.get(name)
        is_text = False
        if isinstance(piece, str) and piece:
            is_text = True
            block.parts.append(piece)
            self._hear(block, piece)
        self.draft.saw_token |= kind == "input_json_delta" or (
            is_text and kind in _OUTPUT
        )

    def _hear(self, block: _Block, piece: str | None) -> None:
        if self.draft.heard is None:
            return
        kind = TextKind.ANSWER
        if block.kind == "thinking":
            kind = TextKind.THINKING
        elif block.kind.endswith("tool_use"):
            kind = TextKind.TOOL_INPUT
        self.draft.hear(kind, str(block.number), piece)

    def _block_stop(self, event: JsonObject) -> None:
        block = self._open.get(get_count(event, "index") or 0)
        if block is not None:
            block.is_closed = True

    def _message_delta(self, event: JsonObject) -> None:
        merge(self._usage, get_object(event, "usage"))
        self._stop(get_object(event, "delta"))

    def _stop(self, holder: JsonObject) -> None:
        self.draft.stop_reason = (
            get_str(holder, "stop_reason") or self.draft.stop_reason
        )
        self.draft.has_refusal = self.draft.stop_reason == "refusal"

    def _message_stop(self, _event: JsonObject) -> None:
        self.draft.complete = True

    def _ignore(self, _event: JsonObject) -> None:
        """Known, and nothing to learn from."""

    def _say(self, block: _Block) -> None:
        transcript = self.draft.transcript
        said = "".join(block.parts)
        if block.kind == "thinking":
            thinking = (get_str(block.start, "thinking") or "") + said
            transcript.say(TextKind.THINKING, "assistant", thinking)
        elif block.kind.endswith("tool_use"):
            transcript.call(_call(block, said))
        elif block.kind.endswith("tool_result"):
            output = "\n".join(texts_in(block.start.get("content")))
            transcript.say(TextKind.TOOL_OUTPUT, "assistant", output)
        else:
            text = "\n".join(texts_in(block.start)) + said
            transcript.say(TextKind.ANSWER, "assistant", text)


def _call(block: _Block, said: str) -> ToolCall:
    # A stream begins the block with an empty input and sends the text of the real one.
    # No text at all means that it is empty indeed, unless the stream was cut.
    given = block.start.get("input")
    return ToolCall(
        id=get_str(block.start, "id") or "",
        name=get_str(block.start, "name") or "",
        arguments=said or (dump(given) if given or block.is_closed else ""),
        server=get_str(block.start, "server_name"),
    )
