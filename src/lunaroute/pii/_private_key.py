"""Private keys in PEM armour: the whole block, however its lines were joined."""

import re

from lunaroute.pii._finding import Finding

_BEGIN = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_BEFORE = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}\Z")
_END = re.compile(r"-----END (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----")
# The end is looked for no further than the largest key is long, its lines numbered.
_LONGEST = 32 * 1024
# A line of the block and what stands before it: the end of the line above, with what
# joins lines in code and JSON, then the number, path or sign that a tool put there.
# No path is taken for a line: more of it, or the number, follows at once.
_BASE64 = r"(?:[0-9A-Za-z+]|\\{0,3}/)"
_LINE = re.compile(
    r"(?P<before>(?:(?!-----)[^\0]){0,200}?)(?<![0-9A-Za-z+/])"
    rf"(?P<line>{_BASE64}{{16,}}+={{0,2}})(?![\w.:@=-])"
)
_REST = re.compile(rf"{_BASE64}{{2,}}+={{0,2}}(?![^\\\"'`<|,\r\n])")
_SAME = re.compile(r"\d+|\s+|.")
_SPACES = re.compile(r"\s+")
_NUMBER = re.compile(r"\d+")
_WIDE = 40


def find_private_key(text: str, at: int, _context: int) -> Finding | None:
    """The key in whose first line ``PRIVATE KEY`` stands at ``text[at]``.

    Of a block that was cut off, all lines of it that are there.
    """
    head = _BEFORE.search(text, max(0, at - 95), at)
    begin = _BEGIN.match(text, head.start()) if head is not None else None
    if begin is None:
        return None
    at = begin.start()
    # Another block's beginning ends the search, so that many cost no more than one.
    other = text.find("-----BEGIN", begin.end(), begin.end() + _LONGEST)
    limit = min(len(text), begin.end() + _LONGEST) if other < 0 else other
    close = text.find("-----END", begin.end(), limit)
    if close >= 0 and (end := _END.match(text, close)):
        if _is_empty(text[begin.end() : close]):
            return None
        return Finding(at, end.end(), "private_key", 0.99)
    last = _last_line(text, begin.end(), limit if close < 0 else close)
    if last == begin.end():
        return None
    return Finding(at, last, "private_key", 0.9)


def _is_empty(body: str) -> bool:
    """Whether nothing stands in the block: a name, an ellipsis, a placeholder."""
    return re.search(r"[0-9A-Za-z+/]{16}", body) is None


def _last_line(text: str, at: int, limit: int) -> int:
    """The end of the last line of a block whose lines begin at ``at``.

    All are as long as the first, save for the last and for fields of a header.
    """
    width = 0
    before = ""
    while line := _LINE.match(text, at, limit):
        length = len(line["line"])
        if width >= _WIDE and length != width:
            break
        width = max(width, length)
        before = line["before"]
        at = line.end()
    if before and (rest := _REST.match(text, _behind_same(before, text, at), limit)):
        at = rest.end()
    return at


def _behind_same(before: str, text: str, at: int) -> int:
    """Behind ``before``, should it stand at ``text[at]`` with other numbers and
    blanks in it; else the end of the text.
    """
    for piece in _SAME.findall(before):
        if piece.isspace() or piece.isdigit():
            again = (_SPACES if piece.isspace() else _NUMBER).match(text, at)
            if again is None:
                return len(text)
            at = again.end()
        elif text.startswith(piece, at):
            at += 1
        else:
            return len(text)
    return at
