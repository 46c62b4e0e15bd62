"""Request classes, by what clients send."""

import pytest

from lunaroute.recording._class import class_of
from lunaroute.recording._reading import read_exchange
from tests.recording.build import exchange, question

KEY = b"k" * 32
CLAUDE = ("User-Agent", "claude-cli/2.1.329 (external, cli)")
SCHEMA = {"output_config": {"format": {"type": "json_schema"}}}
COMPACT = "CRITICAL: Respond with TEXT ONLY. Do NOT call any tools."
TOOLS = {"tools": [{"name": "Read", "input_schema": {}}]}


def kind(body, *fields, **more):
    raw = exchange(body=body, request_fields=fields, **more)
    # The builder's own user agent stands first.
    raw.request_head = raw.request_head.replace(b"User-Agent: test/1\r\n", b"")
    return class_of(read_exchange(raw, KEY))


@pytest.mark.parametrize(
    ("expected", "body", "fields"),
    [
        ("main", question(), []),
        ("subagent", question(), [("X-Claude-Code-Agent-Id", "a1")]),
        ("subagent", question(), [("x-claude-code-request-class", "subagent")]),
        ("main", question(), [("x-claude-code-request-class", "new-word")]),
        ("title", question(**SCHEMA), [CLAUDE]),
        ("main", question(**SCHEMA), []),
        ("main", question(**SCHEMA, **TOOLS), [CLAUDE]),
        ("main", question("x" * 13_000, **SCHEMA), [CLAUDE]),
        ("main", question(), [CLAUDE]),
        ("compaction", question(COMPACT), [CLAUDE]),
        ("main", question(COMPACT), []),
        ("main", question(f"what does {COMPACT} mean"), [CLAUDE]),
        ("title", question(), [("User-Agent", "opencode/1.18.33 ai-sdk")]),
        ("main", question(**TOOLS), [("User-Agent", "opencode/1.18.33 ai-sdk")]),
    ],
)
def test_messages(expected, body, fields):
    assert kind(body, *fields) == expected


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ("warm_up", '{"request_kind":"prewarm"}'),
        ("main", '{"request_kind":"turn"}'),
        ("compaction", '{"request_kind":"compaction"}'),
        ("main", '{"request_kind":["compaction"]}'),
        ("main", "no json"),
        ("main", "[]"),
    ],
)
def test_the_turn_metadata_of_codex(expected, said):
    body = {"model": "gpt-x", "input": []}
    more = {"path": "/v1/responses", "dialect": "openai"}
    assert kind(body, ("x-codex-turn-metadata", said), **more) == expected
    body["client_metadata"] = {"x-codex-turn-metadata": said}
    assert kind(body, **more) == expected


def test_a_compaction_trigger():
    said = {"type": "message", "role": "user", "content": "x" * 20_000}
    body = {"model": "gpt-x", "input": [said, {"type": "compaction_trigger"}]}
    assert kind(body, path="/v1/responses", dialect="openai") == "compaction"


@pytest.mark.parametrize(
    ("expected", "path", "method"),
    [
        ("count_tokens", "/v1/messages/count_tokens", "POST"),
        ("other", "/v1/models", "GET"),
    ],
)
def test_other_endpoints(expected, path, method):
    body = question(COMPACT)
    assert kind(body, CLAUDE, path=path, method=method) == expected


@pytest.mark.parametrize("body", [None, "text", ["compaction_trigger"]])
def test_what_is_no_object(body):
    assert kind(body) == "main"
