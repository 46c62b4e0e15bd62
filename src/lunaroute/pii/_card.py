"""Payment cards: brand, length and Luhn digit, spaced and dashed."""

import re

from lunaroute._fast import luhn_valid
from lunaroute.pii._border import is_apart, is_within_account
from lunaroute.pii._context import Context
from lunaroute.pii._finding import Finding

_GAP = "(?:[ .\\-/\u00a0\u2009\u202f\u2010\u2011\u2013]| {2}| - )"
# The second track goes on with a D or an equals sign, and the month of expiry.
_END = r"(?!(?!D\d{4})\w|[-.]\d|-[A-Za-z])"
# As printed: 4-4-4-4 (and the 19 digits of Maestro and UnionPay), Amex 4-6-5,
# Diners 4-6-4; or without gaps.
_GROUPED = re.compile(
    rf"(?:\d{{4}}({_GAP})\d{{4}}\1\d{{4}}\1\d{{4}}(?:\1\d{{1,3}})?"
    rf"|\d{{4}}({_GAP})\d{{6}}\2\d{{4,5}}"
    rf"|\d{{4}}({_GAP})\d{{4}}\3\d{{4}}\3\d{{1,3}}"
    rf"|\d{{12,19}})" + _END
)
_PRINTED = re.compile(
    rf"(?:\d{{4}}({_GAP})\d{{4}}\1\d{{4}}\1\d{{4}}|\d{{4}}({_GAP})\d{{6}}\2\d{{4,5}})(?![\w]|[-.]\d)"
)
_ODD = re.compile(r"(?:\d[ .\-]?){11,18}\d(?![\w]|[-.]\d)")
# What stands before is a part of the same thing.
_CHAINED = re.compile(r"(?:(?<!%B)(?<=\w)|\d[./:+\-]|[0-9a-fA-F]{4}-)\Z")
# The name of the value says that it is the number of something else.
_ORDERED = re.compile(
    r"(?:(?<![A-Za-z])(?:order|serial|tracking|trace|invoice|ticket|batch|sku|span|request|session|message|imei"
    r"|isbn|ean|upc|snowflake|tweet|epoch|timestamp)(?:[ _-]?(?:no|nr|num|number|id|key|code|is))?|[_-]id|(?-i:[a-z]Id)"
    r"|[\"']id)[\\\"'`]{0,4}[\s:=#.]{0,4}[\\\"'`]{0,4}\Z",
    re.IGNORECASE,
)


def find_card(text: str, at: int, context: int) -> Finding | None:
    """The card number that begins at ``text[at]``."""
    if _CHAINED.search(text, max(0, at - 5), at) and not is_apart(text, at):
        return None
    if not context & Context.CARD and is_within_account(text, at):
        return None
    for pattern in (_GROUPED, _PRINTED, _ODD):
        if pattern is _ODD and not context & Context.CARD:
            break
        match = pattern.match(text, at)
        if match is None:
            continue
        digits = "".join(filter(str.isdigit, match.group()))
        if (
            not digits.isascii()
            or len(set(digits)) < 2
            or not luhn_valid(digits.encode())
        ):
            continue
        sure = 0.97 if _is_brand(digits) else 0.75 if context & Context.CARD else 0.0
        if not context & Context.CARD and _ORDERED.search(text, max(0, at - 40), at):
            continue
        if not sure or (
            context & Context.NUMBERED and not context & Context.CARD and sure < 0.9
        ):
            continue
        if len(digits) in (12, 13, 18, 19) and not context & Context.CARD:
            # One in ten bare numbers passes Luhn, and ids have these lengths.
            continue
        return Finding(at, match.end(), "credit_card", sure)
    return None


def _is_brand(digits: str) -> bool:
    """Whether issuer range and length belong together."""
    length = len(digits)
    first2, first3, first4 = int(digits[:2]), int(digits[:3]), int(digits[:4])
    if digits[0] == "4":
        return length in (13, 16, 19)
    if 51 <= first2 <= 55 or 2221 <= first4 <= 2720:
        return length == 16
    if first2 in (34, 37):
        return length == 15
    if first4 == 6011 or first2 == 65 or 644 <= first3 <= 649:
        return 16 <= length <= 19
    if first2 in (36, 38, 39) or 300 <= first3 <= 305 or first4 == 3095:
        return 14 <= length <= 19
    if 3528 <= first4 <= 3589:
        return 16 <= length <= 19
    if first2 in (62, 81, 82, 60) or first3 == 508:
        return 16 <= length <= 19
    if 2200 <= first4 <= 2205:
        return 16 <= length <= 19
    if first4 in (5019, 9792):
        return length == 16
    # Maestro and its kin.
    return first2 in (50, 56, 57, 58, 63, 64, 67, 68, 69) and 12 <= length <= 19
