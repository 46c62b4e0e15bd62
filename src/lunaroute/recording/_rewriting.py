"""A session's file written again, without what should not have been in it.

Offsets into bodies change with what is replaced, so each body is put together, redacted
and referred to anew.
"""

from pathlib import Path

import orjson

from lunaroute.pii import Mark, Redactor
from lunaroute.recording._once import Bodies, Once
from lunaroute.recording._reading import is_one_line
from lunaroute.recording._stream import Stream

_REQUEST = b'{"type":"request_recorded"'
_RESPONSE = b'{"type":"response_recorded"'
_STREAM = b',"response_stream":{'
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
        if line.startswith(_RESPONSE) and _STREAM in line:
            text, kinds = self._response(line)
        else:
            redacted = self._redactor.body(line)
            text, kinds = redacted.data, tuple(mark.kind for mark in redacted.marks)
        # What it says is referred to by requests behind it.
        return self._once.shorten(_FILE, "", text, b""), kinds

    def _response(self, line: bytes) -> tuple[bytes, tuple[str, ...]]:
        """The events of a stream in which anything is found go whole: nobody can say
        here whether all pieces of it were found in them. The words stay.
        """
        event = orjson.loads(line)
        told = event.pop("response_stream")
        stream = Stream.of_event(told, event["response_text"])
        found = stream.findings(self._redactor)
        redacted = self._redactor.body(orjson.dumps(event))
        if not found and not redacted.marks:
            return line, ()
        kinds = tuple(mark.kind for mark in redacted.marks)
        return redacted.data + b"\n", kinds or found

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
            event["request_json"] = (
                orjson.Fragment(redacted.data)
                if one_line
                else orjson.loads(redacted.data)
            )
        if is_raw:
            event["request_raw"] = redacted.data.decode("utf-8")
        if marks := _marks(earlier, redacted.marks):
            event["request_redacted"] = marks
        text = orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE)
        name = str(event["exchange_id"])
        sent = redacted.data if is_json and not is_raw and one_line else b""
        text = self._once.shorten(_FILE, name, text, sent)
        return text, tuple(mark.kind for mark in (*rest.marks, *redacted.marks))


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
