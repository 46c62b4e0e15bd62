"""What a file of events adds to the store, told by the events alone.

It reads line by line: what a body refers to stands before it in the same file.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from lunaroute.dialects import read_request
from lunaroute.model import (
    AnswerFacts,
    Endpoint,
    RequestFacts,
    Text,
    TextKind,
    ToolCall,
)
from lunaroute.recording._durations import told_durations
from lunaroute.recording._head import Head
from lunaroute.recording._once import Bodies
from lunaroute.recording._reading import TURNS
from lunaroute.recording._rows import call_row
from lunaroute.recording._texts import brought_rows, spoken_rows
from lunaroute.recording._told import row_columns
from lunaroute.store import ExchangeRow, Prepared

Event = dict[str, Any]

# More under way at once than a session has: only files that somebody cut have so many.
_MOST_BEGUN = 10_000

# A conversation's request, and the frames that ask for an answer of the same kind.
_ASKED_AS = {Endpoint.WARM_UP: Endpoint.RESPONSES}


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """``is_whole`` says whether the events tell all of the row: those of earlier
    releases do not.
    """

    rows: Prepared
    is_whole: bool


@dataclass(slots=True)
class _Begun:
    begin: int
    events: dict[str, Event] = field(default_factory=dict)
    calls: list[Event] = field(default_factory=list)


class Rebuilder:
    """Of one file, whose name is ``DAY/NAME``; its exchanges come as they end."""

    def __init__(self, name: str, key: bytes) -> None:
        self._name = name
        self._key = key
        self._bodies = Bodies(())
        self._begun: dict[str, _Begun] = {}
        self._end = 0
        self.bad_lines: list[int] = []
        self._lines = 0

    @property
    def offset(self) -> int:
        """How many bytes of the file were read."""
        return self._end

    def feed(self, line: bytes) -> Iterator[Rebuilt]:
        """The exchange that ends with this line, if one does."""
        begin, self._end = self._end, self._end + len(line)
        self._lines += 1
        try:
            event = orjson.loads(line)
            kind, name = event["type"], event["exchange_id"]
            if not isinstance(kind, str) or not isinstance(name, str):
                raise TypeError("no event")
            begun = self._begun.setdefault(name, _Begun(begin))
            if kind == "tool_call_recorded":
                begun.calls.append(event)
            self._bodies.add(line)
            if kind == "request_recorded":
                # The body is in both: it is not needed twice.
                event.pop("request_json", None)
                event.pop("request_raw", None)
            begun.events[kind] = event
            if kind == "completed":
                del self._begun[name]
                yield self._rebuilt(name, begun)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            self.bad_lines.append(self._lines)
        if len(self._begun) > _MOST_BEGUN:
            self._begun.pop(next(iter(self._begun)))

    def _rebuilt(self, name: str, begun: _Begun) -> Rebuilt:
        events = begun.events
        row = ExchangeRow(
            id=name,
            session_id=str(_first(events)["session_id"]),
            jsonl_file=self._name,
            jsonl_offset=begun.begin,
            jsonl_length=self._end - begun.begin,
            **row_columns(events),
        )
        is_whole = isinstance(events["completed"].get("row"), dict)
        endpoint = Endpoint(row.endpoint or Endpoint.OTHER)
        if not is_whole or endpoint not in TURNS:
            return Rebuilt(Prepared(row), is_whole)
        request = self._request(name, endpoint)
        answer = _answer(events, begun.calls)
        rows = Prepared(
            exchange=row,
            texts=spoken_rows(request, answer, self._key),
            calls=tuple(call_row(*each) for each in enumerate(answer.tool_calls)),
            results=brought_rows(request, self._key),
            durations=told_durations(_head(events)),
        )
        return Rebuilt(rows, is_whole)

    def _request(self, name: str, endpoint: Endpoint) -> RequestFacts:
        body = self._bodies.body(name)
        if not body:
            return RequestFacts()
        return read_request(_ASKED_AS.get(endpoint, endpoint), body)


def _answer(events: dict[str, Event], calls: list[Event]) -> AnswerFacts:
    texts: list[Text] = []
    error_text = None
    said: str = events.get("response_recorded", {}).get("response_text") or ""
    at = 0
    for kind, role, words in events["completed"].get("spoken", ()):
        if isinstance(words, int):
            end = at + words
            words, at = said[at:end], end + 1  # behind a line's end
        elif isinstance(words, dict):
            words = calls[words["call"]]["tool_arguments"]
        if kind == TextKind.ERROR.value:
            error_text = str(words)
        else:
            texts.append(Text(TextKind(kind), str(role), str(words)))
    return AnswerFacts(
        texts=tuple(texts),
        tool_calls=tuple(_call(each) for each in calls),
        error_text=error_text,
    )


def _call(event: Event) -> ToolCall:
    return ToolCall(
        id=str(event["tool_call_id"]),
        name=str(event["tool_name"]),
        arguments=str(event["tool_arguments"]),
        server=event.get("tool_server"),
    )


def _head(events: dict[str, Event]) -> Head:
    kept = events.get("started", {}).get("request_headers") or {}
    return Head(("", "", ""), tuple((n, str(value)) for n, value in kept.items()))


def _first(events: dict[str, Event]) -> Event:
    return next(iter(events.values()))
