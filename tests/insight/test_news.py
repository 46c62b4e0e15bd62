"""The record as it grows: each thing once, whatever the order of looks."""

from dataclasses import replace

from lunaroute.insight import Follower
from lunaroute.store import Heard, Piece, ToolCallRow, open_store
from tests.store.kit import database, exchange, prepared, text, write


def test_what_was_there_is_no_news_and_what_comes_is_told_once(tmp_path):
    follower = Follower()
    with open_store(database(tmp_path), writer=True) as store:
        write(store, prepared(1, "a", texts=(text("prompt", "user", "old"),)))
        assert follower.look(store) == []
        write(
            store,
            prepared(2, "a", texts=(text("prompt", "user", "new"), text("answer", "assistant", "yes", 1)),
                     calls=(ToolCallRow(0, "c", "Edit", "{}"),), output=7, cost_usd=0.5, status=200),
            prepared(3, "a", listener="import:claude-code"),
        )  # fmt: skip
        begun, ended = follower.look(store)
        assert (begun["type"], ended["type"]) == ("request", "end")
        assert begun["texts"] == [{"kind": "prompt", "role": "user", "text": "new"}]
        assert ended["texts"] == [{"kind": "answer", "text": "yes"}]
        assert ended["calls"] == [{"tool": "Edit", "arguments": "{}"}]
        assert (ended["tokens"], ended["total_tokens"]) == ({"output": 7}, 7)
        assert (ended["outcome"], ended["cost_usd"], ended["duration_ms"]) == (
            "answered",
            0.5,
            500,
        )
        assert follower.look(store) == []


def test_an_answer_as_it_comes(tmp_path):
    follower = Follower()
    with open_store(database(tmp_path), writer=True) as store:
        assert follower.look(store) == []
        row = exchange(1, "a", outcome="open", ended_us=None)
        with store.writing() as batch:
            batch.add(replace(prepared(1, "a"), exchange=row))
        assert [each["type"] for each in follower.look(store)] == ["request"]
        hear(store, row, 0, "The ")
        hear(store, row, 1, "moon")
        (told,) = follower.look(store)
        assert (told["type"], told["kind"], told["text"]) == (
            "answer",
            "answer",
            "The moon",
        )
        assert follower.look(store) == []
        whole = prepared(
            1, "a", texts=(text("answer", "assistant", "The moon guides."),)
        )
        with store.writing() as batch:
            batch.finish(whole)
        (ended,) = follower.look(store)
        assert ended["texts"] == [{"kind": "answer", "text": " guides."}]
        assert follower.look(store) == []


def test_an_end_comes_before_what_was_asked_after_it(tmp_path):
    follower = Follower()
    with open_store(database(tmp_path), writer=True) as store:
        assert follower.look(store) == []
        first, second = (
            prepared(number, "a", outcome="open", ended_us=None) for number in (1, 2)
        )
        write(store, first)
        assert [each["type"] for each in follower.look(store)] == ["request"]
        # A recorder that was busy: one look finds both.
        with store.writing() as batch:
            batch.finish(prepared(1, "a"))
            batch.add(second)
        hear(store, second.exchange, 0, "The moon")
        told = follower.look(store)
        assert [(each["type"], each["exchange_id"][-1]) for each in told] == [
            ("end", "1"),
            ("request", "2"),
            ("answer", "2"),
        ]


def test_one_session_alone_and_a_record_that_begins_or_shrinks(tmp_path):
    follower = Follower("b")
    follower.nothing_yet()
    with open_store(database(tmp_path), writer=True) as store:
        write(store, prepared(1, "a"), prepared(2, "bc"))
        assert {each["session_id"] for each in follower.look(store)} == {"bc"}
    with open_store(database(tmp_path / "other"), writer=True) as store:
        write(store, prepared(1, "bc"))
        assert follower.look(store) == []  # it is another one now
        write(store, prepared(2, "bc"))
        assert len(follower.look(store)) == 2


def hear(store, row, number, words):
    with store.writing() as batch:
        batch.hear(
            Heard(
                id=row.id,
                anew=False,
                first_piece=number,
                pieces=(Piece("0", "answer", words),),
            )
        )
