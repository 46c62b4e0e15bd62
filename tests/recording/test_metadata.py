"""Project, developer and context, as headers name them."""

import json

import orjson
import pytest

from lunaroute.recording import Recorder
from lunaroute.recording._head import read_head
from lunaroute.recording._metadata import Labels
from lunaroute.recording._record import make_records
from lunaroute.store import open_store
from tests.recording.build import SESSION, anthropic_message, exchange, head


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
    assert Labels().of(read_head(head("POST / HTTP/1.1", *fields))) == found


def test_what_the_user_names():
    labels = Labels(
        {"x-team": "team", "x-branch": "context"}, {"project": "all", "a": "b"}
    )
    fields = [("X-Team", "blue"), ("X-Branch", "main"), ("X-Session-Context", "later")]
    found = labels.of(read_head(head("POST / HTTP/1.1", *fields)))
    assert found == {"project": "all", "a": "b", "team": "blue", "context": "main"}
    found = labels.of(read_head(head("POST / HTTP/1.1", ("X-Project-ID", "shop"))))
    assert found["project"] == "shop"


def told(raw, labels):
    """The row, and what ``started`` says."""
    (record,) = make_records(raw, b"k", None, labels)
    started = orjson.loads(record.lines.splitlines()[0])
    return record.rows.exchange, started["metadata"]


def test_both_forms_have_it():
    fields = [("X-Project-ID", "shop"), ("X-Developer-ID", "ada"), ("X-Team", "blue")]
    raw = exchange(body={}, request_fields=fields)
    expected = {"project": "shop", "developer": "ada", "team": "blue", "site": "home"}
    row, started = told(raw, Labels({"x-team": "team"}, {"site": "home"}))
    assert row.project == "shop"
    assert json.loads(row.metadata) == started == expected


def test_without_them_there_is_none():
    row, started = told(anthropic_message(), Labels())
    assert (row.project, row.metadata, started) == (None, None, {})


def test_the_configuration_may_name_the_project(tmp_path):
    labels = Labels(values={"project": "luna"})
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        recorder = Recorder(None, store, labels=labels)
        recorder.record([anthropic_message(1)])
        (row,) = store.exchanges(SESSION)
    assert (row.project, row.metadata) == ("luna", '{"project":"luna"}')
