"""Open rows: completed once, heard in pieces, found when nobody tells of them."""

import pytest

from lunaroute.store import OPEN, Heard, Piece, open_store
from tests.store.kit import exchange, prepared, text, write

ASKED = text("prompt", "user", "which mountain")
SAID = text("answer", "assistant", "the Zugspitze", 1)


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        yield store


def begin(store, number=1, **more):
    write(store, prepared(number, texts=(ASKED,), **{"outcome": OPEN, **more}))


def finish(store, number=1, **more):
    with store.writing() as batch:
        kept = more.pop("keeps_request", False)
        record = prepared(number, texts=(ASKED, SAID), **more)
        return batch.finish(record, keeps_request=kept)


def hear(store, *pieces, number=1, first=0, anew=False, **columns):
    with store.writing() as batch:
        pieces = tuple(Piece("0", "answer", words) for words in pieces)
        batch.hear(
            Heard(
                id=f"boot-0-{number}",
                anew=anew,
                first_piece=first,
                pieces=pieces,
                **columns,
            )
        )


def abandoned(store, living=None, lost=()):
    with store.writing() as batch:
        return [each.exchange.id for each in batch.abandoned(living, lost)]


def texts(store):
    return [(each.kind, each.text) for each in store.texts("s1")]


def test_an_open_row_is_not_known_and_is_completed_once(store):
    begin(store)
    with store.writing() as batch:
        assert batch.known(["boot-0-1"]) == set()
        assert batch.opened(["boot-0-1", "boot-0-2"]).keys() == {"boot-0-1"}
    assert finish(store, status=200) is None
    with store.writing() as batch:
        assert batch.known(["boot-0-1"]) == {"boot-0-1"}
        assert batch.opened(["boot-0-1"]) == {}
    (row,) = store.exchanges("s1")
    assert (row.outcome, row.status) == ("answered", 200)
    assert texts(store) == [("prompt", ASKED.text), ("answer", SAID.text)]
    assert len(store.search("mountain", 10)) == len(store.search("Zugspitze", 10)) == 1


def test_an_open_row_is_no_failure_and_no_retry(store):
    begin(store, 1, request_hash="h")
    write(store, prepared(2, request_hash="h"))
    row, other = store.exchanges("s1")
    assert (row.outcome, other.retry) == (OPEN, 0)
    assert store.get_session("s1").success
    assert len(store.search("status:open", 10)) == 1
    assert store.search("status:error", 10) == ()


def test_what_comes_of_an_answer_is_a_text_meanwhile(store):
    begin(store)
    hear(store, "the ", "Zug", anew=True, status=200, input_uncached=7)
    hear(store, "spitze", first=2, status=200, input_uncached=7)
    (row,) = store.exchanges("s1")
    assert (row.outcome, row.status, row.input_uncached) == (OPEN, 200, 7)
    assert texts(store)[-1] == ("answer", "the Zugspitze")
    hear(store, "the Zugspitze, 2962 m", anew=True)  # told from the start once more
    assert texts(store)[-1] == ("answer", "the Zugspitze, 2962 m")
    finish(store)
    assert texts(store)[-1] == ("answer", SAID.text)
    hear(store, "late", first=3)
    assert texts(store)[-1] == ("answer", SAID.text)


def test_a_request_that_was_shed_meanwhile_keeps_what_the_open_row_knew(store):
    begin(store, model_requested="m", message_count=3)
    finish(store, keeps_request=True, shed_bytes=9, answer_bytes=5)
    (row,) = store.exchanges("s1")
    assert (row.model_requested, row.message_count) == ("m", 3)
    assert (row.shed_bytes, row.answer_bytes) == (9, 5)


def test_a_row_that_is_refused_at_its_end_ends_all_the_same(store):
    begin(store)
    assert "not recorded in full" in finish(store, status=2**70)
    (row,) = store.exchanges("s1")
    assert (row.outcome, row.status) == ("answered", None)
    assert "not recorded in full" in row.problem


def test_what_is_abandoned(store):
    for number in (1, 12, 3):
        begin(store, number)
    begin(store, 4, id="other-0-4")
    hear(store, "half", number=12, anew=True)
    hear(store, " an answer", number=12, first=1)
    assert abandoned(store) == []
    assert abandoned(store, lost=["boot-0-3"]) == ["boot-0-3"]
    assert abandoned(store, living=("boot-0-",)) == ["other-0-4"]
    # An id stands for itself alone.
    left = abandoned(store, living=("boot-0-1", "boot-0-3", "other-0-"))
    assert left == ["boot-0-12"]
    with store.writing() as batch:
        found = batch.abandoned((), ())
    assert len(found) == 4
    assert found[1].pieces == (Piece("0", "answer", "half an answer"),)
    assert found[1].exchange == exchange(12, outcome=OPEN, ended_us=None)
