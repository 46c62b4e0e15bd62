"""Tables: what stands below the name of a column."""

import re

from lunaroute.pii._reach import Span, quoted

_VALUES = re.compile(r"[^()]{0,200}\)\s{0,8}VALUES\s{0,8}\(", re.IGNORECASE)
_COLUMNS = re.compile(r"\(([\w\"`\[\], \t.]{0,200})\Z")
_VALUE = re.compile(r"[^\s,()'\"`]{1,256}")
_NEXT = re.compile(r"\s{0,8},\s{0,8}")
# A line of a table of which each cell is one of its names.
_CELL = r"[ \"'`]*[A-Za-z_][\w\"'` .-]*"
_ROW = re.compile(rf"{_CELL}(?:[,;\t|]{_CELL})+")
# A table in a string of JSON begins and ends there.
_STRING = re.compile(r"(?:: ?|\[)\\*\"")
_STRING_END = re.compile(r"\\*\"\s*[}\],]\s*(?:[}\],\"]|\Z)")
_RULE = re.compile(r"\|?[ \t:|+-]+\|?")
# No further than what is kept of a stream that is let out, and what is held back.
_LONGEST = 200
_FURTHEST = 400


def cell_below(text: str, start: int, end: int) -> Span | None:
    """The value in the first row of the column
    whose name is ``text[start:end]``; of an INSERT of SQL, a CSV, a table of Markdown.
    """
    if values := _VALUES.match(text, end):
        columns = _COLUMNS.search(text, max(0, start - _LONGEST), start)
        if columns is not None:
            return _argument(text, values.end(), columns[1].count(","))
    return _in_lines(text, start, end)


def _argument(text: str, at: int, number: int) -> Span | None:
    """The one of that number in a list that begins at ``text[at]``."""
    begin = at
    for left in range(number, -1, -1):
        found = quoted(text, at)
        bare = _VALUE.match(text, at) if found is None else None
        if found is None and bare is None:
            return None
        behind = found[2] if found else bare.end() if bare else at
        if not left:
            return Span(*found[:2]) if found else None
        if behind - begin > _FURTHEST:
            return None
        following = _NEXT.match(text, behind)
        if following is None:
            return None
        at = following.end()
    return None


def _in_lines(text: str, start: int, end: int) -> Span | None:
    line = max(text.rfind("\n", max(0, start - _LONGEST), start) + 1, 0)
    if start - line >= _LONGEST:
        return None  # and not all of a text without lines is searched for each name
    for string in _STRING.finditer(text, line, start):
        line = string.end()
    close = text.find("\n", end, end + _LONGEST)
    if close < 0 or start - line >= _LONGEST:
        return None
    header = text[line:close].rstrip("\r").strip()
    sign = next((sign for sign in "|\t,;" if sign in header), None)
    if sign is None or not _ROW.fullmatch(header.strip("|")):
        return None
    offset = line
    row = _row(text, close + 1)
    begin = close + 1
    if sign == "|" and _RULE.fullmatch(row.strip()):
        begin += len(row) + 1
        row = _row(text, begin)
    if row.count(sign) != text[line:close].count(sign):
        return None
    number = text.count(sign, offset, start)
    cells = row.split(sign)
    cell = cells[number]
    begin += sum(len(each) + 1 for each in cells[:number])
    value = cell.strip().strip("\"'`")
    if not value:
        return None
    begin += cell.index(value)
    return Span(begin, begin + len(value))


def _row(text: str, at: int) -> str:
    row = text[at : at + _LONGEST].partition("\n")[0]
    end = _STRING_END.search(row)
    return row if end is None else row[: end.start()]
