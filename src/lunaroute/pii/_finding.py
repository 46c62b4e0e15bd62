"""Where a value stands, and what becomes of findings that overlap."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A value found in a text: ``text[start:end]``, in code points.

    ``kind`` is a name in ``KINDS`` or that of a custom pattern or a plug-in's kind,
    ``confidence`` lies between 0 and 1.
    """

    start: int
    end: int
    kind: str
    confidence: float


def resolve(findings: Iterable[Finding]) -> list[Finding]:
    """Sorted findings without overlaps.

    Of those that overlap, the longest gives its kind, of equally long ones the most
    certain; the result covers all that any of them covered.
    """
    resolved: list[Finding] = []
    start = end = -1
    best: Finding | None = None
    for finding in sorted(findings, key=lambda f: (f.start, -f.end, -f.confidence)):
        if best is not None and finding.start < end:
            end = max(end, finding.end)
            best = max(best, finding, key=_weight)
            continue
        if best is not None:
            resolved.append(Finding(start, end, best.kind, best.confidence))
        start, end, best = finding.start, finding.end, finding
    if best is not None:
        resolved.append(Finding(start, end, best.kind, best.confidence))
    return resolved


def _weight(finding: Finding) -> tuple[int, float]:
    return finding.end - finding.start, finding.confidence
