"""Texts for a terminal: without secrets, also where they come in pieces, and without
what would command the terminal.
"""

import re

from lunaroute.pii import KINDS, Detector, without_half

# So much of what was shown already is looked at again, as the context of what follows.
_CONTEXT = 512

# C0 and C1 controls, line separators, and what reverses the order of letters.
_UNSHOWN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)


def printable(text: str) -> str:
    """Line feeds and tabs stay; other controls are replaced by a dot."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.encode("utf-8", "replace").decode()
    return _UNSHOWN.sub("\u00b7", text)


def mask(detector: Detector, text: str, start: int = 0, end: int | None = None) -> str:
    """The text from ``start`` to ``end``, with ``[LABEL]`` for each finding.

    What follows is seen: it may tell that something before it is a value.
    """
    parts: list[str] = []
    end = len(text) if end is None else end
    for finding in detector.find(text):
        if finding.end <= start:
            continue
        if finding.start >= end:
            break
        parts += (text[start : finding.start], f"[{_label(finding.kind)}]")
        start = finding.end
    return "".join((*parts, text[start:end]))


def mask_start(detector: Detector, text: str, most: int) -> str:
    """The masked text, or what stands before its ``most`` th character: no half of a
    value ends that.
    """
    if len(text) > most:
        text = without_half(text[:most])
    return mask(detector, text)


def word(detector: Detector, text: str, most: int) -> str:
    """The same, printable."""
    return printable(mask_start(detector, text, most))


class PieceMask:
    """The same for a text that comes in pieces: nothing is let out before it is known
    that no finding reaches over its end.
    """

    __slots__ = ("_detector", "_shown", "_text")

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._text = ""
        self._shown = 0  # of it, the rest is still to come out

    def feed(self, piece: str) -> str:
        """What may be shown now."""
        self._text += piece
        settled = self._detector.settled(self._text)
        if settled <= self._shown:
            return ""
        return self._out(settled)

    def close(self, *, is_cut: bool = False) -> str:
        """The rest; what follows is another text. Of one that ``is_cut`` no half of
        a value is let out.
        """
        if is_cut:
            begin, end = self._text[: self._shown], self._text[self._shown :]
            self._text = begin + without_half(end)
        rest = self._out(len(self._text)) if self._text else ""
        self._text, self._shown = "", 0
        return rest

    def _out(self, end: int) -> str:
        masked = mask(self._detector, self._text, self._shown, end)
        begin = max(0, end - _CONTEXT)
        self._text, self._shown = self._text[begin:], end - begin
        return masked


def _label(kind: str) -> str:
    known = KINDS.get(kind)
    return kind.upper() if known is None else known.label
