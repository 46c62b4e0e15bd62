"""The body of an answer: what is kept of it, and how it stands packed in an event.

Kept is what came, to the byte, after its content-encoding was undone. Where something
was redacted in a stream's words all other bytes are as they were; where that cannot be
had nothing is kept.
"""

import re
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson
import zstandard

from lunaroute.model import AnswerFacts
from lunaroute.pii import Mark, Redactor, without_half
from lunaroute.recording._columns import Columns
from lunaroute.recording._dictionary import FRAMES

_LEVEL = 3
# Bytes of a stream's end in which a value that was cut could have begun.
_END = 8192

# What says words, in all dialects; a piece and, where it was taken out, its place.
_SAYS = rb'"(?:text|thinking|partial_json|content|reasoning_content|arguments|delta)"'
_PIECE = re.compile(_SAYS + rb'\s*:\s*"((?:[^"\\]|\\.)*+)"')
_GAP = re.compile(_SAYS + rb'\s*:\s*""')

_MEMBER = re.compile(rb'"(\w+)"\s*:\s*"')
# Where the words stand a second time, token by token and as numbers.
_LOGPROBS = re.compile(rb'"logprobs"\s*:\s*(?:\{|\[\s*\{)')
_BYTES = re.compile(rb'"bytes"\s*:\s*\[\s*[0-9]')
_DELTA = re.compile(rb'"type"\s*:\s*"([\w.]*delta)"')
# Members that never come in pieces, or whose pieces a dialect's reader joins: what is
# in them was looked through whole.
_KNOWN = frozenset(
    b"id type object model role name content text thinking partial_json signature"
    b" arguments delta refusal reasoning reasoning_content item_id obfuscation call_id"
    b" system_fingerprint service_tier stop_reason stop_sequence finish_reason status"
    b" input description title format encrypted_content effort phase provider"
    b" native_finish_reason prompt_cache_key safety_identifier truncation".split()
)
_KNOWN_DELTAS = frozenset(
    b"text_delta thinking_delta input_json_delta signature_delta content_block_delta"
    b" message_delta response.output_text.delta response.refusal.delta"
    b" response.reasoning_summary_text.delta response.reasoning_text.delta"
    b" response.function_call_arguments.delta response.mcp_call_arguments.delta"
    b" response.custom_tool_call_input.delta"
    b" response.code_interpreter_call_code.delta".split()
)


@dataclass(frozen=True, slots=True)
class Stream:
    """``marks`` say where it is not as it was sent."""

    body: bytes
    marks: tuple[Mark, ...] = ()

    def packed(self, words: str | None) -> dict[str, str]:
        """The body as JSON has it, beside the ``words`` that it says and that need not
        be told twice.
        """
        return {
            "zstd": b64encode(_packed(self.body, words)).decode("ascii"),
            "hash": _hash(self.body),
        }

    @classmethod
    def unpacked(cls, told: Mapping[str, Any], words: str | None) -> "Stream":
        """What :meth:`packed` gave. ValueError for what is not that, to the byte."""
        try:
            body = _unpacked(b64decode(told["zstd"]), words)
        except (IndexError, KeyError, TypeError, zstandard.ZstdError) as error:
            raise ValueError(f"a damaged body: {error!r}") from error
        if _hash(body) != told.get("hash"):
            raise ValueError("a body is not what its hash says")
        return cls(body)

    def findings(self, redactor: Redactor) -> tuple[str, ...]:
        """The kinds of what is found in it, or in its pieces put together."""
        columns = Columns.of(self.body)
        if not columns.redact(redactor):
            found = _by_lines(self.body, redactor).marks
            return tuple(mark.kind for mark in found) or ("custom",)
        marks = columns.marks() or _by_lines(self.body, redactor).marks
        return tuple(mark.kind for mark in marks)


def says_again(body: bytes) -> bool:
    """Whether the words of a body stand in it again, in pieces in which no value is
    seen whole: the log probabilities of its tokens.
    """
    return _LOGPROBS.search(body) is not None


def kept_stream(
    body: bytes,
    redactor: Redactor | None,
    told: AnswerFacts,
    kept: AnswerFacts,
    read: Callable[[bytes], AnswerFacts],
) -> Stream | None:
    """What may be kept of a stream that ``told`` what became ``kept``, if anything.

    ``read`` gives the facts of another body of the same kind.
    """
    if redactor is None:
        return Stream(body)
    if not told.complete and _ends_with_half(body):
        return None
    if told == kept and _is_read(body, told):
        # Messages of a WebSocket begin as JSON does, and are many.
        is_events = body[:1] not in (b"{", b"[")
        found = redactor.body(body) if is_events else _by_lines(body, redactor)
        if not found.marks:
            return Stream(body)
    elif not _is_read(body, told) and (
        not told.complete or Columns.of(body).has_scattered()
    ):
        return None
    stream = _redacted(body, redactor)
    if stream is None or _words(read(stream.body)) != _words(kept):
        return None
    return stream


def _redacted(body: bytes, redactor: Redactor) -> Stream | None:
    columns = Columns.of(body)
    if _BYTES.search(body) or not columns.redact(redactor):
        return None
    new, marks = columns.body(), columns.marks()
    # What is told by the name beside it, or across values.
    again = _by_lines(new, redactor)
    if not again.marks:
        return Stream(new, marks)
    found = []
    for mark in marks:
        moved = 0
        for other in again.marks:
            if other.start - moved >= mark.end:
                break
            if other.start - moved + other.was > mark.start:
                return None  # one within the other
            moved += other.end - other.start - other.was
        found.append(Mark(mark.start + moved, mark.end + moved, mark.kind))
    both = sorted((*found, *again.marks), key=lambda mark: mark.start)
    return Stream(again.body, tuple(both))


def _by_lines(body: bytes, redactor: Redactor) -> Stream:
    """What is found in each line; where it has JSON, that stays so."""
    parts: list[bytes] = []
    marks: list[Mark] = []
    size = 0
    for number, line in enumerate(body.split(b"\n")):
        begin = max(0, line.find(b"{"))
        redacted = redactor.body(line[begin:])
        size += begin + bool(number)
        marks += (
            Mark(size + each.start, size + each.end, each.kind, each.was)
            for each in redacted.marks
        )
        size += len(redacted.data)
        parts.append(line[:begin] + redacted.data)
    return Stream(b"\n".join(parts), tuple(marks))


def _is_read(body: bytes, told: AnswerFacts) -> bool:
    """Whether all that came in pieces is in what was told."""
    if told.unknown_events or told.problem:
        return False
    if not _KNOWN_DELTAS.issuperset(_DELTA.findall(body)):
        return False
    members = Counter(_MEMBER.findall(body))
    return all(name in _KNOWN or count == 1 for name, count in members.items())


def _ends_with_half(body: bytes) -> bool:
    end = body[-_END:].decode("utf-8", "surrogateescape")
    return without_half(end) != end


def _words(facts: AnswerFacts) -> tuple[object, ...]:
    return (
        [(text.kind, text.text) for text in facts.texts],
        [(call.name, call.arguments) for call in facts.tool_calls],
        (facts.model, facts.response_id, facts.error_kind, facts.error_text),
    )


def _packed(body: bytes, words: str | None) -> bytes:
    """The words apart from what frames them: that is the same for each piece of them,
    and hardly takes room.
    """
    frame, pieces, passed = [], [], 0
    for found in _PIECE.finditer(body):
        frame.append(body[passed : found.start(1)])
        pieces.append(found[1])
        passed = found.end(1)
    frame.append(body[passed:])
    out = bytearray()
    _put(out, len(pieces))
    for piece in pieces:
        _put(out, len(piece))
    out += b"".join((*pieces, *frame))
    whole = bytes(out)
    if _joined(whole) != body:
        # An empty piece in a piece, or the like: not apart then.
        whole = b"\0" + body
    packer = zstandard.ZstdCompressor(
        level=_LEVEL, dict_data=_dictionary(words), write_content_size=True
    )
    return packer.compress(whole)


def _unpacked(data: bytes, words: str | None) -> bytes:
    unpacker = zstandard.ZstdDecompressor(dict_data=_dictionary(words))
    return _joined(unpacker.decompress(data))


def _joined(whole: bytes) -> bytes:
    count, at = _number(whole, 0)
    if not count:
        return whole[at:]
    lengths = []
    for _ in range(count):
        length, at = _number(whole, at)
        lengths.append(length)
    begin, at = at, at + sum(lengths)
    parts: list[bytes] = []
    passed = at
    gaps = _GAP.finditer(whole, at)
    for length, gap in zip(lengths, gaps, strict=False):
        parts += (whole[passed : gap.end() - 1], whole[begin : begin + length])
        begin += length
        passed = gap.end() - 1
    return b"".join((*parts, whole[passed:]))


def _dictionary(words: str | None) -> zstandard.ZstdCompressionDict:
    """What is known before: the frames, and the words as a stream has them."""
    text = FRAMES + orjson.dumps(words or "")[1:-1]
    return zstandard.ZstdCompressionDict(text, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def _put(out: bytearray, number: int) -> None:
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte <= 0x7F:
            return value, at
        shift += 7


def _hash(body: bytes) -> str:
    return blake2b(body, digest_size=16).hexdigest()
