"""A session's file written again, without what should not have been in it.

Offsets into bodies change with what is replaced, so each body is put together, redacted
and referred to anew.
"""

from pathlib import Path
from typing import Any

import orjson

from lunaroute.pii import Mark, Redactor
from lunaroute.recording._once import Bodies, Once
from lunaroute.recording._reading import is_one_line
from lunaroute.recording._said import json_member
from lunaroute.recording._stream import Stream, says_again

_REQUEST = b'{"type":"request_recorded"'
_RESPONSE = b'{"type":"response_recorded"'
_FILE = Path("rewritten")


class Rewriter:
    """The lines of one file, each once and in their order."""

    __slots__ = ("_bodies", "_once", "_redactor")

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._bodies = Bodies(())
        self._once = Once()
        self._once.resume(_FILE, 0)

    def rewrite(self, line: bytes) -> tuple[bytes, tuple[str, ...]]:
        """The line as it may stand there, and the kinds of what was replaced in it.

        Raises ValueError or KeyError where the file is not as it was written.
        """
        self._bodies.add(line)
        if line.startswith(_REQUEST):
            event = orjson.loads(line)
            body = self._bodies.body(str(event["exchange_id"]))
            if body is not None:
                return self._request(event, body)
        text, kinds = self._other(line)
        # What it says is referred to by requests behind it.
        return self._once.shorten(_FILE, "", text, b""), kinds

    def _other(self, line: bytes) -> tuple[bytes, tuple[str, ...]]:
        if line.startswith(_RESPONSE):
            event = orjson.loads(line)
            is_stream = "response_body" in event and event["is_streaming"]
            return self._stream(line, event) if is_stream else self._answer(line, event)
        return self._plain(line)

    def _plain(self, line: bytes) -> tuple[bytes, tuple[str, ...]]:
        redacted = self._redactor.body(line)
        return redacted.data, tuple(mark.kind for mark in redacted.marks)

    def _stream(
        self, line: bytes, event: dict[str, Any]
    ) -> tuple[bytes, tuple[str, ...]]:
        """The events of a stream in which anything is found go whole: nobody can say
        here whether all pieces of it were found in them. The words stay.
        """
        found = _unpacked(event).findings(self._redactor)
        event.pop("response_redacted", None)
        redacted = self._redactor.body(orjson.dumps(event))
        if not found and not redacted.marks:
            return line, ()
        kinds = tuple(mark.kind for mark in redacted.marks)
        return redacted.data + b"\n", kinds or found

    def _answer(
        self, line: bytes, event: dict[str, Any]
    ) -> tuple[bytes, tuple[str, ...]]:
        """A body that did not stream is redacted by itself, as a request's is."""
        is_packed, raw = "response_body" in event, event.get("response_raw")
        if is_packed:
            body = _unpacked(event).body
        elif isinstance(raw, str):
            body = raw.encode("utf-8")
        else:
            body = json_member(line, b"response_json")
        if not body:
            return self._plain(line)
        earlier = event.pop("response_redacted", [])
        is_json = event.get("response_json") is not None
        event["response_json"] = None
        if raw is not None:
            event["response_raw"] = None
        rest, redacted = (
            self._redactor.body(orjson.dumps(event)),
            self._redactor.body(body),
        )
        if not rest.marks and not redacted.marks:
            return line, ()
        event = orjson.loads(rest.data)
        if redacted.marks and says_again(body):
            event.pop("response_body", None)
            is_json, raw, is_packed = False, None, False
        if is_json:
            event["response_json"] = _value(redacted.data)
        if raw is not None:
            event["response_raw"] = redacted.data.decode("utf-8")
        if is_packed:
            packed = Stream(redacted.data).packed(event["response_text"])
            event["response_body"] = packed
        if marks := _marks(earlier, redacted.marks):
            event["response_redacted"] = marks
        text = orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE)
        return text, tuple(mark.kind for mark in (*rest.marks, *redacted.marks))

    def _request(
        self, event: dict[str, object], body: bytes
    ) -> tuple[bytes, tuple[str, ...]]:
        is_raw, is_json = "request_raw" in event, event.get("request_json") is not None
        earlier = event.pop("request_redacted", [])
        event.pop("request_refs", None)
        for name in ("request_json", "request_raw"):
            if name in event:
                event[name] = None
        rest = self._redactor.body(orjson.dumps(event))
        redacted = self._redactor.body(body)
        event = orjson.loads(rest.data)
        one_line = is_one_line(redacted.data)
        if is_json:
            event["request_json"] = _value(redacted.data)
        if is_raw:
            event["request_raw"] = redacted.data.decode("utf-8")
        if marks := _marks(earlier, redacted.marks):
            event["request_redacted"] = marks
        text = orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE)
        name = str(event["exchange_id"])
        sent = redacted.data if is_json and not is_raw and one_line else b""
        text = self._once.shorten(_FILE, name, text, sent)
        return text, tuple(mark.kind for mark in (*rest.marks, *redacted.marks))


def _value(body: bytes) -> object:
    """JSON to be written as it is, where it fits into a line."""
    return orjson.Fragment(body) if is_one_line(body) else orjson.loads(body)


def _unpacked(event: dict[str, Any]) -> Stream:
    """The body of an answer, taken out of its event."""
    return Stream.unpacked(event.pop("response_body"), event["response_text"])


def _marks(earlier: object, new: tuple[Mark, ...]) -> list[tuple[int, int, str]]:
    """Those of an earlier redaction, moved by what the new one changed, and its own."""
    marks = [(mark.start, mark.end, mark.kind) for mark in new]
    for start, end, kind in earlier if isinstance(earlier, list) else []:
        moved = 0
        for mark in new:
            if mark.start - moved >= start:
                break
            moved += mark.end - mark.start - mark.was
        marks.append((start + moved, end + moved, kind))
    return sorted(marks)
