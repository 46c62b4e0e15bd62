"""A request is read once, and never taken for another one."""

from dataclasses import replace

import pytest

from lunaroute.link import Tapped
from lunaroute.recording import snapshot
from lunaroute.recording._reading import read_exchange
from lunaroute.recording._record import make_records
from lunaroute.recording._requests import Requests
from tests.pii.finder import EMAIL, redactor
from tests.recording.build import (
    anthropic_message,
    anthropic_stream,
    create,
    exchange,
    question,
)

KEY = b"k"


def begun(raw, requests, finder=None):
    """As when its exchange began."""
    return read_exchange(snapshot(raw), KEY, finder, requests.first)


def unread():
    raise AssertionError("it is read again")


@pytest.mark.parametrize(
    "raw",
    [
        anthropic_stream(),
        anthropic_message(2),
        exchange(3, dialect="openai", path="/v1/responses", body=create("why")),
        exchange(4, body=question(system=f"write to {EMAIL}"), session=EMAIL),
        exchange(5, request_pieces=[b'{"model":', b'"m"'], path="/v1/models"),
        exchange(6, request_pieces=[]),
    ],
)
def test_what_was_read_at_the_beginning_is_as_if_read_at_the_end(raw):
    requests = Requests()
    begun(raw, requests, redactor())
    known = make_records(raw, KEY, redactor(), asking=requests.last)
    assert known == make_records(raw, KEY, redactor())


def test_it_is_read_once_and_forgotten_at_the_end():
    raw, requests = anthropic_message(), Requests()
    begun(raw, requests)
    found = requests.last(raw, unread)
    assert found.sent == b"".join(chunk for _, chunk in raw.request.chunks)
    with pytest.raises(AssertionError, match="read again"):
        requests.last(raw, unread)
    assert requests._bytes == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: replace(raw, request=Tapped(size=raw.request.size)),
        lambda raw: replace(raw, request=replace(raw.request, truncated=True)),
        lambda raw: replace(raw, request=replace(raw.request, tail=b"x")),
        lambda raw: replace(raw, request_head=raw.request_head + b"x"),
        lambda raw: replace(raw, route=replace(raw.route, dialect="openai")),
        lambda raw: replace(raw, id=replace(raw.id, counter=99)),
    ],
    ids=["shed", "cut", "tail", "head", "route", "id"],
)
def test_another_request_is_read(change):
    raw, requests = anthropic_message(), Requests()
    begun(raw, requests)
    with pytest.raises(AssertionError, match="read again"):
        requests.last(change(raw), unread)


def test_those_read_longest_ago_go_first():
    raws = [exchange(number, request_pieces=[b"x" * 1_000]) for number in (1, 2, 3)]
    requests = Requests(most=16_000)
    for raw in raws:
        begun(raw, requests)
    assert requests._bytes <= 16_000
    assert requests.last(raws[1], unread)
    assert requests.last(raws[2], unread)
    with pytest.raises(AssertionError, match="read again"):
        requests.last(raws[0], unread)


def test_one_that_begins_again_is_counted_once():
    raw, requests = anthropic_message(), Requests()
    begun(raw, requests)
    once = requests._bytes
    begun(raw, requests)
    assert requests._bytes == once
