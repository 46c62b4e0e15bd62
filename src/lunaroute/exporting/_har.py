"""As an HTTP Archive 1.2: one entry an exchange.

Headers are those that are kept, bodies as they were after their content-encoding was
undone. Where a streamed answer's events were not kept its words are there: a comment
says so.
"""

from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

import orjson

from lunaroute._version import __version__
from lunaroute.exporting._address import address
from lunaroute.exporting._copy import CopiedTurn, Copy
from lunaroute.insight import iso
from lunaroute.store import ExchangeRow

# A size or a time that is not known (HAR 1.2).
UNKNOWN = -1

Entry = dict[str, object]


def as_har(copy: Copy) -> Iterator[bytes]:
    """The archive in pieces, an entry at a time."""
    creator = orjson.dumps({"name": "LunaRoute", "version": __version__})
    comment = orjson.dumps(
        f"session {copy.session_id}; headers that LunaRoute does not keep, credentials"
        " among them, are missing"
    )
    yield b'{"log":{"version":"1.2","creator":%s,"comment":%s,"entries":[' % (
        creator,
        comment,
    )
    for number, copied in enumerate(copy.turns()):
        yield (b",\n" if number else b"\n") + orjson.dumps(_entry(copied))
    yield b"\n]}}\n"


def _entry(copied: CopiedTurn) -> Entry:
    row = copied.row
    timings = _timings(row)
    return {
        "startedDateTime": iso(row.started_at),
        "time": sum(time for time in timings.values() if time != UNKNOWN),
        "request": _request(copied),
        "response": _response(copied),
        "cache": {},
        "timings": timings,
        "comment": f"{row.id}: {row.outcome}",
    }


def _request(copied: CopiedTurn) -> Entry:
    row = copied.row
    url = address(row) or row.path or ""
    query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    request: Entry = {
        "method": row.method or "",
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(row.request_headers),
        "queryString": [{"name": name, "value": value} for name, value in query],
        "headersSize": UNKNOWN,
        "bodySize": row.request_bytes,
    }
    if copied.request is not None:
        request["postData"] = {
            "mimeType": _type(row.request_headers),
            "params": [],
            "text": copied.request.decode("utf-8", "replace"),
        }
    elif row.request_bytes:
        request["comment"] = copied.request_missing
    return request


def _response(copied: CopiedTurn) -> Entry:
    row = copied.row
    status = row.status or 0
    response: Entry = {
        "status": status,
        "statusText": _phrase(status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(row.answer_headers),
        "content": _content(copied),
        "redirectURL": "",
        "headersSize": UNKNOWN,
        "bodySize": row.answer_bytes,
    }
    if row.error_text:
        response["comment"] = row.error_text
    return response


def _content(copied: CopiedTurn) -> Entry:
    row = copied.row
    content: Entry = {"size": row.answer_bytes, "mimeType": _type(row.answer_headers)}
    body = copied.stream if copied.answer is None else copied.answer
    if body is not None:
        content["text"] = body.decode("utf-8", "replace")
        content["size"] = len(body)
    elif copied.answer_text is not None:
        content["text"] = copied.answer_text
        content["mimeType"] = "text/plain; charset=utf-8"
        content["comment"] = "the words of a streamed answer; its events were not kept"
    elif row.answer_bytes:
        content["comment"] = copied.answer_missing
    return content


def _timings(row: ExchangeRow) -> dict[str, float]:
    """Milliseconds: until all was sent, until the answer began, until it ended."""
    sent = row.last_byte_up_us or row.first_byte_up_us
    began = row.first_byte_down_us
    ended = row.ended_us
    times = {
        "blocked": _between(0, row.first_byte_up_us),
        "send": _between(row.first_byte_up_us, sent),
        "wait": _between(sent, began if began is not None else ended),
        "receive": _between(began, ended),
    }
    # These three must be there, and at least zero.
    return {
        name: time if name == "blocked" else max(0.0, time)
        for name, time in times.items()
    }


def _between(start: int | None, end: int | None) -> float:
    if start is None or end is None:
        return float(UNKNOWN)
    return max(0, end - start) / 1000


def _headers(recorded: str | None) -> list[dict[str, str]]:
    found = orjson.loads(recorded or "{}")
    return [{"name": name, "value": value} for name, value in found.items()]


def _type(recorded: str | None) -> str:
    return str(orjson.loads(recorded or "{}").get("content-type", ""))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
