"""Session names: safe on every disk, never shared by two ids."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunaroute.recording._session import name_session

CORPUS = Path(__file__).parents[1] / "corpora" / "security_session_ids.jsonl"
CASES = [json.loads(line)["input"] for line in CORPUS.read_text().splitlines()]
UUID = "0b9a3c1e-5d0f-4a6e-9c57-1d2e3f405162"


def test_a_uuid_stays_as_it_is():
    assert name_session(UUID, "x").id == UUID
    assert name_session(UUID, "x").stem == f"session_{UUID}"


@pytest.mark.parametrize("missing", [None, ""])
def test_no_id_gives_each_exchange_its_own_and_always_the_same(missing):
    one = name_session(missing, "boot-0-1")
    assert re.fullmatch(r"session_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one.stem)
    assert one == name_session(missing, "boot-0-1")
    assert one.id != name_session(missing, "boot-0-2").id


@pytest.mark.parametrize("hostile", CASES)
def test_the_hostile_ids_of_the_corpus(hostile):
    name = name_session(hostile, "x")
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name.id)
    assert re.fullmatch(r"session_[A-Za-z0-9_-]{1,64}", name.stem)
    if name.id != hostile:
        assert name.client_id == hostile


def test_the_corpus_shares_no_file_even_where_case_is_ignored():
    ids = [*CASES, "ab", "AB", "Ab", "aB", "con", "CON", "h_" + "0" * 32, "H_x", "h_x"]
    stems = {name_session(each, "x").stem.lower() for each in set(ids)}
    assert len(stems) == len(set(ids))


def test_an_id_made_to_look_like_ours_meets_no_other():
    victim = name_session("../x", "x")
    thief = name_session(victim.id, "x")
    assert thief.stem != victim.stem
    upper = name_session("AbC", "x")
    assert (
        name_session(upper.stem.removeprefix("session_").lower(), "x").stem
        != upper.stem
    )


@given(st.text(), st.text())
def test_two_ids_never_share_a_file(one, other):
    names = [name_session(each, each) for each in (one, other)]
    assert (names[0].stem.lower() == names[1].stem.lower()) == (one == other)


@given(st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True))
def test_a_swapped_case_is_another_file(client_id):
    other = client_id.swapcase()
    stems = {name_session(each, "x").stem.lower() for each in {client_id, other}}
    assert len(stems) == len({client_id, other})
