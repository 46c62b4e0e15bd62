"""The record over HTTP: GET, JSON, each query in a thread on its own connection."""

import base64
import json
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import trio
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lunaroute.errors import NothingRecorded, StoreError
from lunaroute.exporting import FORMATS, copy_session, export_name, exported
from lunaroute.insight import (
    iso,
    session_record,
    session_talk,
    session_timeline,
    session_tools,
    statistics,
)
from lunaroute.observer._download import Download, spooled
from lunaroute.observer._openapi import BYTES, openapi
from lunaroute.observer._parameters import (
    EXPORT,
    RAW,
    SEARCH,
    SESSIONS,
    STATS,
    BadParameterError,
    read_parameters,
)
from lunaroute.pii import Mark
from lunaroute.recording import SessionFiles
from lunaroute.store import (
    MAX_COUNT,
    Hit,
    Place,
    Query,
    SessionFilter,
    SessionSort,
    Sort,
    StatsBy,
    StatsFilter,
    Store,
    StoredTurn,
    open_store,
    parse_query,
)

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
}
DAY_US = 86_400 * 1_000_000
# Beside the recorder's own thread: nobody asks for more at once and means it.
_THREADS = 2
# A head has room for so many places.
_MARKS = 500

Answer = tuple[Any, dict[str, str]]
Given = list[tuple[str, str]]
Ask = Callable[[Store | None, "Asked"], Answer | Response]


class Api:
    """The routes over one database; None where SQLite is switched off."""

    def __init__(self, path: Path | None, also: Path | None = None) -> None:
        """``also`` is where session files are looked for that have moved."""
        self._path = path
        self._also = also
        self._limiter = trio.CapacityLimiter(_THREADS)

    def routes(self) -> list[Route]:
        """To be served beside ``/metrics``."""
        return [
            Route("/sessions", self._route(sessions)),
            Route("/sessions/{id}", self._route(session)),
            Route("/sessions/{id}/timeline", self._route(timeline)),
            Route("/sessions/{id}/tools", self._route(tools)),
            Route("/sessions/{id}/conversation", self._route(conversation)),
            Route("/sessions/{id}/raw/{request_id}", self._route(raw)),
            Route("/sessions/{id}/export", self._route(export)),
            Route("/search", self._route(search)),
            Route("/stats", self._route(stats)),
            Route("/openapi.json", self._describe),
        ]

    def _route(self, ask: Ask) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            wanted = Asked(
                session=str(request.path_params.get("id", "")),
                request=str(request.path_params.get("request_id", "")),
                also=self._also,
                given=list(request.query_params.multi_items()),
            )
            return await trio.to_thread.run_sync(
                self._ask, ask, wanted, limiter=self._limiter
            )

        return answer

    def _ask(self, ask: Ask, wanted: "Asked") -> Response:
        """Runs in a worker thread."""
        try:
            if self._path is None:
                raise StoreError(
                    "SQLite recording is off: set session_recording.sqlite.enabled to"
                    " true"
                )
            try:
                store = open_store(self._path, writer=False)
            except NothingRecorded:
                answer = ask(None, wanted)
            else:
                with store:
                    answer = ask(store, wanted)
        except BadParameterError as error:
            return failure(400, str(error))
        except NotThereError as error:
            return failure(404, str(error))
        except StoreError as error:
            return failure(503, str(error))
        return answer if isinstance(answer, Response) else answered(*answer)

    async def _describe(self, request: Request) -> Response:
        try:
            read_parameters(request.query_params.multi_items(), ())
        except BadParameterError as error:
            return failure(400, str(error))
        return answered(openapi(), {})


class NotThereError(Exception):
    """Names the session, or what of it was not kept and why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The ids in the path, empty where it has none, and the query's parameters."""

    session: str
    request: str
    given: Given
    also: Path | None = None


def sessions(store: Store | None, asked: Asked) -> Answer:
    """``/sessions``. Nothing recorded yet is an empty list."""
    given = asked.given
    values = read_parameters(given, SESSIONS)
    sort = SessionSort(values.pop("sort", SessionSort.NEWEST))
    limit = values.pop("limit", 50)
    after = _place(values.pop("cursor", None), sort)
    wanted = _filter(values)
    if store is None:
        return [], {"x-total-count": "0"}
    page = store.session_page(wanted, sort, limit, after)
    total = f"{MAX_COUNT}+" if page.total > MAX_COUNT else str(page.total)
    headers = {"x-total-count": total}
    if page.end is not None:
        more = [pair for pair in given if pair[0] != "cursor"]
        more.append(("cursor", _cursor(page.end, sort)))
        # Relative to the path as the client knows it, a token in front of it included.
        headers["link"] = f'<?{urlencode(more)}>; rel="next"'
    return list(page.rows), headers


def session(store: Store | None, asked: Asked) -> Answer:
    """``/sessions/{id}``"""
    name = _plain(asked)
    found = session_record(_open(store, name), name)
    if found is None:
        raise _unknown(name)
    return {**found.row, "turns": [_turn(turn) for turn in found.turns]}, {}


def timeline(store: Store | None, asked: Asked) -> Answer:
    """``/sessions/{id}/timeline``"""
    name = _plain(asked)
    events = session_timeline(_open(store, name), name)
    if not events:
        raise _unknown(name)
    return [asdict(event) for event in events], {}


def tools(store: Store | None, asked: Asked) -> Answer:
    """``/sessions/{id}/tools``"""
    name = _plain(asked)
    found = session_tools(_open(store, name), name)
    if found is None:
        raise _unknown(name)
    return [asdict(use) for use in found], {}


def conversation(store: Store | None, asked: Asked) -> Answer:
    """``/sessions/{id}/conversation``: what each exchange brought, each text once."""
    found = session_talk(_open(store, _plain(asked)), asked.session)
    if not found:
        raise _unknown(asked.session)
    return [asdict(each) for each in found], {}


def raw(store: Store | None, asked: Asked) -> Response:
    """``/sessions/{id}/raw/{request_id}``: a body to the byte."""
    part = read_parameters(asked.given, RAW).get("part", "request")
    name, wanted = asked.session, asked.request
    opened = _open(store, name)
    row = opened.exchange_of(name, wanted)
    if row is None:
        raise NotThereError(f"session {name!r} has no request {wanted!r}")
    files = SessionFiles(opened, asked.also)
    try:
        if part == "request":
            body, marks = files.request(row), files.marks(row)
        else:
            answer = files.answered(row)
            body, marks = answer.body, answer.marks
    except StoreError as error:
        raise NotThereError(str(error)) from error
    headers = dict(HEADERS)
    if marks:
        headers["x-lunaroute-redacted"] = _places(marks)
    truncated = row.request_truncated if part == "request" else row.answer_truncated
    if truncated:
        headers["x-lunaroute-truncated"] = "true"
    return Response(body, headers=headers, media_type=BYTES)


def export(store: Store | None, asked: Asked) -> Response:
    """``/sessions/{id}/export``: a file to be saved."""
    name = read_parameters(asked.given, EXPORT).get("format", next(iter(FORMATS)))
    opened = _open(store, asked.session)
    if opened.session_values(asked.session) is None:
        raise _unknown(asked.session)
    copy = copy_session(opened, asked.session, asked.also)
    try:
        body = spooled(exported(copy, name))
    except StoreError as error:
        raise NotThereError(str(error)) from error
    saved = f'attachment; filename="{export_name(copy, name)}"'
    headers = {**HEADERS, "content-disposition": saved}
    return Download(body, headers, FORMATS[name].media_type)


def search(store: Store | None, asked: Asked) -> Answer:
    """``/search``"""
    values = read_parameters(asked.given, SEARCH)
    query = _query("q", values["q"])
    if store is None:
        return [], {}
    sort = Sort(values.get("sort", Sort.BEST))
    return [_hit(hit) for hit in store.search(query, values.get("limit", 50), sort)], {}


def stats(store: Store | None, asked: Asked) -> Answer:
    """``/stats``. Nothing recorded yet is a sum of nothing."""
    values = read_parameters(asked.given, STATS)
    by = values.pop("by", None)
    wanted = StatsFilter(**_since(values))
    return statistics(store, wanted, StatsBy(by) if by else None), {}


def answered(value: Any, headers: dict[str, str], status: int = 200) -> Response:
    """JSON with the headers that every answer has."""
    body = orjson.dumps(value)
    headers = {**HEADERS, **headers}
    return Response(body, status, headers, media_type="application/json")


def failure(
    status: int, message: str, headers: dict[str, str] | None = None
) -> Response:
    """An error in the one shape that errors have."""
    return answered({"error": {"message": message}}, headers or {}, status)


async def explain(request: Request, error: Exception) -> Response:
    """What the router refuses: unknown paths, other methods."""
    assert isinstance(error, HTTPException)
    path = request.url.path
    message = f"there is nothing at {path}; see /openapi.json"
    if error.status_code == 405:
        message = f"{path} answers GET and HEAD only"
    return failure(error.status_code, message, dict(error.headers or {}))


def _since(values: dict[str, Any]) -> dict[str, Any]:
    """The values with ``days`` as the moment that they reach back to."""
    days = values.pop("days", None)
    if days is not None:
        earliest = time.time_ns() // 1000 - days * DAY_US
        values["since"] = max(earliest, values.get("since", earliest))
    return values


def _filter(values: dict[str, Any]) -> SessionFilter:
    values = _since(values)
    text = values.pop("text_search", None)
    query = None if text is None else _query("text_search", text)
    return SessionFilter(text=query, **values)


def _query(name: str, text: str) -> Query:
    query = parse_query(text)
    if query.refusal is not None:
        raise BadParameterError(f"{name}: {query.refusal}")
    return query


def _cursor(place: Place, sort: SessionSort) -> str:
    plain = json.dumps([sort, place.key, place.session_id])
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def _place(cursor: str | None, sort: SessionSort) -> Place | None:
    if cursor is None:
        return None
    wrong = BadParameterError(
        "cursor: is none of this sort; take the one in the link header of the page"
        " before, or leave it out"
    )
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        made_for, key, name = json.loads(base64.urlsafe_b64decode(padded))
        number, text = float(key), str(name)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise wrong from error
    fits = isinstance(key, int | float) and abs(number) < 2**63
    if made_for != sort or not fits or not isinstance(name, str):
        raise wrong
    return Place(key, text.encode("utf-8", "replace").decode())


def _places(marks: Sequence[Mark]) -> str:
    """Where a body was redacted, as a header's value: "12-40 email, 95-120 api_key"."""
    named = [
        f"{mark.start}-{mark.end} {re.sub(r'[^A-Za-z0-9_.-]', '_', mark.kind)}"
        for mark in marks[:_MARKS]
    ]
    if len(marks) > _MARKS:
        named.append(f"{len(marks) - _MARKS} more")
    return ", ".join(named)


def _plain(asked: Asked) -> str:
    """The session of a path that takes no parameters."""
    read_parameters(asked.given, ())
    return asked.session


def _open(store: Store | None, name: str) -> Store:
    if store is None:
        raise NotThereError(f"there is no session {name!r}: nothing is recorded")
    return store


def _unknown(name: str) -> NotThereError:
    return NotThereError(f"there is no session {name!r}; /sessions lists them")


def _turn(turn: StoredTurn) -> dict[str, Any]:
    return {**asdict(turn), "started_at": iso(turn.started_at)}


def _hit(hit: Hit) -> dict[str, Any]:
    return {
        **asdict(hit),
        "started_at": iso(hit.started_at),
        "snippet": "".join(text for text, _ in hit.snippet),
        "matches": [text for text, is_match in hit.snippet if is_match],
    }
