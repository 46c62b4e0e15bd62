"""The live view shows what passes as it passes, and never raises."""

import json
from dataclasses import replace

import pytest

from lunaroute.link import Tapped
from lunaroute.model import Outcome
from lunaroute.observer._live import Live
from lunaroute.observer._view import Happening
from lunaroute.pii import SECRETS, Detector
from tests.observer.test_mask import KEY
from tests.recording.build import (
    ENCODERS,
    anthropic_events,
    anthropic_message,
    anthropic_stream,
    chunked,
    create,
    exchange,
    question,
    response_events,
    socket,
    sse,
)
from tests.recording.test_turns import down, up

LONG = "The moon guides travellers. " * 40


class Looking:
    def __init__(self):
        self.shown = []
        self.live = Live(self.shown.append, Detector(SECRETS))

    def told(self):
        """What is new, as (what, text)."""
        told = [(each.what, each.text) for each in self.shown]
        self.shown.clear()
        return told

    def whole(self, raw):
        self.live.ended(raw)
        return self.told()


@pytest.fixture
def looking():
    return Looking()


def words(told, what=Happening.TEXT):
    return "".join(text for kind, text in told if kind is what)


def test_a_stream_while_it_runs(looking):
    raw = anthropic_stream(answer=sse(*anthropic_events(LONG)))
    pieces = raw.answer.chunks
    going_on = replace(raw, ending=None, answer=Tapped(), answer_head=b"")
    looking.live.look([going_on])
    assert looking.told() == [
        (
            Happening.REQUEST,
            "to Anthropic (streaming)\nModel: claude-x\nMessages: 1 message",
        )
    ]
    going_on.answer_head = raw.answer_head
    looking.live.look([going_on])
    assert looking.told() == [(Happening.ANSWER, "STREAMING #1 from Anthropic")]
    going_on.answer.chunks += pieces[:4]
    looking.live.look([going_on])
    begun = looking.told()
    assert 0 < len(words(begun)) < len(LONG)
    looking.live.look([going_on])
    assert looking.told() == []
    going_on.answer.chunks += pieces[4:]
    going_on.ending = raw.ending
    looking.live.ended(going_on)
    rest = looking.told()
    assert words(begun) + words(rest) == LONG.replace(" ", " ")
    assert [text for what, text in rest if what is not Happening.TEXT] == [
        "Read",
        "input=10, cache_read=100, cache_write=5, output=42, total=157",
        "Stream ended: tool_use (200, 0.1 s)",
    ]
    assert not looking.live._scenes


@pytest.mark.parametrize("coding", [None, *ENCODERS])
def test_codings_are_undone(looking, coding):
    data = b"".join(sse(*anthropic_events()))
    fields = [("transfer-encoding", "chunked")]
    if coding:
        data = ENCODERS[coding](data)
        fields.append(("content-encoding", coding))
    pieces = [data[at : at + 50] for at in range(0, len(data), 50)]
    told = looking.whole(anthropic_stream(answer=chunked(pieces), answer_fields=fields))
    assert words(told) == "because of scattering"
    assert words(
        told, Happening.END
    ) == "Stream ended: tool_use (200, 0.1 s)" or "Stream ended" in words(
        told, Happening.END
    )


def test_a_whole_answer(looking):
    told = looking.whole(anthropic_message())
    assert told[1:3] == [
        (Happening.ANSWER, "ANSWER #1 from Anthropic"),
        (Happening.TEXT, "because of scattering"),
    ]
    assert words(told, Happening.USAGE) == "input=10, output=42, total=52"
    assert words(told, Happening.END) == "Answer ended: end_turn (200, 0.1 s)"


def test_no_secrets(looking):
    half = len(KEY) // 2
    events = anthropic_events(f"{KEY[:half]} x")
    events[2]["delta"]["text"] = f"mine is {KEY[:half]}"
    events[3]["delta"]["text"] = f"{KEY[half:]}, keep it"
    told = looking.whole(anthropic_stream(answer=sse(*events)))
    assert "keep it" in words(told)
    whole = exchange(
        2, body=question(), status=401,
        answer=[json.dumps({"error": {"type": "authentication_error", "message": f"bad {KEY}"}}).encode()],
    )  # fmt: skip
    refused = looking.whole(whole)
    assert "authentication_error: bad [" in words(refused, Happening.ERROR)
    assert KEY[:half] not in str(told) + str(refused)
    assert KEY[half:] not in str(told) + str(refused)


def test_no_secrets_in_the_words_around(looking):
    events = anthropic_events("so")
    events[-2]["delta"]["stop_reason"] = f"because of {KEY}"
    told = looking.whole(
        anthropic_stream(body={**question(), "model": KEY}, answer=sse(*events))
    )
    assert "Model: [" in told[0][1]
    assert "because of [" in words(told, Happening.END)
    told += looking.whole(exchange(3, method="GET", path=f"/v1/x/mine%3A{KEY}"))
    assert "GET /v1/x/mine:[" in words(told, Happening.REQUEST)
    assert KEY[8:24] not in str(told)


def test_no_half_of_a_secret_ends_what_was_cut(looking):
    events = anthropic_events(f"so it is {KEY[:20]}")[:4]
    raw = anthropic_stream(answer=sse(*events), outcome=Outcome.CLIENT_LEFT)
    told = looking.whole(raw)
    assert words(told).endswith("so it is [CUT]")
    assert KEY[:12] not in str(told)


def test_what_was_refused_before_it_went_out(looking):
    raw = exchange(
        body=None,
        status=403,
        answer=[],
        outcome=Outcome.REFUSED_BY_US,
        error="not here",
    )
    told = looking.whole(raw)
    assert (Happening.ERROR, "not here") in told
    assert words(told, Happening.END).startswith("Answer ended: refused_by_us (403")


def test_a_path_without_a_model(looking):
    told = looking.whole(
        exchange(method="GET", path="/v1/models?x=secret", answer=[b"{}"])
    )
    assert told[0] == (Happening.REQUEST, "to Anthropic\nGET /v1/models")


def test_turns_on_a_socket(looking):
    raw = socket(*up(create("why")), *down(*response_events()))
    up_chunks, down_chunks = raw.tunnel_up.chunks, raw.tunnel_down.chunks
    going_on = replace(raw, ending=None, tunnel_up=Tapped(), tunnel_down=Tapped())
    looking.live.look([going_on])
    assert looking.told() == [(Happening.REQUEST, "to OpenAI\nGET /v1/responses")]
    going_on.tunnel_up.chunks += up_chunks
    going_on.tunnel_down.chunks += down_chunks[:2]
    looking.live.look([going_on])
    told = looking.told()
    assert told[:2] == [
        (Happening.REQUEST, "to OpenAI (streaming)\nModel: gpt-x\nMessages: 1 message"),
        (Happening.ANSWER, "STREAMING #2 from OpenAI"),
    ]
    going_on.tunnel_down.chunks += down_chunks[2:]
    looking.live.look([going_on])
    told += looking.told()
    assert words(told) == "because of scattering"
    assert (
        words(told, Happening.USAGE)
        == "input=20, cache_read=40, output=9, thinking=16, total=85"
    )
    assert words(told, Happening.END).startswith("Stream ended: ")
    looking.live.ended(replace(going_on, ending=raw.ending))
    assert looking.told() == []


def test_a_turn_that_was_cut(looking):
    raw = socket(
        *up(create("why")), *down(*response_events()[:2]), outcome=Outcome.UPSTREAM_CUT
    )
    told = looking.whole(raw)
    assert words(told, Happening.END).startswith("Stream ended: upstream_cut")


def test_what_is_gone_is_forgotten(looking):
    raw = replace(anthropic_stream(), ending=None)
    looking.live.look([raw])
    looking.live.look([])
    assert not looking.live._scenes


def test_what_was_shed(looking):
    raw = replace(anthropic_stream(), ending=None)
    looking.live.look([raw])
    raw.request.chunks.clear()
    del raw.answer.chunks[2:]
    raw.shed = 1000
    looking.live.look([raw])
    raw.ending = anthropic_stream().ending
    looking.live.ended(raw)
    assert looking.told()[-1][0] is Happening.END


def test_a_fault_of_ours_leaves_the_others(looking, monkeypatch, caplog):
    def fail(*_args, **_more):
        raise ZeroDivisionError

    monkeypatch.setattr("lunaroute.observer._live.read_request", fail)
    looking.live.look([replace(anthropic_stream(), ending=None)])
    looking.live.look([replace(anthropic_stream(), ending=None)])
    assert caplog.text.count("cannot be shown") == 1
    monkeypatch.undo()
    assert looking.whole(anthropic_message(2))
