"""Answers while they come: the same texts in the end, however they are looked at."""

import gzip
import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunaroute.dialects import answer_reader
from lunaroute.link import Tapped
from lunaroute.model import Endpoint
from lunaroute.pii import KINDS, Detector, Mode, Redactor, Rule
from lunaroute.recording import Came, Recorder, SoFar, snapshot
from lunaroute.store import open_store
from tests.recording.build import (
    SESSION,
    anthropic_events,
    anthropic_message,
    anthropic_stream,
    chunked,
    exchange,
    head,
    question,
    response_events,
    sse,
)
from tests.recording.test_opening import DAY, running

STREAM = ("Content-Type", "text/event-stream")
SECRET = "ada.lovelace@example.org"


def looked_at(raw, cuts=(), redactor=None):
    """What is told when the answer is looked at after so many chunks, and at its end."""
    so_far = SoFar(raw)
    told = []
    begin = 0
    for end in (*sorted(cuts), len(raw.answer.chunks)):
        chunks = tuple(raw.answer.chunks[begin:end])
        so_far.take(Came(raw.answer_head, chunks))
        told.append(so_far.tell(redactor))
        begin = max(begin, end)
    return told


def texts(told):
    """The pieces put together, by their places."""
    joined: dict[str, str] = {}
    for heard in told:
        for piece in heard.pieces:
            joined[piece.place] = joined.get(piece.place, "") + piece.text
    return list(joined.values())


def chat_events():
    def event(**delta):
        choice = {"index": 0, "delta": delta, "finish_reason": None}
        return {"id": "c1", "model": "gpt-x-1", "choices": [choice]}

    call = {"index": 0, "id": "call_1", "function": {"name": "ls", "arguments": ""}}
    more = {"index": 0, "function": {"arguments": '{"a":1}'}}
    return [
        event(role="assistant", reasoning_content="hm, "),
        event(reasoning_content="well"),
        event(content="because of "),
        event(content="scattering"),
        event(tool_calls=[call]),
        event(tool_calls=[more]),
        {**event(), "usage": {"prompt_tokens": 5, "completion_tokens": 7}},
        "[DONE]",
    ]


CASES = {
    "anthropic": ("anthropic", "/v1/messages", anthropic_events()),
    "chat": ("openai", "/v1/chat/completions", chat_events()),
    "responses": ("openai", "/v1/responses", response_events()),
}


def stream(case, **more):
    dialect, path, events = CASES[case]
    return exchange(
        1,
        dialect=dialect,
        path=path,
        body=question(),
        answer=more.pop("answer", None) or sse(*events, named=case != "chat"),
        content_type="text/event-stream",
        **more,
    )


@pytest.mark.parametrize("case", CASES)
@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, 11), max_size=4))
def test_the_pieces_are_the_texts(case, cuts):
    raw = stream(case)
    endpoint = {
        "anthropic": Endpoint.MESSAGES,
        "chat": Endpoint.CHAT,
        "responses": Endpoint.RESPONSES,
    }[case]
    reader = answer_reader(endpoint, content_type="text/event-stream", status=200)
    reader.feed(raw.answer.head_bytes())
    facts = reader.close()
    told = looked_at(raw, cuts)
    wanted = Counter(text.text for text in facts.texts)
    got = Counter(texts(told))
    if case == "responses":  # a call that is told when it is done has no pieces
        wanted = Counter(["because of scattering"])
    assert got == wanted
    assert told[-1].model_used == facts.model
    if facts.usage and case != "anthropic":
        assert told[-1].output == facts.usage.output
    numbers = [t.first_piece for t in told]
    assert numbers == sorted(numbers)
    assert [t.anew for t in told] == [True] + [False] * (len(told) - 1)


def test_what_is_known_of_a_running_answer():
    raw = anthropic_stream()
    raw.answer.chunks = raw.answer.chunks[:3]
    (heard,) = looked_at(raw)
    assert (heard.status, heard.streaming) == (200, True)
    assert heard.model_used == "claude-x-1"
    assert (heard.input_uncached, heard.cache_read, heard.output) == (10, 100, 1)
    assert heard.answer_chunks == 3
    # From the request head's end on, which is 1 ms after its first byte here.
    assert heard.first_body_down_us == 100_000
    assert heard.first_token_us == heard.ended_us == 102_000
    assert [(p.kind, p.text) for p in heard.pieces] == [("answer", "because ")]


@pytest.mark.parametrize("how", ["chunked", "gzip", "both"])
def test_the_framing_is_undone(how):
    pieces = sse(*anthropic_events())
    fields = []
    if how != "chunked":
        pieces = [gzip.compress(b"".join(pieces))]
        pieces = [pieces[0][:200], pieces[0][200:]]
        fields.append(("Content-Encoding", "gzip"))
    if how != "gzip":
        pieces = chunked(pieces)
        fields.append(("Transfer-Encoding", "chunked"))
    raw = stream("anthropic", answer=pieces, answer_fields=fields)
    assert texts(looked_at(raw, [1]))[0] == "because of scattering"


@pytest.mark.parametrize(
    "raw",
    [
        anthropic_message(),
        exchange(1, body=question(), status=529, answer=[b"{}"]),
        exchange(1, path="/v1/models", method="GET", answer=[b"{}"]),
        stream("anthropic", answer=[b"\xff\x00data: {\n\n", b'data: {"type":5}\n\n']),
        stream(
            "anthropic", answer_fields=[("Content-Encoding", "gzip")], answer=[b"x"]
        ),
    ],
)
def test_what_says_nothing_yet(raw):
    (heard,) = looked_at(raw)
    assert heard.pieces == ()
    assert heard.status == raw.ending.status
    assert heard.answer_bytes == raw.answer.size


class TestRedaction:
    @pytest.fixture
    def redactor(self):
        rules = {kind: Rule(Mode.MASK, kind.upper()) for kind in KINDS}
        return Redactor(Detector(KINDS), rules)

    @pytest.mark.parametrize("size", [1, 7, 50])
    def test_no_half_value_is_told(self, redactor, size):
        words = f"first {SECRET} then {'words ' * 120}and {SECRET} {'more ' * 120}end"
        events = anthropic_events()[:2]
        for at in range(0, len(words), size):
            delta = {"type": "text_delta", "text": words[at : at + size]}
            event = {"type": "content_block_delta", "index": 0, "delta": delta}
            events.append(event)
        raw = stream("anthropic", answer=sse(*events))
        told = looked_at(raw, range(2, len(events), 3), redactor)
        (text,) = texts(told)
        assert redactor.text(words).startswith(text)
        assert len(text) > len(words) / 2
        assert "ada" not in text
        assert "lovelace" not in redactor.text(words)

    def test_of_json_nothing_is_told_before_its_end(self, redactor):
        words = json.dumps({"a": "b " * 500})
        events = anthropic_events(words)[:4]
        raw = stream("anthropic", answer=sse(*events))
        assert texts(looked_at(raw, [3], redactor)) == []

    def test_a_text_that_never_settles_is_not_waited_for(self, redactor):
        events = anthropic_events("x" * 200_000)[:4]
        raw = stream("anthropic", answer=sse(*events, *anthropic_events("y z")[2:4]))
        assert texts(looked_at(raw, [3], redactor)) == []


def test_it_stands_in_the_record_while_it_comes(tmp_path):
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        recorder = Recorder(tmp_path / "sessions", store, today=lambda: DAY)
        recorder.begin([snapshot(running(anthropic_stream()))])
        raw = anthropic_stream()
        so_far = SoFar(raw)
        for begin, end in ((0, 3), (3, 4)):
            came = Came(raw.answer_head, tuple(raw.answer.chunks[begin:end]))
            recorder.hear([(so_far, came)])
        assert store.texts(SESSION)[-1].text == "because of scattering"
        row = store.get_exchange("boot-0-1")
        assert (row.outcome, row.status, row.input_uncached) == ("open", 200, 10)
        recorder.record([raw])
        ended = store.get_exchange("boot-0-1")
        assert (ended.outcome, ended.output) == ("answered", 42)
        assert [t.text for t in store.texts(SESSION) if t.kind == "answer"] == [
            "because of scattering"
        ]


def test_without_a_store_nothing_is_told(tmp_path):
    raw = anthropic_stream()
    came = Came(raw.answer_head, tuple(raw.answer.chunks))
    Recorder(tmp_path, None).hear([(SoFar(raw), came)])
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_ours_is_left_to_the_end(tmp_path, monkeypatch, caplog):
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        recorder = Recorder(tmp_path / "sessions", store, today=lambda: DAY)
        recorder.begin([snapshot(running(anthropic_stream()))])
        raw = anthropic_stream()
        so_far = SoFar(raw)
        with monkeypatch.context() as patch:
            patch.setattr(SoFar, "_read", lambda *_: {}["of a secret"])
            for chunk in raw.answer.chunks[:2]:
                recorder.hear([(so_far, Came(raw.answer_head, (chunk,)))])
        assert caplog.text.count("cannot be followed: KeyError") == 1
        assert "of a secret" not in caplog.text.replace('{}["of a secret"]', "")
        recorder.record([raw])
        assert store.get_exchange("boot-0-1").outcome == "answered"


def test_a_tunnel_is_a_status():
    raw = running(exchange(1, method="GET", path="/v1/responses", dialect="openai"))
    raw.answer_head = head("HTTP/1.1 101 X", STREAM)
    raw.answer = Tapped()
    (heard,) = looked_at(raw)
    assert (heard.status, heard.pieces) == (101, ())
