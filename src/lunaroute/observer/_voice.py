"""What a model says in one answer, shown while it comes, without secrets."""

from collections.abc import Callable, Iterable
from itertools import groupby

from lunaroute.dialects import Delta, DeltaKind
from lunaroute.model import AnswerFacts, TextKind, Usage
from lunaroute.observer._mask import PieceMask, mask, printable, word
from lunaroute.observer._view import Happening, Shown
from lunaroute.pii import Detector

_KINDS = {DeltaKind.TEXT: Happening.TEXT, DeltaKind.THINKING: Happening.THINKING}
_SAID = {TextKind.ANSWER: Happening.TEXT, TextKind.THINKING: Happening.THINKING}
# A tool's name is the model's word: it may be anything.
_MAX_NAME = 100
_MAX_ERROR = 2_000


class Voice:
    """One answer under way. Text of one kind is shown before that of another begins."""

    __slots__ = ("_detector", "_kind", "_mask", "_number", "_show")

    def __init__(
        self, number: int, show: Callable[[Shown], object], detector: Detector
    ) -> None:
        self._number = number
        self._show = show
        self._detector = detector
        self._mask = PieceMask(detector)
        self._kind = DeltaKind.TEXT

    def take(self, deltas: Iterable[Delta]) -> None:
        """Collects; shows what may be shown. Best called with much at once: each text
        that grows is searched again.
        """
        for kind, group in groupby(deltas, key=lambda delta: delta.kind):
            if kind is not self._kind:
                self.pause()
            if kind in _KINDS:
                self._kind = kind
                piece = "".join(delta.text for delta in group)
                self._say(_KINDS[kind], self._mask.feed(piece))
            elif kind is DeltaKind.TOOL:
                for delta in group:
                    self._tool(delta.text)

    def pause(self, *, is_cut: bool = False) -> None:
        """What was said is complete, or cut: the rest of it is shown."""
        self._say(_KINDS[self._kind], self._mask.close(is_cut=is_cut))

    def whole(self, answer: AnswerFacts) -> None:
        """An answer that was no stream."""
        for text in answer.texts:
            if text.kind in _SAID:
                self._say(_SAID[text.kind], mask(self._detector, text.text))
        for call in answer.tool_calls:
            self._tool(call.name)

    def usage(self, usage: Usage, cost: float | None) -> None:
        """The counts that the vendor names, and the dollars if they are known."""
        counts = {
            "input": usage.input_uncached or 0,
            "cache_read": usage.cache_read or 0,
            "cache_write": (usage.cache_write_5m or 0) + (usage.cache_write_1h or 0),
            "output": usage.output or 0,
            "thinking": (usage.thinking or 0) + (usage.reasoning or 0),
            "audio": (usage.audio_input or 0) + (usage.audio_output or 0),
            "total": usage.total,
        }
        always = ("input", "output", "total")
        told = [f"{k}={v}" for k, v in counts.items() if v or k in always]
        if cost is not None:
            told.append(f"cost=${cost:.4f}")
        facts: dict[str, object] = {"usage": counts, "cost_usd": cost}
        self._put(Happening.USAGE, ", ".join(told), facts)

    def fail(self, why: str) -> None:
        """Why there was no good answer."""
        text = word(self._detector, why, _MAX_ERROR)
        self._put(Happening.ERROR, text, {"error": text})

    def reason(self, text: str) -> str:
        """What the provider calls the end, as it may be shown."""
        return word(self._detector, text, _MAX_NAME)

    def end(self, text: str, **facts: object) -> None:
        self._put(Happening.END, text, facts)

    def _tool(self, name: str) -> None:
        name = word(self._detector, name, _MAX_NAME)
        self._put(Happening.TOOL, name, {"tool": name})

    def _say(self, what: Happening, text: str) -> None:
        text = printable(text)
        if text.strip():
            self._put(what, text, {})

    def _put(self, what: Happening, text: str, facts: dict[str, object]) -> None:
        self._show(Shown(what, self._number, text, facts))
