"""Telephone numbers: international, North American, national by their grouping.

What is only a row of digits counts beside a word such as "phone".
"""

import re

from lunaroute.pii._border import is_apart, is_within_account
from lunaroute.pii._context import WORDS, Context, is_numbered
from lunaroute.pii._finding import Finding

_GAP = "[ .\\-\u00a0\u2009\u202f\u2010\u2011\u2012\u2013/]"
# Between the first groups: 030 / 23 125
_JOINT = rf"(?:{_GAP}| [/\-\u2013] (?!0))"
_EXTENSION = re.compile(
    r"(?:;ext=|,?[ \u00a0]{0,2}(?:#|x|extn?\.?|extension|durchwahl|poste)[ \u00a0]{0,2})\d{1,6}(?!\w)",
    re.IGNORECASE,
)
# Behind a number: no letter but that of an extension, no more of the same, no path; but
# another number.
_END = r"(?!(?!x\d{1,6}(?!\w))\w|[-.]\d|@\w|/(?!\+|0[1-9]|\d{3}[-. ]\d{3})\w|\((?!\d{3}\)|0\d)\w)"
# E.123: + and up to 15 digits (E.164), in groups, an area code or a trunk 0 in brackets.
_INTERNATIONAL = re.compile(
    rf"[1-9]\d{{0,2}}(?:\)|{_GAP}?\(\d{{1,5}}\))?(?:{_JOINT}?\d{{1,14}}){{1,6}}" + _END
)
_NORTH_AMERICAN = re.compile(
    rf"(?:1{_GAP})?(?:\(([2-9]\d\d)\)[ \-.\u00a0]?|([2-9]\d\d)({_GAP}))(\d{{3}})(?:{_GAP}|(?<=\d)-)(\d{{4}})"
    + _END
)
# What is dialled to leave a country, and the code of another.
_EXIT = re.compile(
    rf"(?:00|011)({_GAP}?)([1-9]\d{{0,2}})(?:{_GAP}?\(\d{{1,5}}\))?(?:{_GAP}\d{{1,12}}){{1,6}}"
    + _END
)
_AREA_IN_BRACKETS = re.compile(
    rf"\((0?\d{{1,5}})\)(?:[ \-\u00a0]?\d{{2,9}})(?:{_GAP}\d{{2,6}}){{0,4}}" + _END
)
_TRUNK = re.compile(
    rf"0(?:\(\d{{1,4}}\))?\d{{0,10}}{_JOINT}\d{{1,9}}(?:{_GAP}\d{{1,9}}){{0,6}}" + _END
)
# Russia's trunk is 8.
_EIGHT = re.compile(rf"8{_GAP}?\(?\d{{3}}\)?{_GAP}\d{{3}}{_GAP}\d\d{_GAP}\d\d" + _END)
_MEANT = re.compile(
    rf"(?:\(\d{{1,5}}\)[ \-]?)?\d{{1,15}}(?:{_GAP}\(?\d{{1,12}}\)?){{0,6}}" + _END
)
# A group before it: what begins with 0 here is in the middle of something.
_GOES_ON = re.compile(r"(?:\b\d{1,2}|\b[A-Z]+\d+) \Z")
_DECIMAL = re.compile(r"\d+\.\d+")
# ZIP+4, code points or years in rows of four, what is grouped like an SSN.
_NO_TRUNK = re.compile(r"0\d{4}-\d{4}|\d{3}([ -])\d\d\1\d{4}|\d{4}(?: \d{4})+|0 .*")
_FICTION = re.compile(r"555[-. ]01\d\d" + _END)
_AREA_OF_THREE = re.compile(r"\([2-9]\d\d\)")
_DATE = re.compile(
    r"(?:19|20)\d\d[-./ ](?:0?[1-9]|1[0-2])[-./ ](?:0?[1-9]|[12]\d|3[01])(?!\d)"
    r"|(?:0?[1-9]|[12]\d|3[01])[-./ ](?:0?[1-9]|[12]\d|3[01])[-./ ](?:19|20)\d\d(?!\d)"
)
_CHAINED = re.compile(r"(?:\w|\d[./:+\-]|[$€£#%]|[0-9a-fA-F]{4}-)\Z")
_GROUP_END = re.compile(rf"(?<=\d){_GAP}")
_ANOTHER = re.compile(rf"{_GAP}{{1,3}}(?:0[1-9]|\(|\+|[2-9]\d\d{_GAP}\d\d\d{_GAP})")
_OTHER = re.compile(r"\d{4}/\Z")
# The name of a value says whose it is, if it is none of these.
_KEY = re.compile(
    r"([A-Za-z][A-Za-z0-9_.\-]{0,39})[\\\"'`\]]{0,4}\s{0,3}[:=]>?\s{0,3}[\\\"'`]{0,4}\Z"
)
_SEGMENT = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_OF_OTHERS = frozenset(
    """
    id ids uuid guid time date created updated at ts timestamp exp iat nbf size bytes count len
    length port pid zip age year amount price total offset version hash index order seq line
    duration ms width height lat lon lng balance mtime ctime since until limit max min
    """.split()
)
# Two numbers by which a screen is known.
_SCREEN = frozenset(
    """
    240 320 360 375 390 393 412 414 428 430 480 540 568 576 600 640 667 720 736 768 800 812 844 896
    900 926 932 960 1024 1080 1152 1200 1280 1366 1440 1536 1600 1920 2048 2160 2560 2880 3840
    """.split()
)
_SAID = re.compile(
    "(?<![A-Za-z])(?:"
    + "|".join(sorted(map(re.escape, WORDS[Context.PHONE]), key=len, reverse=True))
    + ")",
    re.IGNORECASE,
)
_SAID_INSIDE = re.compile(r"(?:Phone|Mobile|Tel|Fax|Cell|Sms|SMS)")
_ASSIGNED = re.compile(r"s?[\\\"'`]{0,4}\s?[:=]")
_PAIRS = re.compile(r"(?:\d\d ){2,}\Z")
# Assigned country calling codes (ITU E.164) of one, two and three digits.
_CODES = frozenset(
    """
    1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56
    57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 211 212 213 216
    218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 234 235 236 237
    238 239 240 241 242 243 244 245 246 247 248 249 250 251 252 253 254 255 256
    257 258 260 261 262 263 264 265 266 267 268 269 290 291 297 298 299 350 351
    352 353 354 355 356 357 358 359 370 371 372 373 374 375 376 377 378 379 380
    381 382 383 385 386 387 389 420 421 423 500 501 502 503 504 505 506 507 508
    509 590 591 592 593 594 595 596 597 598 599 670 672 673 674 675 676 677 678
    679 680 681 682 683 685 686 687 688 689 690 691 692 800 808 850 852 853 855
    856 870 878 880 881 882 883 886 888 960 961 962 963 964 965 966 967 968 970
    971 972 973 974 975 976 977 979 992 993 994 995 996 998
    """.split()
)


def find_phone(text: str, at: int, context: int) -> Finding | None:
    """The telephone number whose first digits stand at ``text[at]``."""
    sign = _sign(text, at)
    found = None if sign < 0 else _international(text, sign, at, context)
    if found is None and text[at - 1 : at] == "(":
        found = _bracketed(text, at - 1, context)
    if found is None:
        found = _national(text, at, context)
    if found is None:
        return None
    end = found.end
    if extension := _EXTENSION.match(text, end):
        end = extension.end()
    return Finding(found.start, end, "phone", found.confidence)


def find_named_phone(text: str, at: int, _context: int) -> Finding | None:
    """The number that is called one by the word at ``text[at]``, of another script."""
    if (digits := _NAMED.match(text, at)) is None:
        return None
    return find_phone(text, digits.end(), int(Context.PHONE))


def _sign(text: str, at: int) -> int:
    """Where the sign before an international number begins; -1 for none."""
    if not at:
        return -1
    if text[at - 1] in "+\uff0b":
        return at - 2 if text[max(0, at - 2)] == "(" and at > 1 else at - 1
    if text[max(0, at - 2) : at] == "+ ":
        return at - 2
    return at - 3 if text[max(0, at - 3) : at].lower() == "%2b" else -1


def _digits(text: str) -> str:
    return "".join(c for c in text if c in "0123456789")


def _is_chained(text: str, at: int) -> bool:
    return (
        _CHAINED.search(text, max(0, at - 5), at) is not None
        and not is_apart(text, at)
        and not _OTHER.search(text, max(0, at - 5), at)
    )


def _fit(pattern: re.Pattern[str], text: str, at: int, most: int) -> int:
    """The end of the match with at most so many digits; -1 for none.

    A group beyond, or one that begins another number, was taken along.
    """
    match = pattern.match(text, at)
    if match is None:
        return -1
    ends = [at + gap.start() for gap in _GROUP_END.finditer(match.group())]
    ends.append(match.end())
    for index, end in enumerate(ends):
        digits = len(_digits(text[at:end]))
        if digits > most:
            cut = ends[index - 1] if index else -1
            # 12345678-1234-1234-...: no two numbers, but one that is longer.
            return -1 if text[cut : cut + 1] in "-." else cut
        if digits >= 10 and _ANOTHER.match(text, end):
            return end
    return match.end()


def _international(text: str, sign: int, at: int, context: int) -> Finding | None:
    if _is_chained(text, sign):
        return None
    end = _fit(_INTERNATIONAL, text, at, 15)
    value = text[at : max(at, end)]
    if text[sign] == "(" and ("(" in value or ")" not in value):
        sign += 1  # all of it is in brackets, not the code alone
    elif text[sign] != "(" and ")" in value and "(" not in value:
        return None
    digits = _digits(value)
    if not 8 <= len(digits) <= 15 or _DATE.match(value):
        return None
    code = next((digits[:n] for n in (1, 2, 3) if digits[:n] in _CODES), None)
    if code is None:
        return None
    if code == "1" and (len(digits) != 11 or digits[1] in "01"):
        return None
    if _DECIMAL.fullmatch(value):
        return None
    grouped = len(value) > len(digits)
    if not grouped and text[sign:at] == "+ ":
        return None  # a sum, or a line that was added
    if (
        not grouped
        and len(digits) < 10
        and not context & (Context.PHONE | Context.CALL)
    ):
        return None
    return Finding(sign, end, "phone", 0.95)


def _bracketed(text: str, start: int, context: int) -> Finding | None:
    if _is_chained(text, start):
        return None
    first = start - 2 if text[max(0, start - 2) : start] in ("1 ", "8 ") else start
    if first < start and _is_chained(text, first):
        first = start
    if match := _NORTH_AMERICAN.match(text, start):
        return Finding(first, match.end(), "phone", 0.95)
    end = _fit(_AREA_IN_BRACKETS, text, start, 12)
    total = len(_digits(text[start : max(start, end)]))
    if total < 8:
        return None
    if total == 10 and _AREA_OF_THREE.match(text, start):
        return Finding(first, end, "phone", 0.8)
    if text[start + 1] == "0":
        return Finding(start, end, "phone", 0.85)
    if context & (Context.PHONE | Context.CALL):
        return Finding(start, end, "phone", 0.8)
    return None


_RUN = re.compile(r"[\d .\-]*\d")


def _national(text: str, at: int, context: int) -> Finding | None:
    if _is_chained(text, at) or _DATE.match(text, at):
        return None
    meant = bool(context & Context.PHONE)
    if context & Context.NUMBERED and not meant:
        run = _RUN.match(text, at)
        if is_numbered(text, at, run.end() if run else at):
            return None
    if match := _NORTH_AMERICAN.match(text, at):
        # Two kinds of separator are none of one number: 555-123.4567
        return Finding(at, match.end(), "phone", 0.9)
    if not meant and (
        _GOES_ON.search(text, max(0, at - 6), at) or is_within_account(text, at)
    ):
        return None
    match = _EXIT.match(text, at)
    goes_on = text[max(0, at - 2) : at - 1].isdigit()
    if match is not None and not goes_on and _is_abroad(match):
        return Finding(at, match.end(), "phone", 0.85)
    if match := _EIGHT.match(text, at):
        return Finding(at, match.end(), "phone", 0.8)
    end = _fit(_TRUNK, text, at, 12)
    no_trunk = end > 0 and _NO_TRUNK.fullmatch(text, at, end) and not meant
    if end > 0 and not no_trunk and _is_trunk(text[at:end], text, at):
        return Finding(at, end, "phone", 0.85 if meant else 0.75)
    if match := _FICTION.match(text, at):
        return Finding(at, match.end(), "phone", 0.8)
    if not meant:
        return _called(text, at, context)
    end = _fit(_MEANT, text, at, 13)
    value = text[at : max(at, end)]
    if len(_digits(value)) < 7 or _is_named_else(text, at):
        return None
    if set(re.split(r"\D+", value)) <= _SCREEN:
        return None
    if value.isdigit() and not _is_said(text, at, end):
        return _called(text, at, context)
    return Finding(at, end, "phone", 0.8)


def _is_abroad(match: re.Match[str]) -> bool:
    """Whether a country's code follows what is dialled first."""
    value, (gap, code) = match.group(), match.groups()
    total = len(_digits(value))
    # A row of octets has only pairs.
    if not 10 <= total <= 18 or not re.search(r"\d{3}", value[len(code) + 3 :]):
        return False
    if gap:
        return code in _CODES
    return any(code[:n] in _CODES for n in (1, 2, 3))


def _is_named_else(text: str, at: int) -> bool:
    """Whether the name of the value ends as those of ids, times and sizes do."""
    key = _KEY.search(text, max(0, at - 56), at)
    if key is None or not (segments := _SEGMENT.findall(key[1])):
        return False
    return segments[-1].lower() in _OF_OTHERS


def _is_said(text: str, at: int, end: int) -> bool:
    """Whether the word for it stands before the value, or right behind."""
    start = max(0, at - 72)
    if _SAID.search(text, start, at) or _SAID_INSIDE.search(text, start, at):
        return True
    if not text.isascii() and _NAMED_BEFORE.search(text, start, at):
        return True
    said = _SAID.search(text, end, min(len(text), end + 14))
    return said is not None and not _ASSIGNED.match(text, said.end())


def _is_trunk(value: str, text: str, at: int) -> bool:
    digits = _digits(value)
    if not 9 <= len(digits) <= 12 or digits[1] == "0" or "." in value[:2]:
        return False
    # A dump of bytes in decimal or hex: pairs go on before or behind.
    end = at + len(value)
    if re.match(r" \d\d\b", text[end : end + 4]) or _PAIRS.search(
        text, max(0, at - 9), at
    ):
        return False
    groups = re.split(r"\D+", value.strip("()"))
    many = len(groups) > 2 or len(groups[0]) > 5
    if many and all(group.startswith("0") for group in groups):
        return False  # octal
    return len(set(digits)) > 2


_CALLED = re.compile(
    r"(?:1[ .\-])?[2-9]\d{9}(?![\w]|[-.]\d)|[2-9]\d\d[ .\-]\d{4}(?![\w]|[-.]\d)|[6-9]\d{4} \d{5}(?!\w)"
    r"|0[1-9]\d{8,10}(?![\w]|[-.]\d)|00[1-9]\d{9,13}(?!\w)"
    r"|\d{2,5}(?:[ \-]\d{2,5}){1,4}(?![\w]|[-.]\d)"
)
_NUMBER = "".join(
    f"(?<!{word} )"
    for word in (
        *(
            "account",
            "card",
            "order",
            "line",
            "page",
            "version",
            "port",
            "model",
            "part",
        ),
        *(
            "serial",
            "id",
            "issue",
            "build",
            "routing",
            "case",
            "ticket",
            "policy",
            "of",
        ),
        *("reference", "tracking", "invoice", "customer", "member", "pin", "random"),
    )
)
_CALLING = re.compile(
    r"(?:\bcall(?:ing|ed|back)?|\bdial|\breach|\btext|\bring|\bcontact|"
    + _NUMBER
    + r"\b(?:number|num[eé]ro|número|nummer|numer))\b"
    # A name of a member is no verb: every message has a "text".
    r"(?!\\*[\"'](?!s\b))"
    r"(?:['\u2019]s|\s+(?:me|us|him|her|them|back|at|on|is|you|the|my|our|office|desk|line|number|:|to|was|it)){0,4}"
    r"[\s:=\"']{0,4}\Z"
    r"|\b(?:call|dial|reach|text|ring|contact)\b[^\n;]{0,32}\b(?:at|on)[\s:]{1,3}\Z",
    re.IGNORECASE,
)
# The word for it in scripts that are no bytes of Latin-1.
NAMED = (
    *(
        "телефон",
        "тел.",
        "тел:",
        "моб",
        "номер",
        "τηλ",
        "핸드폰",
        "फ़ोन",
        "फोन",
        "मोबाइल",
    ),
    *("هاتف", "جوال", "טלפון"),
)
_NAMED = re.compile(r"[^\W\d_]+[^\w\n]{0,3}(?:[^\W\d_]+[^\w\n]{0,3})?(?=\d)")


def _called(text: str, at: int, context: int) -> Finding | None:
    """Digits that somebody is asked to call."""
    if not context & Context.CALL:
        return None
    match = _CALLED.match(text, at)
    if match is None or not 7 <= len(_digits(match.group())) <= 13:
        return None
    if not _CALLING.search(text, max(0, at - 48), at) or _is_named_else(text, at):
        return None
    return Finding(at, match.end(), "phone", 0.75)


# Telephone, mobile telephone: in Chinese, Japanese, Korean and Thai.
PHONE_WORDS = (
    "\u7535\u8bdd",
    "\u96fb\u8a71",
    "\u624b\u673a",
    "\u624b\u6a5f",
    "\u643a\u5e2f",
    "\uc804\ud654",
    "\ud734\ub300\ud3f0",
    "\u0e40\u0e1a\u0e2d\u0e23\u0e4c",
    "\u0e42\u0e17\u0e23",
)
_NAMED_BEFORE = re.compile("|".join(map(re.escape, (*NAMED, *PHONE_WORDS))))
_FOREIGN = re.compile(
    rf"(?:{'|'.join(PHONE_WORDS)})[^\s0-9A-Za-z+(]{{0,6}}\s?"
    r"(\+?\(?\d(?:[ ()-]{0,2}\d){7,14})(?![0-9A-Za-z_]|[-.]\d)"
)


def find_foreign_phone(text: str, at: int, _context: int) -> Finding | None:
    """The number behind the word for a telephone at ``text[at]``."""
    match = _FOREIGN.match(text, at)
    return match and Finding(match.start(1), match.end(1), "phone", 0.9)
