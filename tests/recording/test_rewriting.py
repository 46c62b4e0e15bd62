"""A file written again: bodies are whole, references and marks are right."""

import json

import pytest

from lunaroute.recording import Rewriter
from lunaroute.recording._once import Bodies, Once
from lunaroute.recording._record import make_records
from tests.pii.finder import CARD, EMAIL, SECRET, redactor
from tests.recording.build import anthropic_events, anthropic_stream, question, sse

KEY = b"k" * 32
REST = "a rest that is long enough to be referred to, " * 8


def recorded(path, *bodies, redacted=None):
    """The lines of a file, as it was written."""
    once, lines = Once(), []
    once.resume(path, 0)
    for number, body in enumerate(bodies, 1):
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        raw = anthropic_stream(number, body=None, request_pieces=[sent])
        (record,) = make_records(raw, KEY, redacted)
        text = once.shorten(path, str(record.id), record.lines, record.sent)
        lines += text.splitlines(keepends=True)
    return lines


def grown(count, words):
    messages = [
        {"role": "user", "content": f"{number} {words} {REST}"}
        for number in range(count)
    ]
    return question("") | {"messages": messages}


def test_bodies_that_refer_to_each_other_are_redacted_whole(tmp_path):
    lines = recorded(tmp_path, *(grown(count, EMAIL) for count in (1, 2, 3)))
    rewriter = Rewriter(redactor())
    new = [rewriter.rewrite(line)[0] for line in lines]
    assert EMAIL.encode() not in b"".join(new)
    assert sum(b"request_refs" in line for line in new) == 2
    bodies = Bodies(new)
    for number in (1, 2, 3):
        body = bodies.body(f"boot-0-{number}")
        assert json.loads(body) == grown(number, "[EMAIL]")


def test_marks_of_an_earlier_redaction_move(tmp_path):
    # The first one knew of no cards.
    body = question(f"{CARD} {EMAIL} {CARD} {SECRET} {REST}")

    class Blind(type(redactor()._finder)):
        def find(self, text):
            return [each for each in super().find(text) if each.kind != "card"]

    earlier = redactor(finder=Blind())
    (line,) = [
        line
        for line in recorded(tmp_path, body, redacted=earlier)
        if b"request_recorded" in line
    ]
    assert len(json.loads(line)["request_redacted"]) == 2
    new, kinds = Rewriter(redactor()).rewrite(line)
    event = json.loads(new)
    sent = Bodies([new]).body("boot-0-1")
    assert [
        (sent[start:end], kind) for start, end, kind in event["request_redacted"]
    ] == [
        (b"[CARD]", "card"),
        (b"[EMAIL]", "email"),
        (b"[CARD]", "card"),
        (b"[SECRET]", "secret"),
    ]
    assert set(kinds) == {"card"}


def test_a_body_that_is_no_line_of_json(tmp_path):
    for body in (
        f"name={EMAIL}".encode(),
        json.dumps(question(EMAIL), indent=1).encode(),
    ):
        lines = recorded(tmp_path, body)
        rewriter = Rewriter(redactor())
        new = [rewriter.rewrite(line)[0] for line in lines]
        assert EMAIL.encode() not in b"".join(new)
        expected = body.replace(EMAIL.encode(), b"[EMAIL]")
        assert Bodies(new).body("boot-0-1") == expected


def test_a_line_without_findings_is_as_it_was(tmp_path):
    lines = recorded(tmp_path, grown(1, "plain"), grown(2, "plain"))
    rewriter = Rewriter(redactor())
    assert [rewriter.rewrite(line) for line in lines] == [(line, ()) for line in lines]


def test_a_reference_to_nothing_is_an_error(tmp_path):
    lines = recorded(tmp_path, grown(1, "plain"), grown(2, "plain"))
    rewriter = Rewriter(redactor())
    (_, orphan) = [line for line in lines if b"request_recorded" in line]
    with pytest.raises(KeyError):
        rewriter.rewrite(orphan)


def test_what_an_answer_said_is_redacted_where_it_is_referred_to(tmp_path):
    said = f"write to {EMAIL}, {REST}"
    first = question("who?")
    history = [
        {"role": "assistant", "content": [{"type": "text", "text": said}]},
        {"role": "user", "content": REST},
    ]
    once, lines = Once(), []
    once.resume(tmp_path, 0)
    for number, messages in enumerate(([], history, history), 1):
        sent = json.dumps(first | {"messages": messages}, separators=(",", ":"))
        raw = anthropic_stream(
            number,
            body=None,
            request_pieces=[sent.encode()],
            answer=sse(*anthropic_events(said)),
        )
        (record,) = make_records(raw, KEY)
        text = once.shorten(tmp_path, str(record.id), record.lines, record.sent)
        lines += text.splitlines(keepends=True)
    assert b"#response_text" in lines[7]
    rewriter = Rewriter(redactor())
    new = [rewriter.rewrite(line)[0] for line in lines]
    assert EMAIL.encode() not in b"".join(new)
    # What was redacted alike is referred to again.
    assert sum(b"#response_text" in line for line in new) > 0
    bodies = Bodies(new)
    for number, messages in ((2, history), (3, history)):
        expected = json.dumps(messages).replace(EMAIL, "[EMAIL]")
        body = json.loads(bodies.body(f"boot-0-{number}"))
        assert body["messages"] == json.loads(expected)
