"""Recorded answers, as a provider gives them again."""

import json

import pytest

from lunaroute.exporting import Replay, copy_session, replies_of
from lunaroute.exporting._replies import place_of
from lunaroute.recording import Recorder
from lunaroute.store import open_store
from tests.exporting.kit import EVIL, bodies
from tests.frames import MASK, texts
from tests.recording.build import (
    CODEX,
    SESSION,
    anthropic_message,
    create,
    response_events,
    socket,
)


@pytest.fixture(scope="module")
def replies(store):
    return replies_of(copy_session(store, SESSION))


def test_what_is_given(replies):
    streamed, whole, refused, cut = replies
    assert [reply.status for reply in replies] == [200, 200, 529, 200]
    assert streamed.is_streamed
    assert not streamed.is_cut
    assert dict(streamed.headers)["content-type"] == "text/event-stream; charset=utf-8"
    assert b"message_stop" in streamed.pieces[-1][1]
    assert json.loads(whole.pieces[0][1])["id"] == "msg_2"
    assert json.loads(refused.pieces[0][1])["error"]["message"] == EVIL
    assert cut.is_cut
    assert not any(b"message_stop" in piece for _, piece in cut.pieces)


def test_the_pace_is_the_recorded_one(replies):
    streamed, whole, *_ = replies
    assert streamed.pieces[0][0] == pytest.approx(0.097)  # from +3 ms to +100 ms
    assert whole.pieces[0][0] == pytest.approx(0.097)
    # Eleven events a millisecond apart; the first token is the third of them.
    assert sum(seconds for seconds, _ in streamed.pieces[1:]) == pytest.approx(0.009)


def test_which_answer(replies):
    _, two, _, four = bodies()
    replay = Replay(replies)
    path = "/v1/messages?beta=true"
    assert replay.choose("POST", path, two).exchange_id == "boot-0-2"
    assert replay.choose("POST", path, two).exchange_id == "boot-0-2"  # again
    assert replay.choose("POST", path, b"other").exchange_id == "boot-0-1"
    assert replay.choose("POST", path, None).exchange_id == "boot-0-3"
    assert replay.choose("POST", "/messages", four).exchange_id == "boot-0-4"
    assert replay.left == 0
    assert replay.choose("POST", path, b"more") is None
    assert replay.choose("GET", path, two) is None
    assert replay.choose("POST", "/v1/other", two) is None


def test_a_body_that_was_asked_twice_has_its_answers_in_order(tmp_path):
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        Recorder(tmp_path / "s", store).record([anthropic_message(n) for n in (1, 2)])
        replay = Replay(replies_of(copy_session(store, SESSION)))
    asked = replay.replies[0].request
    given = [replay.choose("POST", "/v1/messages", asked).exchange_id for _ in range(3)]
    assert given == ["boot-0-1", "boot-0-2", "boot-0-2"]


def test_turns_of_a_websocket_are_asked_by_post(tmp_path):
    asked = texts([create("why")], mask=MASK)
    told = texts(response_events())
    passed = [("up", each) for each in asked] + [("down", each) for each in told]
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        Recorder(tmp_path / "s", store).record([socket(*passed)])
        (reply,) = replies_of(copy_session(store, CODEX))
    assert (reply.method, reply.path, reply.status) == ("POST", "/responses", 200)
    assert reply.pieces[-1][1].startswith(b"event: response.completed\ndata: {")
    assert len(reply.pieces) == len(response_events())
    assert "upgrade" not in dict(reply.headers)


def test_without_bodies_the_answer_says_so(tmp_path):
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        Recorder(None, store).record([anthropic_message(1)])
        (reply,) = replies_of(copy_session(store, SESSION))
    assert (
        "jsonl.enabled was false" in json.loads(reply.pieces[0][1])["error"]["message"]
    )


@pytest.mark.parametrize(
    ("path", "place"),
    [("/v1/messages?x=1", "/messages"), ("/messages/", "/messages"), ("/v1", "/v1"),
     ("/v1beta/x", "/v1beta/x"), ("", "")],
)  # fmt: skip
def test_place(path, place):
    assert place_of(path) == place
