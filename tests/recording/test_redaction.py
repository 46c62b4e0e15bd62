"""Whatever place a secret stands in: no line and no row has it."""

import json
from dataclasses import replace

import pytest

from lunaroute.model import Outcome
from lunaroute.pii import MemoryBook, Policy, Tokens
from lunaroute.recording._record import make_records
from lunaroute.recording._redaction import Redaction
from tests.frames import frame
from tests.pii.finder import CARD, EMAIL, SECRET, redactor
from tests.recording.build import (
    SESSION,
    anthropic_events,
    anthropic_message,
    anthropic_stream,
    create,
    exchange,
    question,
    response_events,
    socket,
    sse,
)

KEY = b"k" * 32
TOKENS = Tokens(lambda: b"a secret", MemoryBook())
ESCAPED = EMAIL.replace("@", "\\u0040")


def _records(raw):
    return make_records(raw, KEY, redactor())


def _kept(records):
    """All that is to be written, in one string."""
    return repr([(r.lines, r.rows, r.stem) for r in records])


def _assert_clean(records):
    kept = _kept(records)
    for value in (EMAIL, SECRET, CARD, ESCAPED, EMAIL.replace("@", "%40")):
        assert value not in kept
    for record in records:
        for line in record.lines.splitlines():
            json.loads(line)


BODY = question(
    f"my card {CARD}",
    system=[{"type": "text", "text": f"you serve {EMAIL}"}],
    tools=[{"name": f"ask-{SECRET}", "input_schema": {SECRET: {"default": CARD}}}],
    metadata={"user_id": EMAIL, "number": int(CARD)},
)
BODY["messages"] += [
    {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": f"so {SECRET}", "signature": "s"},
            {"type": "tool_use", "id": "toolu_1", "name": "Read",
             "input": {"path": f"/home/{EMAIL}/x", "n": int(CARD), SECRET: None}},
        ],
    },
    {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "toolu_1", "is_error": True,
         "content": [{"type": "text", "text": json.dumps({"a": f"\n{EMAIL}"})}]},
    ]},
]  # fmt: skip


def test_every_place_of_a_request():
    raw = anthropic_stream(
        body=BODY,
        session=None,
        path=f"/v1/messages?beta={SECRET}&x={EMAIL.replace('@', '%40')}",
        request_fields=[
            ("User-Agent", f"me/{SECRET}"),
            ("X-Claude-Code-Session-Id", SECRET),
            ("X-Claude-Code-Agent-Id", SECRET),
            ("X-Project-Id", EMAIL),
            ("x-codex-turn-metadata", json.dumps({"a": EMAIL})),
            ("Authorization", f"Bearer {SECRET}"),
        ],
        error=f"no way to {EMAIL}",
    )
    (record,) = _records(raw)
    _assert_clean([record])
    row = record.rows.exchange
    assert row.session_id.startswith("redacted-")
    assert row.client_session_id == "[SECRET]"
    assert row.project == "[EMAIL]"
    assert row.agent == "[SECRET]"
    found = json.loads(row.redacted)
    assert set(found) == {"email", "secret", "card"}
    result = record.rows.results[0]
    assert result.call_id == "toolu_1"
    assert [t.text for t in record.rows.texts][:2] == [
        "you serve [EMAIL]",
        "my card [CARD]",
    ]


def test_the_body_is_as_it_was_but_for_its_marks():
    (record,) = _records(anthropic_stream(body=BODY))
    (asked,) = [
        event
        for event in map(json.loads, record.lines.splitlines())
        if event["type"] == "request_recorded"
    ]
    body = record.sent
    assert asked["request_json"] == json.loads(body)
    assert len(asked["request_redacted"]) == 12
    for start, end, kind in asked["request_redacted"]:
        assert body[start:end].strip(b'"') == b"[%s]" % kind.upper().encode()
    plain = make_records(anthropic_stream(body=BODY), KEY)[0]
    assert record.rows.exchange.request_hash == plain.rows.exchange.request_hash
    assert b"request_redacted" not in plain.lines
    assert plain.rows.exchange.redacted is None


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_value_is_found_however_a_stream_is_cut(cut):
    words = f"ask {EMAIL} or {SECRET}"
    events = anthropic_events()
    events[2]["delta"]["text"] = words[:cut]
    events[3]["delta"]["text"] = words[cut:]
    arguments = json.dumps({"path": EMAIL.replace("@", "\x40"), "n": int(CARD)})
    events[6]["delta"]["partial_json"] = arguments[:cut]
    events[7]["delta"]["partial_json"] = arguments[cut:]
    (record,) = _records(anthropic_stream(answer=sse(*events)))
    _assert_clean([record])
    texts = [text.text for text in record.rows.texts]
    assert texts[-2:] == [
        "ask [EMAIL] or [SECRET]",
        '{"path": "[EMAIL]", "n": "[CARD]"}',
    ]


def test_an_answer_in_one_body():
    reply = {
        "id": "msg_2",
        "role": "assistant",
        "model": SECRET,
        "content": [
            {"type": "text", "text": f"for {EMAIL}"},
            {"type": "tool_use", "id": "toolu_9", "name": SECRET,
             "input": {"card": int(CARD), "b": [EMAIL]}},
        ],
        "stop_reason": SECRET,
        "usage": {"input_tokens": 10, "output_tokens": 42, SECRET: 7},
    }  # fmt: skip
    raw = anthropic_message(
        answer=[json.dumps(reply).encode()],
        answer_fields=[("request-id", SECRET), ("x-ratelimit-a", EMAIL)],
    )
    records = _records(raw)
    _assert_clean(records)
    assert records[0].rows.calls[0].call_id == "toolu_9"


def test_an_error_and_a_body_that_is_no_json():
    refused = {"type": "error", "error": {"type": SECRET, "message": f"bad {EMAIL}"}}
    raw = anthropic_message(status=400, answer=[json.dumps(refused).encode()])
    _assert_clean(_records(raw))
    raw = exchange(
        request_pieces=[f"name={EMAIL}&key={SECRET}".encode()],
        answer=[f"<p>{EMAIL}".encode()],
        content_type="text/html",
        status=500,
        path=f"/x/{EMAIL}",
    )
    records = _records(raw)
    _assert_clean(records)
    assert records[0].rows.exchange.path == "/x/[EMAIL]"


def test_the_turns_of_a_websocket():
    up = json.dumps(create(f"my {SECRET}", client_metadata={"session_id": SECRET}))
    down = [json.dumps(e).encode() for e in response_events(f"to {EMAIL}")]
    failed = {"type": "error", "status": 400, "error": {"message": f"no {EMAIL}"}}
    raw = socket(
        ("down", frame(json.dumps(failed).encode())),
        ("up", frame(up.encode(), mask=b"abcd")),
        *(("down", frame(each)) for each in down),
        fields=[("session-id", SECRET), ("thread-id", SECRET)],
        error=EMAIL,
    )
    records = _records(raw)
    assert len(records) == 2
    _assert_clean(records)
    whole, turn = (record.rows.exchange for record in records)
    assert whole.session_id == turn.session_id
    assert json.loads(turn.redacted)["email"] == 1
    assert turn.request_hash is not None


def test_a_session_that_may_be_named_is():
    (record,) = _records(anthropic_stream())
    assert record.rows.exchange.session_id == SESSION
    assert record.rows.exchange.redacted is None


def test_without_a_redactor_all_stays():
    redaction = Redaction(None)
    assert redaction.text(SECRET) == SECRET
    assert redaction.sent(SECRET.encode()) == SECRET.encode()
    assert redaction.target(f"/{SECRET}%40") == f"/{SECRET}%40"
    assert redaction.alias(SECRET) is None
    assert not redaction.counts


def test_the_path_of_a_base_url():
    redaction = Redaction(redactor())
    for url in ("https://a.example.com", "https://a.example.com/v1", "http://[::1]:1/"):
        assert redaction.upstream(url) == url
    assert redaction.upstream(f"http://a.com:8/gw/{SECRET}/v1") == (
        "http://a.com:8/gw/[SECRET]/v1"
    )
    raw = anthropic_stream()
    raw = replace(raw, route=replace(raw.route, upstream=f"http://a.com/{SECRET}"))
    records = _records(raw)
    _assert_clean(records)
    assert records[0].rows.exchange.upstream == "http://a.com/[SECRET]"


def test_a_form_is_read_as_one():
    body = f"grant_type=password&user={EMAIL.replace('@', '%40')}&x=a+{SECRET}"
    raw = exchange(
        path="/oauth/token",
        dialect="",
        request_pieces=[body.encode()],
        request_fields=[
            ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
        ],
    )
    records = _records(raw)
    _assert_clean(records)
    assert "grant_type=password&user=[EMAIL]&x=a+[SECRET]" in _kept(records)


def test_a_coded_target_stays_coded_where_nothing_is_found():
    redaction = Redaction(redactor())
    assert redaction.target("/a%2Fb?c=%20d&e") == "/a%2Fb?c=%20d&e"
    assert redaction.target("/jane.roe%40example.com/%20") == "/[EMAIL]/%20"


def test_a_coded_target_is_looked_at_whole_too():
    kinds = ("password", "slack_webhook")
    redaction = Redaction(Policy(dict.fromkeys(kinds, "mask")).redactor(TOKENS))
    word = "abcDEF123ghiJKL456mno"
    assert word not in redaction.target(f"/a%20b/api_key={word}")
    hook = "https%3A//hooks.slack.com/services/T0BIRD000/B0BIRD000/" + word + "789"
    told = redaction.target(f"/to/{hook}?a=\u2026&b=%20")
    assert word not in told
    assert told.endswith("?a=\u2026&b=%20")


def test_no_half_of_a_value_ends_what_was_cut():
    half = SECRET[:12]
    sent = json.dumps(question(f"it is {SECRET}")).encode()
    cut = sent[: sent.index(SECRET.encode()) + 12]
    events = anthropic_events(f"so it is {half}")[:4]
    raw = anthropic_stream(
        request_pieces=[cut],
        body=None,
        answer=sse(*events),
        outcome=Outcome.CLIENT_LEFT,
    )
    (record,) = _records(raw)
    assert half not in _kept([record])
    assert record.rows.texts[-1].text == "so it is [CUT]"
    # What nothing is redacted of stays as it came.
    (plain,) = make_records(raw, KEY)
    assert half in _kept([plain])


def test_what_came_whole_keeps_its_end():
    raw = anthropic_stream(answer=sse(*anthropic_events("see zk-0123 and src/a_b.py")))
    (record,) = _records(raw)
    assert "see zk-0123 and src/a_b.py" in [text.text for text in record.rows.texts]
