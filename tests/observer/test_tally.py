"""Each exchange moves each metric by what it says, and no other."""

from dataclasses import replace

import pytest

from lunaroute.link import ExchangeId
from lunaroute.model import Outcome
from lunaroute.observer import _tally
from lunaroute.observer._board import Board
from lunaroute.observer._catalogue import CATALOGUE
from lunaroute.observer._tally import Tally, error_type
from lunaroute.recording import News
from lunaroute.recording._news import news_of
from lunaroute.recording._record import make_records
from lunaroute.store import ToolCallRow, ToolResultRow
from tests.recording.build import (
    MS,
    anthropic_message,
    anthropic_stream,
    create,
    exchange,
    question,
    response_events,
    socket,
)
from tests.recording.test_turns import down, up
from tests.scrape import moved, samples
from tests.store import kit

KEY = b"k" * 32
WHO = "provider=anthropic,model=claude-x-1"
WHOLE = "listener=127.0.0.1:8081,model=claude-x-1,provider=anthropic"


class Counted:
    """A tally; ``of`` gives what exchanges move, less the zeros from the start."""

    def __init__(self):
        self.board = Board(CATALOGUE)
        self.tally = Tally(self.board)

    def of(self, *news):
        before = samples(self.board.text())
        for each in news:
            self.tally.count(each, (each.ended or 0) + 200 * MS)
        return moved(before, samples(self.board.text()))


@pytest.fixture
def counted():
    return Counted()


def news(raw):
    return [news_of(record, record.rows.exchange) for record in make_records(raw, KEY)]


def row_news(number=1, calls=(), results=(), **more):
    row = kit.exchange(number, **more)
    return News(ExchangeId("boot", 0, number), row, calls, results)


def test_a_stream_moves_these_and_no_other(counted):
    raw = anthropic_stream()
    pieces = len(raw.answer.chunks)
    body, answer = raw.ending.request_bytes, raw.ending.answer_bytes
    (told,) = news(raw)
    first_token = told.row.first_token_us / 1e6
    took = 0.1 + pieces / 1000
    assert counted.of(told) == pytest.approx({
        f"lunaroute_requests_total{{{WHOLE}}}": 1,
        f"lunaroute_requests_success_total{{{WHOLE}}}": 1,
        "lunaroute_exchanges_total{provider=anthropic,endpoint=messages,outcome=answered}": 1,
        f"lunaroute_request_duration_seconds_count{{{WHOLE}}}": 1,
        f"lunaroute_request_duration_seconds_sum{{{WHOLE}}}": took,
        "lunaroute_ingress_duration_seconds_count": 1,
        "lunaroute_ingress_duration_seconds_sum": 0.001,
        "lunaroute_proxy_overhead_seconds_count{connection=new}": 1,
        "lunaroute_proxy_overhead_seconds_sum{connection=new}": 0.001,
        f"lunaroute_egress_duration_seconds_count{{{WHO}}}": 1,
        f"lunaroute_egress_duration_seconds_sum{{{WHO}}}": took - 0.002,
        "lunaroute_body_bytes_total{direction=up,provider=anthropic}": body,
        "lunaroute_body_bytes_total{direction=down,provider=anthropic}": answer,
        "http_pool_connections_created_total{provider=anthropic,dialect=anthropic}": 1,
        "lunaroute_tokens_total{type=input,model=claude-x-1,provider=anthropic}": 10,
        "lunaroute_tokens_total{type=cache_read,model=claude-x-1,provider=anthropic}": 100,
        "lunaroute_tokens_total{type=cache_write_5m,model=claude-x-1,provider=anthropic}": 5,
        "lunaroute_tokens_total{type=output,model=claude-x-1,provider=anthropic}": 42,
        f"lunaroute_tokens_prompt_total{{{WHO}}}": 115,
        f"lunaroute_tokens_completion_total{{{WHO}}}": 42,
        "lunaroute_cost_unknown_exchanges_total{model=claude-x-1,provider=anthropic}": 1,
        "lunaroute_tool_calls_total{tool=Read,model=claude-x-1,provider=anthropic}": 1,
        f"lunaroute_streaming_requests_total{{{WHO}}}": 1,
        f"lunaroute_streaming_ttft_seconds_count{{{WHO}}}": 1,
        f"lunaroute_streaming_ttft_seconds_sum{{{WHO}}}": first_token - 0.002,
        f"lunaroute_streaming_duration_seconds_count{{{WHO}}}": 1,
        f"lunaroute_streaming_duration_seconds_sum{{{WHO}}}": took - first_token,
        f"lunaroute_streaming_chunks_total_count{{{WHO}}}": 1,
        f"lunaroute_streaming_chunks_total_sum{{{WHO}}}": pieces,
        f"lunaroute_streaming_chunk_latency_seconds_count{{{WHO}}}": pieces - 1,
        f"lunaroute_streaming_chunk_latency_seconds_sum{{{WHO}}}": (pieces - 1) / 1000,
        "lunaroute_recorder_lag_seconds_count": 1,
        "lunaroute_recorder_lag_seconds_sum": 0.2,
    })  # fmt: skip


def test_a_whole_answer_is_no_stream(counted):
    found = counted.of(*news(anthropic_message()))
    assert f"lunaroute_requests_success_total{{{WHOLE}}}" in found
    assert not [name for name in found if "streaming" in name or "ws_" in name]


def test_a_refusal_counts_under_the_name_that_answered_before(counted):
    counted.of(*news(anthropic_message(1)))
    refused = exchange(
        2,
        body=question(),
        status=429,
        answer=[b'{"type":"error","error":{"type":"rate_limit_error","message":"x"}}'],
        answer_fields=[("retry-after", "7")],
    )
    found = counted.of(*news(refused))
    assert (
        found[f"lunaroute_requests_failure_total{{{WHOLE},error_type=rate_limited}}"]
        == 1
    )
    assert found[f"lunaroute_rate_limits_total{{{WHO}}}"] == 1
    assert found["lunaroute_rate_limit_backoff_seconds_sum{provider=anthropic}"] == 7
    assert f"lunaroute_requests_success_total{{{WHOLE}}}" not in found


@pytest.mark.parametrize("value", ["Wed, 21 Oct 2026 07:28:00 GMT", "", "-1", "9" * 30])
def test_a_retry_after_in_other_words(counted, value):
    refused = exchange(
        body=question(), status=429, answer_fields=[("retry-after", value)]
    )
    found = counted.of(*news(refused))
    assert not [name for name in found if "backoff" in name]


def test_a_cost_and_a_cost_that_is_not_known(counted):
    known = row_news(1, output=5, cost_usd=0.25, model_used="m", ended_us=1)
    unknown = row_news(2, output=5, model_used="m")
    nothing = row_news(3, model_used="m", output=0)
    found = counted.of(known, unknown, nothing)
    assert found["lunaroute_cost_usd_total{model=m,provider=anthropic}"] == 0.25
    assert (
        found["lunaroute_cost_unknown_exchanges_total{model=m,provider=anthropic}"] == 1
    )
    assert found["lunaroute_tokens_completion_total{provider=anthropic,model=m}"] == 10


def test_a_result_counts_once_although_it_comes_back_with_every_turn(counted):
    call = ToolCallRow(0, "c1", "Bash", "{}")
    result = ToolResultRow("c1", b"", 4, True)
    asked = row_news(1, calls=(call,), model_used="m")
    found = counted.of(asked)
    assert (
        found["lunaroute_tool_calls_total{tool=Bash,model=m,provider=anthropic}"] == 1
    )
    assert not [name for name in found if "failures" in name or "tool_duration" in name]
    found = counted.of(row_news(2, results=(result,), model_used="n"))
    assert (
        found[
            "lunaroute_tool_result_failures_total{tool=Bash,model=m,provider=anthropic}"
        ]
        == 1
    )
    assert found["lunaroute_tool_duration_seconds_sum{tool=Bash}"] == pytest.approx(0.5)
    found = counted.of(row_news(3, results=(result,), model_used="n"))
    assert not [name for name in found if "tool_" in name]


def test_a_result_of_another_session_is_another(counted):
    counted.of(row_news(1, calls=(ToolCallRow(0, "c1", "Bash", "{}"),)))
    found = counted.of(
        row_news(2, session="s2", results=(ToolResultRow("c1", b"", 4, True),))
    )
    assert not [name for name in found if "tool_" in name]


def test_the_clients_own_times_go_before(counted):
    calls = tuple(ToolCallRow(n, f"c{n}", name, "{}") for n, name in enumerate("aab"))
    durations = (("a", 7_000_000), ("a", 3_000_000))
    results = (
        ToolResultRow("c2", b"", 4, False, duration_us=250_000),
        *(ToolResultRow(f"c{n}", b"", 4, False) for n in range(2)),
    )
    counted.of(row_news(1, calls=calls))
    brought = replace(row_news(2, results=results), durations=durations)
    found = counted.of(brought)
    assert found["lunaroute_tool_duration_seconds_sum{tool=a}"] == pytest.approx(10)
    assert found["lunaroute_tool_duration_seconds_sum{tool=b}"] == pytest.approx(0.25)
    assert not [name for name in counted.of(brought) if "tool_duration" in name]


def test_open_calls_are_bounded(counted, monkeypatch):
    monkeypatch.setattr(_tally, "MAX_OPEN_CALLS", 2)
    calls = tuple(ToolCallRow(n, f"c{n}", "Bash", "{}") for n in range(3))
    results = tuple(ToolResultRow(f"c{n}", b"", 4, False) for n in range(3))
    counted.of(row_news(1, calls=calls))
    found = counted.of(row_news(2, results=results))
    assert found["lunaroute_tool_duration_seconds_count{tool=Bash}"] == 2


def test_turns_on_a_socket(counted):
    raw = socket(*up(create("why")), *down(*response_events()))
    whole, turn = news(raw)
    found = counted.of(whole)
    who = "listener=127.0.0.1:8081,model=none,provider=openai"
    assert found["lunaroute_ws_connections_closed_total{endpoint=websocket}"] == 1
    lasted = raw.ending.times.ended - raw.ending.times.accepted
    assert found[
        "lunaroute_ws_connection_duration_seconds_sum{endpoint=websocket}"
    ] == pytest.approx(lasted / 1e9)
    assert found[f"lunaroute_requests_total{{{who}}}"] == 1
    assert (
        found["lunaroute_body_bytes_total{direction=up,provider=openai}"]
        == raw.tunnel_up.size
    )
    assert not [
        name for name in found if "request_duration" in name or "tokens" in name
    ]
    found = counted.of(turn)
    assert (
        found[
            "lunaroute_ws_frames_total{endpoint=websocket,direction=client,type=text}"
        ]
        == 1
    )
    assert (
        found[
            "lunaroute_ws_frames_total{endpoint=websocket,direction=server,type=text}"
        ]
        == 3
    )
    assert (
        found["lunaroute_tokens_total{type=reasoning,model=gpt-x-1,provider=openai}"]
        == 16
    )
    assert (
        found["lunaroute_streaming_requests_total{provider=openai,model=gpt-x-1}"] == 1
    )
    assert (
        found["lunaroute_tool_calls_total{tool=exec,model=gpt-x-1,provider=openai}"]
        == 1
    )
    assert not [name for name in found if "http_pool" in name or "overhead" in name]


def test_connections(counted):
    raw = anthropic_message()
    raw.ending = replace(raw.ending, reused=True, attempts=3)
    found = counted.of(*news(raw))
    assert (
        found[
            "http_pool_connections_reused_total{provider=anthropic,dialect=anthropic}"
        ]
        == 1
    )
    assert found["lunaroute_connection_retries_total{provider=anthropic}"] == 2
    assert found[
        "lunaroute_proxy_overhead_seconds_sum{connection=reused}"
    ] == pytest.approx(0.001)
    refused = row_news(9, outcome="refused_by_us", provider=None, endpoint=None)
    assert not [name for name in counted.of(refused) if "http_pool" in name]


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"shed_bytes": 5, "answer_truncated": True}, "buffer"),
        ({"request_truncated": True}, "body"),
        ({"answer_truncated": True}, "body"),
        ({}, None),
    ],
)
def test_what_is_recorded_in_part(counted, more, kind):
    found = counted.of(row_news(model_used="m", **more))
    found = [name for name in found if "memory_bounds" in name]
    expected = f"lunaroute_streaming_memory_bounds_hit_total{{provider=anthropic,model=m,bound_type={kind}}}"
    assert found == ([expected] if kind else [])


@pytest.mark.parametrize(
    ("outcome", "status", "kind"),
    [
        (Outcome.CLIENT_LEFT, 200, "client_left"),
        (Outcome.REFUSED_BY_PROVIDER, 401, "unauthorized"),
        (Outcome.REFUSED_BY_PROVIDER, 403, "unauthorized"),
        (Outcome.REFUSED_BY_PROVIDER, 404, "client_error"),
        (Outcome.REFUSED_BY_PROVIDER, 429, "rate_limited"),
        (Outcome.REFUSED_BY_PROVIDER, 500, "server_error"),
        (Outcome.REFUSED_BY_PROVIDER, 503, "overloaded"),
        (Outcome.REFUSED_BY_PROVIDER, 529, "overloaded"),
        (Outcome.REFUSED_BY_PROVIDER, 200, "stream_error"),
        (Outcome.REFUSED_BY_PROVIDER, None, "stream_error"),
    ],
)
def test_error_types(outcome, status, kind):
    assert error_type(kit.exchange(outcome=outcome, status=status)) == kind


def test_the_emptiest_row(counted):
    row = replace(kit.exchange(), provider=None, endpoint=None, ended_us=None)
    found = counted.of(News(ExchangeId("b", 0, 1), row))
    assert (
        found["lunaroute_requests_total{listener=none,model=none,provider=none}"] == 1
    )


def test_redactions_by_kind(counted):
    found = counted.of(row_news(redacted='{"email": 2, "github_token": 1}'))
    assert found["lunaroute_redactions_total{kind=email}"] == 2
    assert found["lunaroute_redactions_total{kind=github_token}"] == 1
