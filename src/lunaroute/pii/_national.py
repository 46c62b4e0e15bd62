"""Numbers by which states know people; each beside words that speak of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from lunaroute.pii import _checks
from lunaroute.pii._border import opens
from lunaroute.pii._context import Context
from lunaroute.pii._finding import Finding

_GAP = "[ .\\-\u00a0\u2009\u202f]?"
_END = r"(?![\w]|[-.]\d)"
_SEPARATOR = re.compile(r"[^0-9A-Za-z]")
# CMS: no S, L, O, I, B, Z.
_MBI = "AC-HJKMNP-RT-Y"


@dataclass(frozen=True, slots=True)
class Number:
    """How one state's number looks, and what checks it, without its separators."""

    kind: str
    needs: Context
    pattern: str
    check: Callable[[str], bool]
    confidence: float = 0.9
    # Whether what stands before the value is about it.
    is_meant: Callable[[str, int, int], bool] = lambda _text, _start, _end: True


def _any(_value: str) -> bool:
    return True


def _nino(value: str) -> bool:
    return value[:2].upper() not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")


def _passport(value: str) -> bool:
    digits = sum(character.isdigit() for character in value)
    is_date = re.fullmatch(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d", value)
    return digits >= 5 and is_date is None and len(set(value)) > 2


# The words for it in scripts that are no bytes of Latin-1.
FOREIGN = {
    "passport": ("паспорт", "护照", "護照", "パスポート", "旅券", "여권"),
    "in_aadhaar": ("आधार", "ஆதார்", "ఆధార్", "আধার"),
}
_PASSPORT = re.compile(
    r"(?i:pass(?:e?ports?|zportu?|aportes?|aporti?|aporto|nummer|nr)|reisep(?:ass|ässe)|paspoort|pasaportes?"
    r"|paszportu?|travel document)|" + "|".join(FOREIGN["passport"])
)
# What may stand between the word and the number, besides names and signs.
_BETWEEN = frozenset(
    """
    no nos nr num number numbers id document doc card holder book is was are of the his her my their
    your nummer número numero numéro expired issued expires by for to and with nationality country
    old new valid copy scan attached
    """.split()
)
_SMALL = re.compile(r"[a-zäöüßáéíóúñçãõàèìòù]{3,}")


def _is_passport(text: str, start: int, end: int) -> bool:
    """Whether the word for it stands before the number and no other word between, or
    right behind.
    """
    window = text[max(0, start - 80) : start]
    words = list(_PASSPORT.finditer(window))
    if not words:
        return _PASSPORT.search(text, end, min(len(text), end + 16)) is not None
    between = re.split(r"[^\w]+", window[words[-1].end() :])
    return all(word in _BETWEEN or not _SMALL.fullmatch(word) for word in between)


NUMBERS = (
    Number(
        "uk_nino",
        Context.NINO,
        rf"[A-CEGHJ-PQR-TW-Z][A-CEGHJ-NPQR-TW-Z]{_GAP}\d\d{_GAP}\d\d{_GAP}\d\d{_GAP}[A-D]",
        _nino,
    ),
    Number(
        "uk_nhs", Context.NHS, rf"\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{4}}", _checks.nhs, 0.95
    ),
    Number(
        "in_aadhaar",
        Context.AADHAAR,
        rf"\d{{4}}{_GAP}\d{{4}}{_GAP}\d{{4}}",
        _checks.aadhaar,
        0.95,
    ),
    Number("in_pan", Context.PAN, r"[A-Z]{5}\d{4}[A-Z]", _any, 0.9),
    Number("es_nif", Context.NIF, rf"\d{{8}}{_GAP}[A-Z]", _checks.nif, 0.95),
    Number(
        "es_nif",
        Context.NIF,
        rf"\d{{1,2}}\.\d{{3}}\.\d{{3}}{_GAP}[A-Z]",
        _checks.nif,
        0.95,
    ),
    Number("es_nif", Context.NIF, rf"[XYZ]{_GAP}\d{{7}}{_GAP}[A-Z]", _checks.nif, 0.95),
    Number(
        "es_nif", Context.NIF, rf"[A-HJNP-SUVW]{_GAP}\d{{7}}{_GAP}[0-9A-J]", _checks.cif
    ),
    Number("pl_pesel", Context.PESEL, r"\d{11}", _checks.pesel, 0.95),
    Number("au_tfn", Context.TFN, rf"\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{2,3}}", _checks.tfn),
    Number("sg_fin", Context.FIN, r"[STFGM]\d{7}[A-Z]", _checks.nric, 0.95),
    Number("us_npi", Context.NPI, r"[12]\d{9}", _checks.npi, 0.95),
    Number(
        "us_mbi",
        Context.MBI,
        rf"[1-9][{_MBI}][0-9{_MBI}]\d{_GAP}[{_MBI}][0-9{_MBI}]\d{_GAP}[{_MBI}]{{2}}\d\d",
        _any,
    ),
    Number(
        "passport",
        Context.PASSPORT,
        r"(?:[A-Z0-9]{6,9}|[A-Z][A-Z0-9]{9})",
        _passport,
        0.8,
        _is_passport,
    ),
    Number(
        "passport",
        Context.PASSPORT,
        r"\d\d ?\d\d (?:№ ?)?\d{6}",
        _passport,
        0.8,
        _is_passport,
    ),
    Number(
        "passport",
        Context.PASSPORT,
        r"[A-Z]{1,2} \d{6,8}",
        _passport,
        0.8,
        _is_passport,
    ),
)


class NumberFinder:
    """Looks for one state's number where a word with digits begins."""

    __slots__ = ("_number", "_pattern")

    def __init__(self, number: Number) -> None:
        self._number = number
        self._pattern = re.compile(number.pattern + _END, re.IGNORECASE)

    def __call__(self, text: str, at: int, _context: int) -> Finding | None:
        # AB 12 34 56 C: the first word with digits is not the first of the number.
        for start in (at, at - 3, at - 2):
            if start < 0 or (start < at and not text[start].isalpha()):
                continue
            match = self._pattern.match(text, start)
            if match is None or not opens(text, start) or _goes_on(text, start):
                continue
            value = _SEPARATOR.sub("", match.group())
            if (
                value.isascii()
                and self._number.check(value)
                and self._number.is_meant(text, start, match.end())
            ):
                kind, confidence = self._number.kind, self._number.confidence
                return Finding(start, match.end(), kind, confidence)
        return None


# Words of another script, and the value behind them.
_NAMED = re.compile(
    r"[^\x00-\x7f]+(?:[^\w\n]{0,3}[^\x00-\x7f]+)?[^\w\n]{0,3}(?=[0-9A-Za-z])"
)


class NamedFinder:
    """Looks for one state's number behind the word for it, of another script."""

    __slots__ = ("_finder",)

    def __init__(self, finder: NumberFinder) -> None:
        self._finder = finder

    def __call__(self, text: str, at: int, context: int) -> Finding | None:
        named = _NAMED.match(text, at, at + 64)
        return None if named is None else self._finder(text, named.end(), context)


def _goes_on(text: str, start: int) -> bool:
    """Whether what begins here is the rest of a longer number."""
    return start > 1 and text[start - 1] in "-." and text[start - 2].isdigit()


_FISCAL = re.compile(
    r"[A-Za-z]{6}[0-9LMNP-Vlmnp-v]{2}[A-EHLMPRSTa-ehlmprst][0-9LMNP-Vlmnp-v]{2}"
    r"[A-Za-z][0-9LMNP-Vlmnp-v]{3}[A-Za-z](?!\w)"
)


def find_fiscal_code(text: str, at: int, _context: int) -> Finding | None:
    """The Italian fiscal code that begins at ``text[at]``."""
    match = _FISCAL.match(text, at)
    if match is None or not opens(text, at):
        return None
    value = match.group()
    if not (value.isupper() or value.islower()) or not _checks.fiscal_code(value):
        return None
    return Finding(at, match.end(), "it_fiscal_code", 0.95)
