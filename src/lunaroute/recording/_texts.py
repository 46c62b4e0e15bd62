"""The texts of an exchange as rows, hashed so that history is stored once."""

import hashlib

import orjson

from lunaroute.model import AnswerFacts, RequestFacts, Text, TextKind
from lunaroute.recording._reading import Reading, clean
from lunaroute.store import TextRow, ToolResultRow


def text_rows(reading: Reading, key: bytes) -> tuple[TextRow, ...]:
    """The request's texts in order, then the answer's, each once."""
    return spoken_rows(reading.request, reading.answer, key) if reading.is_turn else ()


def spoken_rows(
    request: RequestFacts, answer: AnswerFacts, key: bytes
) -> tuple[TextRow, ...]:
    """As :func:`text_rows`, of facts that were read elsewhere."""
    rows: dict[bytes, TextRow] = {}
    for text in _spoken(request, answer):
        row = _row(len(rows), text, key)
        rows.setdefault(row.hash, row)
    return tuple(rows.values())


def result_rows(reading: Reading, key: bytes) -> tuple[ToolResultRow, ...]:
    """What the request reports back of tools, with the text row it stands in."""
    return brought_rows(reading.request, key)


def brought_rows(request: RequestFacts, key: bytes) -> tuple[ToolResultRow, ...]:
    """As :func:`result_rows`, of facts that were read elsewhere."""
    roles = {
        text.text: text.role
        for text in request.texts
        if text.kind is TextKind.TOOL_OUTPUT
    }
    rows = []
    for result in request.tool_results:
        text = Text(TextKind.TOOL_OUTPUT, roles.get(result.text, "tool"), result.text)
        size = len(result.text.encode("utf-8", "replace"))
        found = _hash(text, key)
        told = (result.is_error, result.duration_us)
        rows.append(ToolResultRow(clean(result.call_id), found, size, *told))
    return tuple(rows)


def text_hash(kind: str, role: str, text: str, key: bytes) -> bytes:
    """What tells a text of a session from all others of it."""
    return _hash(Text(TextKind(kind), role, text), key)


def _spoken(request: RequestFacts, answer: AnswerFacts) -> list[Text]:
    inputs = [
        Text(TextKind.TOOL_INPUT, "assistant", call.arguments)
        for call in answer.tool_calls
        if call.arguments
    ]
    spoken = [*request.texts, *answer.texts, *inputs]
    if answer.error_text:
        spoken.append(Text(TextKind.ERROR, "provider", answer.error_text))
    return spoken


def _row(ordinal: int, text: Text, key: bytes) -> TextRow:
    found = _hash(text, key)
    return TextRow(ordinal, text.kind.value, clean(text.role), clean(text.text), found)


def _hash(text: Text, key: bytes) -> bytes:
    words = text.text
    if text.kind is TextKind.TOOL_INPUT:
        words = _canonical(words)
    found = hashlib.blake2b(key=key[:64], digest_size=16)
    found.update(f"{text.kind.value}\0{text.role}\0".encode("utf-8", "replace"))
    found.update(words.encode("utf-8", "replace"))
    return found.digest()


def _canonical(arguments: str) -> str:
    # An answer streams a tool's input as the model wrote it; history brings it back as
    # the client wrote it again, with other spaces and order.
    try:
        value = orjson.loads(arguments)
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return arguments
