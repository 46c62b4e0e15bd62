"""What one recorded exchange moves, metric by metric."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import orjson

from lunaroute.model import Endpoint, Outcome
from lunaroute.observer import _catalogue as the
from lunaroute.observer._board import Board
from lunaroute.observer._labels import MAX_KINDS, MAX_TOOLS, NONE, Models, Words
from lunaroute.recording import News
from lunaroute.store import ExchangeRow, ToolResultRow, durations_of

# Calls whose result has not come: those of sessions that ended stay so for ever.
MAX_OPEN_CALLS = 10_000

TOKEN_TYPES = {
    "input": "input_uncached",
    "cache_read": "cache_read",
    "cache_write_5m": "cache_write_5m",
    "cache_write_1h": "cache_write_1h",
    "audio_input": "audio_input",
    "output": "output",
    "thinking": "thinking",
    "reasoning": "reasoning",
    "audio_output": "audio_output",
}
_OUTGOING = frozenset({"output", "thinking", "reasoning", "audio_output"})

_SWITCHING = 101
_MICRO = 1e-6
_NANO = 1e-9


@dataclass(frozen=True, slots=True)
class _Call:
    """A tool call whose result is waited for; ``ended`` is its answer's end, in
    microseconds since the epoch, ``order`` is that of the calls, ``tool`` a label.
    """

    order: int
    name: str
    tool: str
    model: str
    provider: str
    ended: int


class Tally:
    """Counts on a board. Never twice: it is told what was not on disk before."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._models = Models()
        self._tools = Words(MAX_TOOLS)
        self._calls = 0
        self._kinds = Words(MAX_KINDS)
        self._open: OrderedDict[tuple[str, str], _Call] = OrderedDict()

    def count(self, news: News, now: int) -> None:
        """Counts an exchange that was committed at ``now`` (monotonic nanoseconds)."""
        row = news.row
        provider = row.provider or NONE
        model = self._models.label(row.model_used, row.model_requested)
        self._count_outcome(row, provider, model)
        if row.endpoint == Endpoint.WEBSOCKET and row.status == _SWITCHING:
            self._count_socket(row)
        else:
            self._count_times(row, provider, model)
        if not news.id.turn:
            self._count_connection(row, provider)
        self._count_redactions(row)
        self._count_tokens(row, provider, model)
        self._count_tools(news, provider, model)
        self._count_stream(news, provider, model)
        if news.id.turn:
            add = self._board.add
            add(the.SOCKET_FRAMES, 1, the.SOCKET, "client", "text")
            add(the.SOCKET_FRAMES, len(news.moments), the.SOCKET, "server", "text")
        if news.ended:
            self._board.observe(the.LAG, max(0, now - news.ended) * _NANO)

    def _count_outcome(self, row: ExchangeRow, provider: str, model: str) -> None:
        add = self._board.add
        whole = (row.listener or NONE, model, provider)
        add(the.REQUESTS, 1, *whole)
        add(the.EXCHANGES, 1, provider, row.endpoint or Endpoint.OTHER, row.outcome)
        if row.outcome == Outcome.ANSWERED:
            add(the.SUCCESSES, 1, *whole)
        else:
            add(the.FAILURES, 1, *whole, error_type(row))
        if row.status == 429:
            add(the.RATE_LIMITS, 1, provider, model)
            seconds = _retry_after(row)
            if seconds is not None:
                self._board.observe(the.BACKOFF, seconds, provider)
        add(the.BODY_BYTES, row.request_bytes + row.tunnel_up_bytes, "up", provider)
        add(the.BODY_BYTES, row.answer_bytes + row.tunnel_down_bytes, "down", provider)
        if row.shed_bytes:
            add(the.CUT_SHORT, 1, provider, model, "buffer")
        elif row.request_truncated or row.answer_truncated:
            add(the.CUT_SHORT, 1, provider, model, "body")

    def _count_redactions(self, row: ExchangeRow) -> None:
        found = orjson.loads(row.redacted) if row.redacted else {}
        for kind, count in found.items():
            self._board.add(the.REDACTIONS, count, self._kinds.label(kind))

    def _count_times(self, row: ExchangeRow, provider: str, model: str) -> None:
        observe = self._board.observe
        if row.ended_us is None:
            return
        listener = row.listener or NONE
        observe(the.DURATION, row.ended_us * _MICRO, listener, model, provider)
        if row.first_byte_up_us is not None:
            passed = max(0, row.ended_us - row.first_byte_up_us)
            observe(the.EGRESS, passed * _MICRO, provider, model)

    def _count_socket(self, row: ExchangeRow) -> None:
        self._board.add(the.SOCKETS_CLOSED, 1, the.SOCKET)
        if row.ended_us is not None:
            self._board.observe(the.SOCKET_SECONDS, row.ended_us * _MICRO, the.SOCKET)

    def _count_connection(self, row: ExchangeRow, provider: str) -> None:
        board = self._board
        if row.head_received_us is not None:
            board.observe(the.INGRESS, row.head_received_us * _MICRO)
        if row.attempts > 1:
            board.add(the.RECONNECTS, row.attempts - 1, provider)
        if row.first_byte_up_us is None:
            return
        used = the.POOL_REUSED if row.reused else the.POOL_CREATED
        board.add(used, 1, provider, row.dialect or NONE)
        if row.head_received_us is not None:
            passed = max(0, row.first_byte_up_us - row.head_received_us)
            kind = "reused" if row.reused else "new"
            board.observe(the.OVERHEAD, passed * _MICRO, kind)

    def _count_tokens(self, row: ExchangeRow, provider: str, model: str) -> None:
        add = self._board.add
        sent = came = 0
        for kind, column in TOKEN_TYPES.items():
            count: int | None = getattr(row, column)
            if count is None:
                continue
            add(the.TOKENS, count, kind, model, provider)
            if kind in _OUTGOING:
                came += count
            else:
                sent += count
        if not sent and not came:
            return
        add(the.PROMPT_TOKENS, sent, provider, model)
        add(the.COMPLETION_TOKENS, came, provider, model)
        if row.cost_usd is None:
            add(the.UNPRICED, 1, model, provider)
        else:
            add(the.COST, row.cost_usd, model, provider)

    def _count_tools(self, news: News, provider: str, model: str) -> None:
        row, board = news.row, self._board
        for call, result, told in self._brought(news):
            passed = max(0, row.started_at - call.ended) if told is None else told
            board.observe(the.TOOL_SECONDS, passed * _MICRO, call.tool)
            if result.is_error:
                board.add(the.TOOL_FAILURES, 1, call.tool, call.model, call.provider)
        ended = row.started_at + (row.ended_us or 0)
        for each in news.calls:
            tool = self._tools.label(each.name)
            board.add(the.TOOL_CALLS, 1, tool, model, provider)
            key = row.session_id, each.call_id
            self._calls += 1
            call = _Call(self._calls, each.name, tool, model, provider, ended)
            self._open[key] = call
        while len(self._open) > MAX_OPEN_CALLS:
            self._open.popitem(last=False)

    def _brought(self, news: News) -> Iterator[tuple[_Call, ToolResultRow, int | None]]:
        """The calls whose results are news, and how many microseconds the client says
        that each took. Other results are of an earlier turn, and counted with it.
        """
        session = news.row.session_id
        calls = [
            (call, result)
            for result in news.results
            if (call := self._open.pop((session, result.call_id), None)) is not None
        ]
        calls.sort(key=lambda pair: pair[0].order)
        told = durations_of([call.name for call, _ in calls], news.durations)
        for (call, result), duration in zip(calls, told, strict=True):
            yield call, result, result.duration_us if duration is None else duration

    def _count_stream(self, news: News, provider: str, model: str) -> None:
        row, board = news.row, self._board
        if len(news.moments) > 1:
            gaps = (max(0, b - a) * _NANO for a, b in pairwise(news.moments))
            board.observe_all(the.GAPS, gaps, provider, model)
        if not row.streaming or row.first_token_us is None:
            return
        board.add(the.STREAMS, 1, provider, model)
        waited = max(0, row.first_token_us - (row.first_byte_up_us or 0))
        board.observe(the.FIRST_TOKEN, waited * _MICRO, provider, model)
        ended = row.ended_us if row.ended_us is not None else row.first_token_us
        lasted = max(0, ended - row.first_token_us)
        board.observe(the.STREAM_SECONDS, lasted * _MICRO, provider, model)
        board.observe(the.CHUNKS, row.answer_chunks, provider, model)


def error_type(row: ExchangeRow) -> str:
    """Why it failed, in one of a few words."""
    if row.outcome != Outcome.REFUSED_BY_PROVIDER:
        return row.outcome
    status = row.status or 0
    named = {
        401: "unauthorized",
        403: "unauthorized",
        429: "rate_limited",
        503: "overloaded",
        529: "overloaded",
    }
    if status in named:
        return named[status]
    if status >= 500:
        return "server_error"
    return "client_error" if status >= 400 else "stream_error"


def _retry_after(row: ExchangeRow) -> int | None:
    """Seconds; None where the answer has none, or a date."""
    fields = orjson.loads(row.answer_headers) if row.answer_headers else {}
    text = str(fields.get("retry-after", ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None
