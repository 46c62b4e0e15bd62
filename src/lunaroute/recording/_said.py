"""What an answer's events hold that the next request brings back in its history.

Each is named by its exchange and event, and told alike to who writes a file and to who
reads it: ``ID#response_text`` is the JSON string as it stands in the line,
``ID#tool_arguments.N`` the arguments of the answer's call N (from 0), with ``.json``
behind it the string in which they stand, ``ID#spoken`` the array that has thinking.
"""

import re
from collections.abc import Iterator

import orjson

from lunaroute._fast import value_spans

# Ids are ours: no quote and no escape in them.
_EVENT = re.compile(
    rb'\{"type":"(response_recorded|tool_call_recorded|completed)","schema":\d+,'
    rb'"exchange_id":"([^"\\]+)"'
)
# A string from quote to quote.
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
_THINKING = b'["thinking",'


class Said:
    """Reads the lines of one file in their order."""

    __slots__ = ("_calls", "_exchange")

    def __init__(self) -> None:
        self._exchange = b""
        self._calls = 0

    def texts(self, line: bytes) -> Iterator[tuple[str, bytes]]:
        """Names and bytes of what this line holds.

        Raises ValueError where it is not as it was written.
        """
        found = _EVENT.match(line)
        if found is None:
            return
        kind, exchange = found[1], found[2]
        name = exchange.decode()
        # An exchange's answer and its calls are written together.
        if kind == b"response_recorded" or exchange != self._exchange:
            self._exchange, self._calls = exchange, 0
        if kind == b"response_recorded":
            if text := _string(line, b"response_text"):
                yield f"{name}#response_text", text
        elif kind == b"tool_call_recorded":
            if text := _string(line, b"tool_arguments"):
                call = f"{name}#tool_arguments.{self._calls}"
                yield f"{call}.json", text
                yield call, str(orjson.loads(text)).encode("utf-8")
            self._calls += 1
        elif _THINKING in line and (text := json_member(line, b"spoken")):
            yield f"{name}#spoken", text


def _string(line: bytes, name: bytes) -> bytes:
    """As ``json_member``, for strings alone, in a fraction of the time."""
    mark = b'"%s":' % name
    at = line.find(mark)
    found = _STRING.match(line, at + len(mark)) if at >= 0 else None
    return found[0] if found else b""


def json_member(line: bytes, name: bytes) -> bytes:
    """The array, object or string that an event's line has under ``name``, to the byte;
    empty for another value. Of a client's own members of this name none may stand
    before it.
    """
    mark = b'"%s":' % name
    at = line.find(mark)
    return value_at(line, at + len(mark)) if at >= 0 else b""


def value_at(line: bytes, at: int) -> bytes:
    """The array, object or string that begins there; empty for another value."""
    for start, end, _ in value_spans(line, 2, 1):
        if start == at:
            return line[start:end]
    return b""
