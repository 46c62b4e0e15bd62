"""Project, developer and context, as headers name them."""

import json

import orjson
import pytest

from lunaroute.recording._events import event_lines
from lunaroute.recording._head import read_head
from lunaroute.recording._metadata import metadata
from lunaroute.recording._reading import read_exchange
from lunaroute.recording._rows import prepare_rows
from tests.recording.build import anthropic_message, exchange, head


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ([("X-Project-ID", " shop "), ("x-developer-id", "ada")], {"project": "shop", "developer": "ada"}),
        ([("X-Session-Context", "refactoring")], {"context": "refactoring"}),
        ([("X-Project-ID", "a"), ("X-Project-ID", "b")], {"project": "a"}),
        ([("X-Project-ID", "")], {}),
        ([("X-Project-ID", "a" * 300)], {"project": "a" * 256}),
        ([("X-Other", "a")], {}),
    ],
)  # fmt: skip
def test_headers(fields, found):
    assert metadata(read_head(head("POST / HTTP/1.1", *fields))) == found


def test_both_forms_have_it():
    raw = exchange(
        body={}, request_fields=[("X-Project-ID", "shop"), ("X-Developer-ID", "ada")]
    )
    reading = read_exchange(raw, b"k")
    row = prepare_rows(reading, b"k").exchange
    assert row.project == "shop"
    assert json.loads(row.metadata) == {"project": "shop", "developer": "ada"}
    started = orjson.loads(event_lines(reading).splitlines()[0])
    assert started["metadata"] == {"project": "shop", "developer": "ada"}


def test_without_them_there_is_none():
    reading = read_exchange(anthropic_message(), b"k")
    row = prepare_rows(reading, b"k").exchange
    assert (row.project, row.metadata) == (None, None)
    assert orjson.loads(event_lines(reading).splitlines()[0])["metadata"] == {}
