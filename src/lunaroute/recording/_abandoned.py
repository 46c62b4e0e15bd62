"""Ends an exchange of which nothing is left but its open row: the gateway that knew
the rest is gone.
"""

import logging
from dataclasses import replace
from typing import Any

import orjson

from lunaroute.link import Anchor, Ending, ExchangeId, RawExchange, Route, Times
from lunaroute.model import (
    AnswerFacts,
    Endpoint,
    Outcome,
    RequestFacts,
    SessionFacts,
    Text,
    TextKind,
    Usage,
)
from lunaroute.recording._cost import cost_of, with_cost
from lunaroute.recording._events import event_lines
from lunaroute.recording._head import Head, read_head
from lunaroute.recording._reading import Reading, bare_reading
from lunaroute.recording._record import Record
from lunaroute.recording._session import SessionName, name_session
from lunaroute.recording._texts import spoken_rows
from lunaroute.store import Abandoned, ExchangeRow, Prepared

_log = logging.getLogger(__name__)

_GATEWAY_ENDED = "the gateway ended before the exchange did"
_LOST = "its end was not recorded: the recorder was behind and the buffer was full"

# A moment that never was is 0, so the start cannot be.
_START = 1


def interrupted(abandoned: Abandoned, key: bytes, *, is_lost: bool = False) -> Record:
    """Its record with all that had come. Never raises: what the row cannot tell is
    not told. ``is_lost`` says that the gateway lives and had no room for the end.
    """
    row = abandoned.exchange
    why = _LOST if is_lost else _GATEWAY_ENDED
    try:
        texts = tuple(
            Text(TextKind(piece.kind), "assistant", piece.text)
            for piece in abandoned.pieces
        )
        reading = _reading(row, texts, why)
    except (ValueError, TypeError) as error:  # somebody wrote into the database
        _log.warning("the open row of %s cannot be read: %s", row.id, error)
        texts = ()
        reading = replace(bare_reading(_raw(row, why)), session=_session(row))
    reading = replace(reading, cost=cost_of(reading))
    ended = row.ended_us if row.ended_us is not None else row.last_byte_up_us
    rows = Prepared(
        exchange=with_cost(
            replace(
                row,
                outcome=Outcome.INTERRUPTED.value,
                error_text=why,
                ended_us=ended,
            ),
            reading.cost,
        ),
        texts=spoken_rows(RequestFacts(), AnswerFacts(texts=texts), key),
    )
    return Record(
        id=reading.raw.id,
        stem=reading.session.stem,
        lines=event_lines(reading, rows.exchange),
        sent=b"",
        rows=rows,
        resent=True,
    )


def _raw(row: ExchangeRow, why: str) -> RawExchange:
    """What the gateway told, less the bytes."""
    times = Times(
        accepted=_START,
        head_received=_moment(row.head_received_us),
        first_byte_up=_moment(row.first_byte_up_us),
        last_byte_up=_moment(row.last_byte_up_us),
        first_byte_down=_moment(row.first_byte_down_us),
        first_body_down=_moment(row.first_body_down_us),
        ended=_moment(row.ended_us or row.last_byte_up_us),
    )
    return RawExchange(
        id=_exchange_id(row.id),
        anchor=Anchor(row.started_at * 1_000, _START),
        route=Route(
            provider=row.provider or "",
            dialect=row.dialect or "",
            upstream=row.upstream or "",
            client=row.client or "",
            listener=row.listener or "",
        ),
        opened=_START,
        request_head=b"",
        answer_head=b"HTTP/1.1 %d \r\n\r\n" % row.status if row.status else b"",
        ending=Ending(
            outcome=Outcome.INTERRUPTED,
            status=row.status or 0,
            error=why,
            request_bytes=row.request_bytes,
            answer_bytes=row.answer_bytes,
            times=times,
        ),
    )


def _reading(row: ExchangeRow, texts: tuple[Text, ...], why: str) -> Reading:
    """What the row tells, as if it had just been read."""
    raw = _raw(row, why)
    bare = bare_reading(raw)
    return replace(
        bare,
        timeline=replace(bare.timeline, first_token=_moment(row.first_token_us)),
        request_head=_request_head(row),
        answer_head=read_head(raw.answer_head),
        path=row.path or "",
        query=row.query or "",
        endpoint=Endpoint(row.endpoint or Endpoint.OTHER),
        session=_session(row),
        who=SessionFacts(agent=row.agent, parent_agent=row.parent_agent),
        request=RequestFacts(
            model=row.model_requested,
            streaming=row.streaming,
            message_count=row.message_count,
            tool_count=row.tool_count,
            has_system=row.has_system,
        ),
        answer=AnswerFacts(
            model=row.model_used,
            response_id=row.response_id,
            usage=_usage(row),
            texts=texts,
        ),
        is_streamed=row.streaming and row.first_body_down_us is not None,
        problem=row.problem,
    )


def _moment(after_us: int | None) -> int:
    return 0 if after_us is None else _START + after_us * 1_000


def _exchange_id(text: str) -> ExchangeId:
    whole, _, turn = text.partition(".")
    boot, worker, counter = whole.rsplit("-", 2)
    return ExchangeId(boot, int(worker), int(counter), int(turn or 0))


def _session(row: ExchangeRow) -> SessionName:
    """The session's name again; the row's own id decides."""
    named = name_session(row.client_session_id or row.session_id, row.id)
    if named.id == row.session_id:
        return named
    return SessionName(row.session_id, f"session_{row.session_id}")


def _request_head(row: ExchangeRow) -> Head:
    kept = orjson.loads(row.request_headers) if row.request_headers else {}
    fields = {"user-agent": row.user_agent, **kept}
    return Head(
        (row.method or "", row.path or "", ""),
        tuple((name, str(value)) for name, value in fields.items() if value),
    )


def _usage(row: ExchangeRow) -> Usage | None:
    counts: dict[str, Any] = {
        name: getattr(row, name)
        for name in (
            *("input_uncached", "cache_read", "cache_write_5m", "cache_write_1h"),
            *("output", "thinking", "reasoning", "audio_input", "audio_output"),
        )
    }
    vendor = orjson.loads(row.vendor_usage) if row.vendor_usage else {}
    if not vendor and all(count is None for count in counts.values()):
        return None
    return Usage(**counts, vendor=vendor)
