"""Private keys in PEM armour: the whole block, however its lines were joined."""

import re

from lunaroute.pii._finding import Finding

_BEGIN = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_BEFORE = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}\Z")
_END = re.compile(r"-----END (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----")
# What stands in a block: base64, header fields, and whatever joins its lines in code,
# JSON, YAML. The end is looked for no further than the largest key is long.
_LONGEST = 32 * 1024
_BODY = re.compile(
    r"(?:[0-9A-Za-z+/=\s]|\\[nrt]|[\"'+.,\\>|]|[A-Z][A-Za-z-]{2,20}: [^\n\\]{1,80})*+"
)


def find_private_key(text: str, at: int, _context: int) -> Finding | None:
    """The key in whose first line ``PRIVATE KEY`` stands at ``text[at]``.

    Of a block that was cut off, all that can belong to it.
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
    body = _BODY.match(text, begin.end(), limit)
    assert body is not None
    if _is_empty(body.group()):
        return None
    return Finding(at, at + len(text[at : body.end()].rstrip()), "private_key", 0.9)


def _is_empty(body: str) -> bool:
    """Whether nothing stands in the block: a name, an ellipsis, a placeholder."""
    return re.search(r"[0-9A-Za-z+/]{16}", body) is None
