"""What the detector finds of the labelled corpus, and how fast it reads.

Run: python -m benchmarks.pii
The corpus is that of ``tests/pii/corpus.py``. Speeds are the best of five runs, on one
core, all kinds on. Worst inputs are measured against 1 MB of coding traffic.
"""

import json
import random
import time
from pathlib import Path

from lunaroute.pii import KINDS, Detector
from tests.pii import corpus

MEGABYTE = 1_000_000
NINE = (
    *("email", "phone", "credit_card", "crypto_address", "iban"),
    *("ip_address", "mac_address", "ssn", "itin"),
)
SOURCE = Path(__file__).parent.parent / "src"
PROSE = [
    "the",
    "quick",
    "brown",
    "fox",
    "jumps",
    "over",
    "a",
    "lazy",
    "dog",
    "while",
    "every",
    "reader",
    "turns",
    "pages",
    "and",
    "thinks",
    "about",
    "rivers",
    "mountains",
    "and",
    "the",
    "weather",
    "reports",
    "of",
    "last",
    "week",
]
WORST = {
    "digits": "1234567890",
    "groups of digits": "4111 1111 1111 ",
    "@@@": "@",
    "a@a@": "a@",
    "eyJeyJ": "eyJ",
    "-----BEGIN without end": "-----" + "BEGIN PRIVATE KEY-----",
    "-----BEGIN": "-----BEGIN ",
    "a:b:c:": "ab:",
}


def main() -> None:
    detector = Detector(KINDS)
    for line in (*_found(detector), "", *_fast(detector)):
        print(line)


def _found(detector: Detector) -> list[str]:
    examples = [
        *corpus.personal(),
        *(example for seed in range(5) for example in corpus.secrets(seed)),
    ]
    whole: dict[str, list[bool]] = {}
    right = wrong = 0
    for example in examples:
        found = detector.find(example.text)
        covered = {at for f in found for at in range(f.start, f.end)}
        whole.setdefault(example.kind, []).extend(
            covered.issuperset(range(*span)) for span in example.spans
        )
        for f in found:
            overlaps = any(
                f.start < end and start < f.end for start, end in example.spans
            )
            right += overlaps
            wrong += not overlaps
    negatives = corpus.negatives()
    flagged = [found for e in negatives if (found := detector.find(e.text))]
    wrong += sum(map(len, flagged))
    nine = [hit for kind in NINE for hit in whole[kind]]
    secrets = [
        hit for kind, hits in whole.items() if KINDS[kind].is_secret for hit in hits
    ]
    others = [
        hit
        for kind, hits in whole.items()
        if kind not in NINE
        for hit in hits
        if not KINDS[kind].is_secret
    ]
    return [
        "| | found whole | of |",
        "|---|---|---|",
        f"| nine common personal kinds | {_share(nine)} | {len(nine)} |",
        f"| thirteen further personal kinds | {_share(others)} | {len(others)} |",
        f"| 26 kinds of secrets | {_share(secrets)} | {len(secrets)} |",
        f"| precision | {right / (right + wrong):.4f} | {right + wrong} |",
        f"| hard negatives flagged | {len(flagged) / len(negatives):.2%} | {len(negatives)} |",
    ]


def _share(hits: list[bool]) -> str:
    return f"{sum(hits) / len(hits):.4f}"


def _fast(detector: Detector) -> list[str]:
    clean = _cut(" ".join(random.Random(1).choices(PROSE, k=200_000)))
    traffic = _traffic()
    normal = _seconds(detector, traffic)
    long = _seconds(detector, traffic * 10)
    worst = {
        name: _seconds(detector, _cut(text * MEGABYTE)) for name, text in WORST.items()
    }
    return [
        "| | |",
        "|---|---|",
        f"| clean text, 1 MB | {1 / _seconds(detector, clean):.0f} MB/s |",
        f"| coding traffic, 1 MB | {1 / normal:.0f} MB/s |",
        f"| 10 MB against 1 MB | {long / normal:.1f} times |",
        *(
            f"| {name} against coding traffic | {seconds / normal:.2f} times |"
            for name, seconds in worst.items()
        ),
    ]


def _traffic() -> str:
    """Our own sources as the results of a tool, in the JSON of a request."""
    source = "".join(path.read_text("utf-8") for path in sorted(SOURCE.rglob("*.py")))
    pieces = [source[at : at + 4000] for at in range(0, len(source), 4000)]
    messages = [
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": f"toolu_{number:024x}",
                    "content": piece,
                }
            ],
        }
        for number, piece in enumerate(pieces)
    ]
    return _cut(json.dumps(messages) * 2)


def _cut(text: str) -> str:
    return text[:MEGABYTE]


def _seconds(detector: Detector, text: str) -> float:
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        detector.find(text)
        best = min(best, time.perf_counter() - start)
    return best


if __name__ == "__main__":
    main()
