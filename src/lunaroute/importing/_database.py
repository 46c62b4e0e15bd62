"""The SQLite file of earlier releases: a row of ``session_stats`` is an exchange.

A session without such rows is one exchange, with the sums that the session has.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from lunaroute.importing._turn import Turn, microseconds, turn_id
from lunaroute.model import (
    AnswerFacts,
    Endpoint,
    Outcome,
    RequestFacts,
    Text,
    TextKind,
    ToolCall,
    Usage,
)

_Row = dict[str, object]


def read_database(path: Path) -> Iterator[Turn]:
    """The turns of all sessions; an OSError where the file is another program's."""
    try:
        address = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            for session in _rows(connection, "sessions", "started_at"):
                yield from _turns(connection, session)
    except (sqlite3.Error, KeyError) as error:
        raise OSError(f"not an earlier release's database: {error}") from error


def _rows(
    connection: sqlite3.Connection, table: str, order: str, session: object = None
) -> list[_Row]:
    where = "" if session is None else " WHERE session_id = ?"
    statement = f"SELECT * FROM {table}{where} ORDER BY {order}"  # noqa: S608 - our names
    given = () if session is None else (session,)
    return [dict(row) for row in connection.execute(statement, given)]


def _turns(connection: sqlite3.Connection, session: _Row) -> Iterator[Turn]:
    name = session["session_id"]
    stats = _rows(connection, "session_stats", "id", name) or [session]
    calls: list[_Row] = []
    if _has_table(connection, "tool_call_executions"):
        calls = _rows(connection, "tool_call_executions", "id", name)
    numbers = {_text(row, "request_id"): at for at, row in enumerate(stats)}
    asked: list[list[_Row]] = [[] for _ in stats]
    told = set()
    for call in calls:
        # A call was told again with every request that brought its result.
        if call["tool_call_id"] not in told:
            told.add(call["tool_call_id"])
            asked[numbers.get(_text(call, "request_id"), 0)].append(call)
    for at, row in enumerate(stats):
        yield _turn(session, row, asked[at], at, is_last=at == len(stats) - 1)


def _has_table(connection: sqlite3.Connection, name: str) -> bool:
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,))
    return found.fetchone() is not None


def _turn(
    session: _Row, row: _Row, calls: list[_Row], number: int, *, is_last: bool
) -> Turn:
    name = _text(session, "session_id") or ""
    request_id = _text(row, "request_id") or f"number {number}"
    began = microseconds(session.get("started_at")) or 0
    # Later requests are known by when their answer was written down.
    moment = microseconds(row.get("created_at")) or began
    is_anthropic = _text(session, "provider") == "anthropic"
    prompt, said = _text(session, "request_text"), _text(session, "response_text")
    return Turn(
        id=turn_id("events", name, request_id),
        session=name,
        started_at=began if number == 0 else max(began, moment),
        endpoint=Endpoint.MESSAGES if is_anthropic else Endpoint.CHAT,
        provider=_text(session, "provider"),
        request=RequestFacts(
            model=_text(session, "model_requested"),
            streaming=bool(session.get("is_streaming")),
            # The session keeps the texts of its last request only.
            texts=_said(TextKind.PROMPT, "user", prompt) if is_last else (),
            message_count=_count(row, "message_count") or 0,
        ),
        answer=AnswerFacts(
            model=_text(row, "model_name") or _text(session, "model_used"),
            stop_reason=_text(session, "finish_reason") if is_last else None,
            error_text=_text(session, "error_message") if is_last else None,
            texts=_said(TextKind.ANSWER, "assistant", said) if is_last else (),
            tool_calls=tuple(map(_call, calls)),
            usage=_usage(row, is_anthropic=is_anthropic),
        ),
        outcome=_outcome(session) if is_last else Outcome.ANSWERED,
        user_agent=_text(session, "user_agent"),
        request_bytes=_count(row, "request_size_bytes") or 0,
        answer_bytes=_count(row, "response_size_bytes") or 0,
    )


def _outcome(session: _Row) -> Outcome:
    is_good = session.get("success")
    if is_good is None:
        return Outcome.INTERRUPTED
    return Outcome.ANSWERED if is_good else Outcome.UPSTREAM_CUT


def _said(kind: TextKind, role: str, text: str | None) -> tuple[Text, ...]:
    return (Text(kind, role, text),) if text else ()


def _call(row: _Row) -> ToolCall:
    return ToolCall(
        id=_text(row, "tool_call_id") or "",
        name=_text(row, "tool_name") or "",
        arguments=_text(row, "tool_arguments") or "",
    )


def _usage(row: _Row, *, is_anthropic: bool) -> Usage:
    """Theirs are the vendor's own: OpenAI's input holds the cached tokens."""
    read, audio = _count(row, "cache_read_tokens"), _count(row, "audio_input_tokens")
    given = _count(row, "input_tokens")
    if given is not None and not is_anthropic:
        given = max(0, given - (read or 0) - (audio or 0))
    thinking, reasoning = (
        _count(row, "thinking_tokens"),
        _count(row, "reasoning_tokens"),
    )
    spoken = _count(row, "audio_output_tokens")
    put = _count(row, "output_tokens")
    if put is not None:
        put = max(0, put - (thinking or 0) - (reasoning or 0) - (spoken or 0))
    return Usage(
        input_uncached=given,
        cache_read=read,
        cache_write_5m=_count(row, "cache_creation_tokens"),
        output=put,
        audio_input=audio,
        thinking=thinking,
        reasoning=reasoning,
        audio_output=spoken,
    )


def _text(row: _Row, name: str) -> str | None:
    value = row.get(name)
    return value if isinstance(value, str) and value else None


def _count(row: _Row, name: str) -> int | None:
    value = row.get(name)
    return value if isinstance(value, int) and 0 <= value <= 10**15 else None
