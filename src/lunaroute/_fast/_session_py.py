"""Where a body names its user, without parsing it: the compiled ``_session``'s twin.

The rules are about tokens, so that they hold for any bytes, JSON or not: a string runs
to the next quote behind an even number of backslashes; ``{}[]:,`` are tokens of their
own; white space counts for nothing; any other byte is a scalar. A name is compared as
it is written: one spelt with escapes is another name.
"""

import re

_TOKEN = re.compile(
    rb"""(?sx)
      (?P<string> " [^"\\]*+ (?: \\. [^"\\]*+ )*+ " )
    | (?P<open> [{\[] )
    | (?P<close> [}\]] )
    | (?P<colon> : )
    | (?P<comma> , )
    | (?P<scalar> [^"{}\[\]:,\ \t\n\r]++ )
    | (?P<unended> " .* )
    """
)
_NONE = (-1, -1)
_METADATA = b'"metadata"'
_USER_ID = b'"user_id"'


def _name_at(depth: int, in_metadata: bool) -> bytes:
    if depth == 1:
        return _METADATA
    return _USER_ID if depth == 2 and in_metadata else b""


def user_id_span(body: bytes) -> tuple[int, int]:
    """Where the value of ``metadata.user_id`` stands in a JSON body; (-1, -1) for none.

    ``body[start:end]`` is the raw value, a string with its quotes or an object with
    its braces; any other value is none. The last of repeated names wins, as in a
    parser. In a body that was cut, what came before the cut counts.
    """
    found = _NONE
    depth = 0
    in_metadata = False
    object_start = -1  # where a user_id that is an object began
    last_string = b""  # the token before this one, if it could be one of our names
    named = b""  # the name whose value comes next
    for token in _TOKEN.finditer(body):
        kind = token.lastgroup
        spelt, last_string = last_string, b""
        if kind == "colon":
            named = spelt
            found = _NONE if named else found
            continue
        value_of, named = named, b""
        if kind == "string":
            if value_of == _USER_ID:
                found = token.span()
            elif not value_of and token.group() == _name_at(depth, in_metadata):
                last_string = token.group()
        elif kind == "open":
            depth += 1
            if token.group() == b"{" and value_of == _METADATA:
                in_metadata = True
            elif token.group() == b"{" and value_of == _USER_ID:
                object_start = token.start()
        elif kind == "close":
            depth -= 1
            if depth <= 0:
                break
            in_metadata = in_metadata and depth > 1
            if depth == 2 and object_start >= 0:
                found = (object_start, token.end())
                object_start = -1
    return found
