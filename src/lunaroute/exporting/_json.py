"""As one JSON object: the session's row, and each exchange with all that is known.

Bodies that are JSON stand in it to the byte; any other is a string.
"""

from collections.abc import Iterator
from dataclasses import asdict

import orjson

from lunaroute.exporting._copy import CopiedTurn, Copy

_JSON_COLUMNS = (
    "request_headers",
    "answer_headers",
    "vendor_usage",
    "metadata",
    "redacted",
)


def as_json(copy: Copy) -> Iterator[bytes]:
    """The object in pieces, an exchange at a time."""
    yield b'{"session":%s,"exchanges":[' % orjson.dumps(asdict(copy.detail.summary))
    for number, copied in enumerate(copy.turns()):
        yield (b",\n" if number else b"\n") + orjson.dumps(_exchange(copied))
    yield b"\n]}\n"


def json_value(body: bytes | None) -> object:
    """A body for ``orjson.dumps``: as it is where it is JSON, else as text."""
    if body is None:
        return None
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")
    return orjson.Fragment(body)


def _exchange(copied: CopiedTurn) -> dict[str, object]:
    row = asdict(copied.row)
    for name in _JSON_COLUMNS:
        text = row[name]
        row[name] = None if text is None else json_value(text.encode())
    return {
        **row,
        "request": json_value(copied.request),
        "request_missing": copied.request_missing,
        "request_redacted": [asdict(mark) for mark in copied.marks],
        "answer": json_value(copied.answer),
        "answer_events": json_value(copied.stream),
        "answer_missing": copied.answer_missing,
        "answer_text": copied.answer_text,
        "texts": [
            {"kind": text.kind, "role": text.role, "text": text.text}
            for text in copied.turn.texts
        ],
        "tool_calls": [asdict(call) for call in copied.turn.calls],
    }
