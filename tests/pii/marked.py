"""Texts in which the values to be found stand between ⟦ and ⟧."""

import re

from lunaroute.pii import KINDS, Detector

ALL = Detector(KINDS)
_MARK = re.compile("⟦(.*?)⟧", re.DOTALL)


def read(marked: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without marks, and where the values stand in it."""
    text, spans, last = "", [], 0
    for match in _MARK.finditer(marked):
        text += marked[last : match.start()]
        spans.append((len(text), len(text) + len(match[1])))
        text += match[1]
        last = match.end()
    return text + marked[last:], spans


def check(marked: str, kind: str, detector: Detector = ALL) -> None:
    """Exactly the marked values are found, as this kind."""
    text, spans = read(marked)
    found = [(f.start, f.end, f.kind) for f in detector.find(text)]
    assert found == [(start, end, kind) for start, end in spans], text
