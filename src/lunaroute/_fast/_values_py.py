"""Where the values of a JSON body stand, without parsing it: the compiled ``_values``'
twin.

The tokens are those of ``_session_py``: the rules hold for any bytes, JSON or not.
"""

import re

_TOKEN = re.compile(
    rb"""(?sx)
      (?P<string> " [^"\\]*+ (?: \\. [^"\\]*+ )*+ " )
    | (?P<open> [{\[] )
    | (?P<close> [}\]] )
    | (?P<unended> " .* )
    """
)
_BEFORE_COLON = re.compile(rb"[ \t\n\r]*:")


def value_spans(body: bytes, smallest: int, deepest: int) -> list[tuple[int, int, int]]:
    """The values that are strings, arrays or objects: ``(start, end, depth)`` each.

    In the order in which they begin, an array before its members. The body itself has
    depth 0, its members 1; none deeper than ``deepest`` is named, none that takes less
    than ``smallest`` bytes, and no name of a member. In a body that was cut, what had
    ended before the cut counts.
    """
    spans = []
    opened: list[int] = []
    for token in _TOKEN.finditer(body):
        kind = token.lastgroup
        if kind == "open":
            opened.append(token.start())
            continue
        start = token.start()
        if kind == "close":
            if not opened:
                break
            start = opened.pop()
        elif kind == "unended" or _BEFORE_COLON.match(body, token.end()):
            continue
        if len(opened) <= deepest and token.end() - start >= smallest:
            spans.append((start, token.end(), len(opened)))
    return sorted(spans)
