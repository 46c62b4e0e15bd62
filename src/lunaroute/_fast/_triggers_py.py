"""Where a value could stand that is worth a closer look: ``_triggers``'s twin.

A text is read once, as bytes of which each stands for one code point (Latin-1, ``?``
for what lies beyond). What is reported is cheap to refuse and hard to miss: the closer
look is the caller's.
"""

import re
from collections.abc import Sequence

import ahocorasick

from lunaroute._fast._triggered import (
    AFTER,
    ARMOUR,
    ASSIGN,
    AT,
    AUTHORITY,
    BASE58,
    BEFORE,
    CARD,
    COLON,
    CONTEXT,
    DISCORD,
    EXACT,
    FISCAL,
    FOLLOW,
    IBAN,
    ID,
    IPV4,
    LEFT,
    LEFT64,
    MAC,
    PHONE,
    SSN,
    Literal,
)

_ALNUM = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_WORD = _ALNUM | frozenset(b"_")
_DIGIT = frozenset(b"0123456789")
_HEX = frozenset(b"0123456789abcdefABCDEF")
_UPPER = frozenset(range(65, 91))
_LOWER = frozenset(range(97, 123))
_ALPHA = _UPPER | _LOWER
_URL64 = _WORD | frozenset(b"-")
_URL64_BYTES = bytes(sorted(_URL64))
_RUNS = (frozenset[int](), _URL64, _ALNUM, _HEX, _WORD | frozenset(b"+/=-"))
_SEPARATOR = frozenset(b" .-()/\xa0?")
_WORD_RUN = re.compile(rb"[0-9A-Za-z]+")
_LOCAL_END = re.compile(rb"[0-9A-Za-z!#$%&'*+/=?^_`{|}~.\"\x80-\xff-]")
_DOMAIN = re.compile(rb"[0-9A-Za-z.\x80-\xff?-]*+")
_DOMAIN_DOT = re.compile(rb"\.[A-Za-z\x80-\xff?][0-9A-Za-z\x80-\xff?-]")
_AUTHORITY = re.compile(rb"[^\s/@:\"'<>]{0,128}+:[^\s/\"'<>@]{1,256}+@")
_ARMOUR = re.compile(rb"[0-9A-Za-z+/]{16}")
_ARMOUR_REACH = 256
_ASSIGNED = re.compile(
    rb"[0-9A-Za-z_-]{0,32}+"
    rb"(?:[\\\"'`\])*?\[ \t]{0,24}+(?:[:=>|<]|is[ :]|was |\(\\{0,3}[\"'`])"
    rb"|\\{0,3}[\"'`],)"
)
_NAMED = re.compile(rb"[0-9A-Za-z_-]{0,32}+([\\\"'`\])*?\[ \t]{0,24}+)")
_SPACED_REACH = 48
_TELLING = re.compile(rb"[0-9\"'`]")
_AFTER_NAME = re.compile(rb"[0-9A-Za-z_-]{0,32}+[ \t]")
_FLAG = re.compile(rb"--[0-9A-Za-z_-]{0,32}\Z")
_HEX_COLON = re.compile(rb"[0-9a-fA-F:.]*+")
_DASHED = re.compile(rb"(?:[0-9a-fA-F]{2}-){5}[0-9a-fA-F]{2}")
_DOTTED = re.compile(rb"[0-9a-fA-F]{4}([.-])[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}")
_MOST_RUNS = 8
_LONGEST_RUN = 19


class Triggers:
    """The literals to look for and which of the built-in shapes."""

    def __init__(self, literals: Sequence[Literal], shapes: int) -> None:
        self._shapes = shapes
        self._literals = tuple(literals)
        by_text: dict[str, list[int]] = {}
        for index, literal in enumerate(self._literals):
            by_text.setdefault(_folded(literal.text), []).append(index)
        self._automaton = ahocorasick.Automaton()
        for text, indexes in by_text.items():
            self._automaton.add_word(text, (len(text), indexes))
        if by_text:
            self._automaton.make_automaton()

    def scan(self, data: bytes) -> list[tuple[int, int, int]]:
        """(position, code, context) in order of position; context is a set of bits."""
        found: list[tuple[int, int]] = []
        contexts: list[tuple[int, int, int]] = []
        if self._literals:
            for last, (length, indexes) in self._automaton.iter(_folded(data)):
                start = last + 1 - length
                for index in indexes:
                    literal = self._literals[index]
                    if literal.flags & CONTEXT:
                        if _is_word(data, start, last + 1):
                            contexts.append((start, last + 1, literal.mask))
                    elif _is_literal(data, start, literal):
                        found.append((start, literal.code))
        if self._shapes:
            self._find_shapes(data, found)
        return _with_context(found, contexts)

    def _find_shapes(self, data: bytes, found: list[tuple[int, int]]) -> None:
        if self._shapes & (1 << AT):
            found.extend((at, AT) for at in _all(data, b"@") if _is_address(data, at))
        if self._shapes & (1 << COLON):
            behind = 0
            for at in _all(data, b":"):
                if at >= behind:
                    start, behind, likely = _hex_colon(data, at)
                    if likely:
                        found.append((start, COLON))
        if self._shapes & _WORD_SHAPES:
            for word in _WORD_RUN.finditer(data):
                start, end = word.span()
                before = data[start - 1] if start else 0
                if before == ord("_"):
                    continue
                if before == ord("\\") and data[start] in b"nrtbf":
                    start += 1  # an escape within a string, not a letter of the word
                    if start == end:
                        continue
                elif before == ord("%"):
                    start += _behind_percent(data, start, end)
                reported = _number(data, start) if data[start] in _DIGIT else 0
                reported |= _name(data, start, end) | _hardware(data, start, end)
                reported &= self._shapes
                found.extend(
                    (start, code)
                    for code in range(IPV4, DISCORD + 1)
                    if reported & (1 << code)
                )


_WORD_SHAPES = (
    1 << IPV4 | 1 << CARD | 1 << SSN | 1 << PHONE | 1 << ID | 1 << IBAN | 1 << BASE58
    | 1 << FISCAL | 1 << MAC
    | 1 << DISCORD
)  # fmt: skip


def _folded(data: bytes) -> str:
    # bytes.lower() folds ASCII only and keeps every position.
    return data.lower().decode("latin-1")


def _all(data: bytes, byte: bytes) -> list[int]:
    found = []
    at = data.find(byte)
    while at >= 0:
        found.append(at)
        at = data.find(byte, at + 1)
    return found


def _with_context(
    found: list[tuple[int, int]], contexts: list[tuple[int, int, int]]
) -> list[tuple[int, int, int]]:
    found = sorted(set(found))
    contexts.sort()
    result = []
    first = 0
    for at, code in found:
        # Words are shorter than the window is wide, so none before `first` reaches.
        while first < len(contexts) and contexts[first][0] < at - 2 * BEFORE:
            first += 1
        mask = 0
        for index in range(first, len(contexts)):
            start, end, bits = contexts[index]
            if start > at + AFTER:
                break
            if end >= at - BEFORE:
                mask |= bits
        if code != ID or mask:
            result.append((at, code, mask))
    return result


def _is_word(data: bytes, start: int, end: int) -> bool:
    """Whether a context word stands for itself, camel case and plural allowed."""
    first = data[start]
    if (
        start
        and first in _ALPHA
        and data[start - 1] in _ALPHA
        and not (first in _UPPER and data[start - 1] in _LOWER)
    ):
        return False
    if end == len(data) or data[end] not in _ALPHA or data[end - 1] not in _ALPHA:
        return True
    if data[end] in _UPPER and data[end - 1] in _LOWER:
        return True
    return data[end] == ord("s") and (
        end + 1 == len(data) or data[end + 1] not in _ALPHA
    )


def _is_open(data: bytes, start: int) -> bool:
    """Whether a word may begin here: at the start, behind no word, behind an escape."""
    if start == 0 or data[start - 1] not in _WORD:
        return True
    if start >= 2 and data[start - 2] == ord("\\") and data[start - 1] in b"nrtbf":
        return True
    if start >= 3 and data[start - 3] == ord("%"):
        return data[start - 1] in _HEX and data[start - 2] in _HEX
    return start >= 6 and data[start - 6 : start - 4] == b"\\u"


def _is_literal(data: bytes, start: int, literal: Literal) -> bool:
    end = start + len(literal.text)
    if literal.flags & EXACT and data[start:end] != literal.text:
        return False
    if literal.flags & LEFT and not _is_open(data, start):
        return False
    if literal.flags & LEFT64 and start and data[start - 1] == ord("-"):
        return False
    if literal.flags & ASSIGN and not _is_assigned(data, start, end):
        return False
    if literal.flags & AUTHORITY and not _AUTHORITY.match(data, end):
        return False
    if literal.flags & ARMOUR and not _is_armour(data, end):
        return False
    run = _RUNS[FOLLOW.index(literal.follow)]
    return len(data) - end >= literal.least and all(
        byte in run for byte in data[end : end + literal.least]
    )


def _is_armour(data: bytes, end: int) -> bool:
    near = data[end : end + _ARMOUR_REACH]
    return _ARMOUR.search(near.partition(b"-----")[0]) is not None


def _is_assigned(data: bytes, start: int, end: int) -> bool:
    if _ASSIGNED.match(data, end):
        return True
    named = _NAMED.match(data, end)
    assert named is not None
    near = data[named.end() : named.end() + _SPACED_REACH]
    spaced = b" " in named[1] or b"\t" in named[1]
    if spaced and _TELLING.search(near.partition(b"\n")[0]):
        return True
    if near[:1] in (b",", b"\n", b"\r") and _is_column(data, start):
        return True
    if near[:1] in (b",", b"{", b"\n", b"\r") and (
        b"alue" in near or b"ALUE" in near or b"efault" in near
    ):
        return True
    if not _AFTER_NAME.match(data, end):
        return False
    return _FLAG.search(data[max(0, start - 34) : start]) is not None


def _is_column(data: bytes, start: int) -> bool:
    """Whether a sign of a table stands before the name, or nothing in its line."""
    before = data[max(0, start - 34) : start].rstrip(_URL64_BYTES)
    return before[-1:] in (b"", b",", b";", b"|", b"\t", b"\n")


def _is_address(data: bytes, at: int) -> bool:
    if not at or not _LOCAL_END.match(data, at - 1):
        return False
    domain = _DOMAIN.match(data, at + 1)
    assert domain is not None
    text = domain.group()
    if _DOMAIN_DOT.search(text):
        return True
    if data[domain.end() : domain.end() + 1] == b"@":
        return False
    return data[at + 1 : at + 2] == b"[" and at + 2 < len(data)


def _hex_colon(data: bytes, at: int) -> tuple[int, int, bool]:
    """Start and end of the run of hex digits, colons and dots at a colon; is it one?"""
    start = at
    while start and at - start < 4 and data[start - 1] in _HEX:
        start -= 1
    run = _HEX_COLON.match(data, at)
    assert run is not None
    end = run.end()
    if start and data[start - 1] in _WORD:
        start = at + 1  # mac:00:00:5e:00:53:af
    elif start == at and data[at + 1 : at + 2] != b":":
        start = at + 1
    text = data[start:end]
    if not 3 <= len(text) <= 60:
        return start, end, False
    colons = text.count(b":")
    if 5 <= colons <= 8:
        return start, end, True
    return start, end, b"::" in text and any(byte in _DIGIT for byte in text)


def _behind_percent(data: bytes, start: int, end: int) -> int:
    """How many characters of the word belong to what the sign before it begins."""
    if data[start] == ord("B") and end - start > 12 and data[end : end + 1] == b"^":
        return 1  # a card's first track
    if end - start > 2 and data[start] in _HEX and data[start + 1] in _HEX:
        return 2
    return 0


def _hardware(data: bytes, start: int, end: int) -> int:
    """Whether a MAC address with dashes or dots begins with this word, as a bit."""
    if end - start == 2 and _DASHED.match(data, start):
        return 1 << MAC
    if end - start == 4 and _DOTTED.match(data, start):
        return 1 << MAC
    return 0


def _number(data: bytes, start: int) -> int:
    """The shapes of the digits that begin here, as bits."""
    before = data[start - 1] if start else 0
    inner = start >= 2 and before in b"-./" and data[start - 2] in _DIGIT
    if inner and before == ord("."):
        return 0
    lengths: list[int] = []
    ends: list[int] = []
    separators: list[int] = []  # the byte, or 0 for more than one
    at = start
    while len(lengths) < _MOST_RUNS:
        end = at
        while end < len(data) and end - at <= _LONGEST_RUN and data[end] in _DIGIT:
            end += 1
        if end - at > _LONGEST_RUN:
            return 0
        lengths.append(end - at)
        ends.append(end)
        at = end
        while at < len(data) and at - end < 3 and data[at] in _SEPARATOR:
            at += 1
        if at == end or at == len(data) or data[at] not in _DIGIT:
            break
        separators.append(data[end] if at - end == 1 else 0)
    total = sum(lengths)
    if total < 6:
        # Shorter than anything but an address: 1.2.3.4 has four.
        return _dotted(lengths, separators)
    phone = 1 << PHONE if _is_phone(data, start, before, lengths, total) else 0
    if inner:
        # The second of a pair: 10.0.0.1-10.0.0.9, 212-555-0147/212-555-0148.
        joined = before == ord("/") and total >= 9
        return _dotted(lengths, separators) | (phone if joined else 0)
    return (
        _dotted(lengths, separators)
        | _card(data, start, lengths, ends)
        | (1 << SSN if lengths[:3] == [3, 2, 4] else 0)
        | phone
        | 1 << ID
    )


def _dotted(lengths: list[int], separators: list[int]) -> int:
    if len(lengths) < 4 or separators[:3] != [46, 46, 46] or max(lengths[:4]) > 3:
        return 0
    # Of five the last may be a port, as tcpdump writes it.
    return 0 if len(lengths) > 5 and separators[3:5] == [46, 46] else 1 << IPV4


def _card(data: bytes, start: int, lengths: list[int], ends: list[int]) -> int:
    if data[start] not in b"234569" and data[start] != ord("8"):
        return 0
    total = 0
    for length, end in zip(lengths, ends, strict=True):
        total += length
        if total > 19:
            return 0
        if total >= 12 and _luhn(data[start:end]):
            return 1 << CARD
    return 0


def _luhn(digits: bytes) -> bool:
    total = 0
    doubled = False
    for byte in reversed(digits):
        if byte in _DIGIT:
            value = byte - 48
            if doubled:
                value = value * 2 - 9 if value > 4 else value * 2
            total += value
            doubled = not doubled
    return total % 10 == 0


def _is_phone(
    data: bytes, start: int, before: int, lengths: list[int], total: int
) -> bool:
    if (
        before in b"+(?"
        or (before == ord(" ") and start > 1 and data[start - 2] == 43)
        or (start > 2 and data[start - 3 : start] == b"%2B")
    ):
        return total >= 7
    if total < 7:
        return False
    if lengths[:3] == [3, 3, 4] or lengths[:4] == [1, 3, 3, 4]:
        return True
    if lengths[:2] == [3, 4] and len(lengths) == 2:
        return data[start : start + 3] == b"555"
    if lengths[:3] == [1, 3, 3]:
        return data[start] == ord("8") and total == 11
    return data[start] == 48 and len(lengths) >= 2 and total >= 9


def _name(data: bytes, start: int, end: int) -> int:
    """The shapes of the letters and digits between start and end, as bits."""
    length = end - start
    if length > 128:
        return 0
    word = data[start:end]
    digits = sum(byte in _DIGIT for byte in word)
    if not digits:
        return 0
    found = 0
    if (
        word[0] in b"MNO"
        and 23 <= length <= 28
        and data[end : end + 1] == b"."
        and data[end + 7 : end + 8] == b"."
    ):
        found |= 1 << DISCORD
    upper = sum(byte in _UPPER for byte in word)
    lower = length - digits - upper
    if digits >= 2 and 4 <= length <= 44 and digits < length:
        found |= 1 << ID
    if (
        length >= 4
        and word[0] in _ALPHA
        and word[1] in _ALPHA
        and word[2] in _DIGIT
        and word[3] in _DIGIT
    ):
        found |= 1 << IBAN
    if upper and lower and 25 <= length <= 106:
        found |= 1 << BASE58
    if length == 16 and all(byte in _ALPHA for byte in word[:6]) and digits <= 7:
        found |= 1 << FISCAL
    return found
