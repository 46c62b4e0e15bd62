"""What tokens stood for goes with the last session that has them."""

from contextlib import closing

import pytest

from lunaroute.pii import Policy
from lunaroute.recording import Recorder, redactor_of, vault_of
from lunaroute.store import open_store
from lunaroute.upkeep import Limits, begin
from lunaroute.upkeep._cleanup import clean_up
from lunaroute.upkeep._deletion import delete_sessions
from lunaroute.upkeep._forgetting import note_tokens
from lunaroute.upkeep._pieces import find_pieces
from lunaroute.upkeep._site import Site
from tests.recording.build import anthropic_message, question
from tests.upkeep.kit import DAY_MS, day, finish, moment

POLICY = Policy({"email": "tokenize"}, secret="s" * 32, reversible=True)
OWN, SHARED, LATER = "jane.roe@gmail.com", "john.doe@gmail.com", "ann.poe@gmail.com"


@pytest.fixture
def place(tmp_path):
    """Two sessions, 40 days apart, that share one of three addresses."""
    home = tmp_path / "home"
    place = Site(home, home / "sessions", home / "sessions.db", Limits(max_age_days=30))
    with (
        open_store(place.database, writer=True) as store,
        closing(vault_of(POLICY, home)) as vault,
    ):
        redactor = redactor_of(POLICY, home, vault)
        for number, words in ((0, f"{OWN} {SHARED}"), (40, f"{SHARED} {LATER}")):
            recorder = Recorder(
                place.directory, store, redactor=redactor, today=lambda n=number: day(n)
            )
            recorder.record(
                [anthropic_message(number + 1, session=f"day-{number}",
                                   body=question(f"write to {words}"),
                                   start=number * DAY_MS * 1_000_000)]
            )  # fmt: skip
    assert values(place) == {OWN, SHARED, LATER}
    return place


def values(place):
    """All that the vault can tell."""
    with closing(vault_of(POLICY, place.home)) as vault:
        tokens = [row[0] for row in vault._opened().execute("SELECT token FROM tokens")]
        return {vault.value(token) for token in tokens}


def test_a_deleted_session_takes_what_it_alone_had(place):
    finish(delete_sessions(place, ["day-0"], dry_run=False))
    assert values(place) == {SHARED, LATER}
    finish(begin(place, {"task": "delete", "sessions": ["day-40"]}))
    assert values(place) == set()


def test_a_look_forgets_nothing(place):
    finish(delete_sessions(place, ["day-0"], dry_run=True))
    assert len(values(place)) == 3


def test_retention_does_the_same(place):
    finish(clean_up(place, now=lambda: moment(40)))
    assert values(place) == {SHARED, LATER}


def test_what_was_killed_behind_the_deletion_is_done_by_the_next_clean_up(place):
    with open_store(place.database, writer=True) as store:
        (piece, _) = find_pieces(place.directory, store)
        for _ in note_tokens(place, store, piece.paths, "day-0"):
            pass
        assert len(store.pruning.owed_tokens()) == 2
        for path in piece.paths:
            path.unlink()
        store.pruning.delete_of_file(piece.name, 9)
    assert len(values(place)) == 3
    finish(clean_up(place, now=lambda: moment(40)))
    assert values(place) == {SHARED, LATER}
    with open_store(place.database, writer=False) as store:
        assert not store.pruning.owed_tokens()


def test_a_file_that_cannot_be_read_hinders_no_deletion(place):
    path = min(place.directory.rglob("*.jsonl"))
    path.rename(f"{path}.zst")
    done = finish(delete_sessions(place, ["day-0"], dry_run=False))
    assert done.warnings == []
    assert not list(place.directory.glob(f"{day(0)}/*"))


def test_without_a_vault_nothing_is_made(place):
    (place.home / "vault.db").unlink()
    finish(delete_sessions(place, ["day-0"], dry_run=False))
    assert not (place.home / "vault.db").exists()
