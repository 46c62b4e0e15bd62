"""Collects what a conversation holds, in wire order; empty texts are nothing."""

from dataclasses import dataclass, field

from lunaroute.model import Text, TextKind, ToolCall, ToolResult

_KINDS = {
    "system": TextKind.SYSTEM,
    "developer": TextKind.SYSTEM,
    "assistant": TextKind.ANSWER,
}


def kind_of(role: str) -> TextKind:
    """The kind of a plain text by the role that says it."""
    return _KINDS.get(role, TextKind.PROMPT)


@dataclass(slots=True)
class Transcript:
    """Texts, calls and results as they are read."""

    texts: list[Text] = field(default_factory=list)
    tool_calls: list[ToolCall] = field(default_factory=list)
    tool_results: list[ToolResult] = field(default_factory=list)

    def say(self, kind: TextKind, role: str, text: str | None) -> None:
        if text:
            self.texts.append(Text(kind, role, text))

    def call(self, call: ToolCall) -> None:
        """A call is kept as such, and its arguments as a text to be found."""
        self.tool_calls.append(call)
        self.say(TextKind.TOOL_INPUT, "assistant", call.arguments)

    def result(self, result: ToolResult, role: str) -> None:
        self.tool_results.append(result)
        self.say(TextKind.TOOL_OUTPUT, role, result.text)
