"""How the live view looks: boxes for people, objects for programs."""

from dataclasses import dataclass, field
from enum import StrEnum

from lunaroute.logs import json_line

_RULE = "\u2500" * 60
_TOP, _MIDDLE, _BOTTOM = f"\u250c{_RULE}", f"\u251c{_RULE}", f"\u2514{_RULE}"


class Happening(StrEnum):
    """What is shown."""

    REQUEST = "request"
    ANSWER = "answer"  # begins
    TEXT = "text"
    THINKING = "thinking"
    TOOL = "tool"
    USAGE = "usage"
    ERROR = "error"
    END = "end"


_SIGNS = {
    Happening.TEXT: "\U0001f4dd ",
    Happening.THINKING: "\U0001f4ad ",
    Happening.TOOL: "\U0001f527 Tool call: ",
    Happening.USAGE: "\U0001f4ca Usage: ",
    Happening.ERROR: "\u274c ",
    Happening.END: "\U0001f3c1 ",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing of one exchange. ``text`` is for people, ``facts`` for programs."""

    what: Happening
    number: int
    text: str
    facts: dict[str, object] = field(default_factory=dict)


class Boxes:
    """A box for each request and one for each answer, as text with line ends.

    With several answers under way each line says whose it is.
    """

    def __init__(self) -> None:
        self._open: set[int] = set()

    def lines(self, shown: Shown) -> str:
        text = shown.text.rstrip("\n")
        match shown.what:
            case Happening.REQUEST:
                title, _, rest = text.partition("\n")
                said = [f"\u2502 {line}" for line in rest.split("\n")]
                lines = [_TOP, f"\u2502 REQUEST #{shown.number} {title}", _MIDDLE]
                lines += [*said, _BOTTOM]
            case Happening.ANSWER:
                self._open.add(shown.number)
                lines = [_TOP, f"\u2502 {text}"]
            case _:
                whose = f"#{shown.number} " if len(self._open) > 1 else ""
                sign = _SIGNS[shown.what]
                lines = [f"\u2502 {whose}{sign}{line}" for line in text.split("\n")]
                if shown.what is Happening.END:
                    self._open.discard(shown.number)
                    lines.append(_BOTTOM)
        return "\n".join(lines) + "\n"


class Objects:
    """One JSON object a line."""

    def lines(self, shown: Shown) -> str:
        facts = {"event": shown.what.value, "number": shown.number, **shown.facts}
        return json_line("info", "lunaroute.requests", shown.text, **facts) + "\n"
