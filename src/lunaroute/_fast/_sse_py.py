"""Where events end in an event stream: the twin of the compiled ``_sse``."""

import re

# WHATWG HTML 9.2.5: end-of-line = ( cr lf / cr / lf ). A blank line ends an event.
# Between chunks it is enough to know what the last byte was:
# 0 a line has begun, 1 the line is empty so far, 2 as 1 and the last byte was a CR.
_LINE_END = re.compile(rb"\r\n|\r|\n")


def event_ends(data: bytes, state: int) -> tuple[list[int], int]:
    """Offsets just behind each blank line of ``data``, and the state for what follows.

    A stream begins in state 1. A blank line that ends in CR ends at that CR: should LF
    follow, it belongs to the same line end and is no line of its own.
    """
    if not data:
        return [], state
    ends = []
    line_start = 0
    is_open = state == 0  # the line that begins at line_start has begun before
    if state == 2 and data[0] == 0x0A:
        line_start = 1
    for found in _LINE_END.finditer(data, line_start):
        if found.start() == line_start and not is_open:
            blank_end = found.end()
            # Waiting for the LF of a CRLF would make the answer depend on the cuts.
            if found.group() == b"\r\n":
                blank_end -= 1
            ends.append(blank_end)
        line_start = found.end()
        is_open = False
    if line_start < len(data):
        return ends, 0
    return ends, 2 if data[-1] == 0x0D else 1
