"""Answers of the OpenAI chat completions API, whole or in chunks."""

from dataclasses import dataclass, field

from lunaroute.dialects._chat_request import THINKING_NAMES, call_of, calls_in
from lunaroute.dialects._draft import Draft
from lunaroute.dialects._json import (
    JsonObject,
    get_count,
    get_list,
    get_object,
    get_objects,
    get_str,
    is_object,
    texts_in,
)
from lunaroute.dialects._usage import chat_usage, merge
from lunaroute.model import TextKind, ToolCall, Usage


@dataclass(slots=True)
class _Call:
    number: int  # within its choice
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Choice:
    number: int
    thinking: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    refusal: list[str] = field(default_factory=list)
    calls: list[_Call] = field(default_factory=list)
    open_calls: dict[int, _Call] = field(default_factory=dict)
    finish_reason: str | None = None


class ChatAnswer:
    """Chunks without a type: each may bring text, calls, the usage or an error."""

    __slots__ = ("_choices", "_usage", "draft")

    def __init__(self) -> None:
        self.draft = Draft(ends_by_done=True)
        self._choices: dict[int, _Choice] = {}
        self._usage: JsonObject = {}

    def take_event(self, name: str, payload: JsonObject, /) -> bool:
        is_known = False
        if payload.get("error") is not None or name == "error":
            self.draft.fail(payload)
            is_known = True
        if isinstance(payload.get("choices"), list):
            is_known = True
            self.draft.name(payload)
            for choice in get_objects(payload, "choices"):
                self._take_choice(choice, "delta")
        if is_object(payload.get("usage")):
            is_known = True
            merge(self._usage, get_object(payload, "usage"))
        return is_known

    def take_body(self, payload: JsonObject, /) -> None:
        if payload.get("error") is not None:
            self.draft.fail(payload)
        self.draft.name(payload)
        for choice in get_objects(payload, "choices"):
            self._take_choice(choice, "message")
        merge(self._usage, get_object(payload, "usage"))
        self.draft.complete = True

    def usage_so_far(self) -> Usage | None:
        return chat_usage(self._usage)

    def finish(self) -> None:
        draft = self.draft
        for _, choice in sorted(self._choices.items()):
            self._say(choice)
            draft.stop_reason = draft.stop_reason or choice.finish_reason
            was_filtered = choice.finish_reason == "content_filter"
            draft.has_refusal |= bool(choice.refusal) or was_filtered
        self._choices.clear()
        draft.usage = chat_usage(self._usage)

    def _take_choice(self, holder: JsonObject, name: str) -> None:
        number = get_count(holder, "index") or 0
        choice = self._choices.setdefault(number, _Choice(number))
        finish_reason = get_str(holder, "finish_reason")
        choice.finish_reason = finish_reason or choice.finish_reason
        said = get_object(holder, name)
        for thinking in THINKING_NAMES:
            self._hear(choice, TextKind.THINKING, choice.thinking, said.get(thinking))
        self._hear(choice, TextKind.ANSWER, choice.text, said.get("content"))
        self._hear(choice, TextKind.ANSWER, choice.refusal, said.get("refusal"))
        self._take_calls(choice, said)
        self.draft.saw_token |= bool(
            choice.text or choice.thinking or choice.refusal or choice.calls
        )

    def _hear(
        self, choice: _Choice, kind: TextKind, parts: list[str], told: object
    ) -> None:
        for text in texts_in(told):
            parts.append(text)
            is_refusal = parts is choice.refusal
            name = "refusal" if is_refusal else kind.value
            self.draft.hear(kind, f"{choice.number}.{name}", text)

    def _take_calls(self, choice: _Choice, said: JsonObject) -> None:
        for position, delta in enumerate(get_list(said, "tool_calls")):
            if is_object(delta):
                index = get_count(delta, "index")
                index = position if index is None else index
                self._add(choice, index, call_of(delta))
        if "function_call" in said:
            legacy: JsonObject = {"function_call": said["function_call"]}
            for call in calls_in(legacy):
                self._add(choice, 0, call)

    def _add(self, choice: _Choice, index: int, delta: ToolCall) -> None:
        call = choice.open_calls.get(index)
        # Some servers give every call the index 0; an id of its own tells them apart.
        if call is None or (delta.id and call.id and delta.id != call.id):
            call = choice.open_calls[index] = _Call(len(choice.calls))
            choice.calls.append(call)
        call.id = call.id or delta.id
        call.name = call.name or delta.name
        if delta.arguments:
            call.arguments.append(delta.arguments)
            place = f"{choice.number}.call.{call.number}"
            self.draft.hear(TextKind.TOOL_INPUT, place, delta.arguments)

    def _say(self, choice: _Choice) -> None:
        transcript = self.draft.transcript
        transcript.say(TextKind.THINKING, "assistant", "".join(choice.thinking))
        transcript.say(TextKind.ANSWER, "assistant", "".join(choice.text))
        transcript.say(TextKind.ANSWER, "assistant", "".join(choice.refusal))
        for call in choice.calls:
            transcript.call(ToolCall(call.id, call.name, "".join(call.arguments)))
