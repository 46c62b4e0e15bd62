"""A streamed answer's body comes back as it came; nothing redacted is in it."""

import gzip
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunaroute.dialects import answer_reader
from lunaroute.errors import StoreError
from lunaroute.model import Endpoint
from lunaroute.recording import Recorder, Rewriter, SessionFiles
from lunaroute.recording._redaction import Redaction
from lunaroute.recording._stream import Stream, kept_stream
from lunaroute.store import open_store
from tests.pii.finder import EMAIL, SECRET, redactor
from tests.recording.build import (
    SESSION,
    anthropic_events,
    anthropic_stream,
    exchange,
    sse,
)


def body_of(*events):
    return b"".join(sse(*events))


def recorded(tmp_path, *raws, **more):
    """The files and the rows of what was recorded."""
    with open_store(tmp_path / "sessions.db", writer=True) as store:
        Recorder(tmp_path / "sessions", store, **more).record(list(raws))
        yield SessionFiles(store), store.exchanges(SESSION)


def words_in(pieces):
    """Events of an answer that comes in these pieces."""
    events = anthropic_events("x")
    at = next(n for n, each in enumerate(events) if "delta" in each)
    deltas = [
        {"type": "content_block_delta", "index": 0,
         "delta": {"type": "text_delta", "text": piece}}
        for piece in pieces
    ]  # fmt: skip
    return [*events[:at], *deltas, *events[at + 1 :]]


@pytest.mark.parametrize("hide", [False, True])
def test_it_is_what_was_sent(tmp_path, hide):
    events = words_in(["a \u00e4", "  b ", '"', "\\", "\n"] * 9)
    pieces = sse(*events)
    more = {"redactor": redactor()} if hide else {}
    for files, (row,) in recorded(tmp_path, anthropic_stream(1, answer=pieces), **more):
        stream = files.answered(row)
        assert stream == Stream(b"".join(pieces))
        assert files.answered(row) == stream


def test_it_is_what_came_of_one_that_was_cut(tmp_path):
    pieces = sse(*words_in(["so far ", "it came"]))[:4]
    pieces.append(b'event: content_block_delta\ndata: {"type":"content_bl')
    raw = anthropic_stream(1, answer=pieces)
    for files, (row,) in recorded(tmp_path, raw):
        assert files.answered(row).body == b"".join(pieces)


def test_half_a_value_at_the_end_of_one_that_was_cut_is_not_kept(tmp_path):
    pieces = sse(*words_in(["so far ", "it came"]))[:4]
    pieces.append(b'data: {"type":"content_block_delta","delta":{"text":"zk-01234567')
    raw = anthropic_stream(1, answer=pieces)
    for files, (row,) in recorded(tmp_path, raw, redactor=redactor()):
        with pytest.raises(StoreError, match="something in it was redacted"):
            files.answered(row)
    assert b"zk-01234567" not in everything(tmp_path)


def everything(directory):
    return b"".join(
        each.read_bytes() for each in directory.rglob("*") if each.is_file()
    )


def streams_below(directory):
    for path in directory.rglob("*.jsonl"):
        for line in path.read_bytes().splitlines():
            if "response_body" in (event := json.loads(line)):
                yield Stream.unpacked(event["response_body"], event["response_text"])


@pytest.mark.parametrize("size", [1, 2, 4, 7, 50])
def test_what_was_redacted_is_named_and_all_else_as_it_was(tmp_path, size):
    words = f"write to {EMAIL} or {SECRET}, today"
    pieces = [words[at : at + size] for at in range(0, len(words), size)]
    events = words_in(pieces)
    sent = body_of(*events)
    raw = anthropic_stream(1, answer=sse(*events))
    for files, (row,) in recorded(tmp_path, raw, redactor=redactor()):
        stream = files.answered(row)
        assert [mark.kind for mark in stream.marks] == ["email", "secret"]
        for mark in stream.marks:
            shown = stream.body[mark.start : mark.end].decode()
            assert shown == f"[{mark.kind.upper()}]"
        told = [
            json.loads(line[6:])
            for line in stream.body.split(b"\n")
            if line.startswith(b"data: {")
        ]
        said = "".join(
            each["delta"].get("text", "")
            for each in told
            if each["type"] == "content_block_delta" and each["index"] == 0
        )
        assert said == "write to [EMAIL] or [SECRET], today"
        assert stream.body.count(b"\n") == sent.count(b"\n")
        assert stream.body.startswith(sent[: sent.index(b"text_delta")])
        assert stream.body.endswith(sent[sent.rindex(b"content_block_stop") :])


def test_pieces_that_no_reader_joins_are_put_together_too(tmp_path):
    """A kind of event that a vendor may add."""
    events = words_in(["hello"])
    strange = [
        {"type": "content_block_delta", "index": 0,
         "delta": {"type": "whisper_delta", "whisper": SECRET[at : at + 4]}}
        for at in range(0, len(SECRET), 4)
    ]  # fmt: skip
    raw = anthropic_stream(1, answer=sse(*events[:3], *strange, *events[3:]))
    for files, (row,) in recorded(tmp_path, raw, redactor=redactor()):
        body = files.answered(row).body
        told = b"".join(
            json.loads(line[6:])["delta"]["whisper"].encode()
            for line in body.split(b"\n")
            if b"whisper" in line
        )
        assert told == b"[SECRET]"


def test_a_compressed_one_is_kept_as_what_was_compressed(tmp_path):
    body = body_of(*words_in(["hello", " world"]))
    raw = exchange(
        1, answer=[gzip.compress(body)], session=SESSION,
        answer_fields=[("content-type", "text/event-stream"), ("content-encoding", "gzip")],
    )  # fmt: skip
    for files, (row,) in recorded(tmp_path, raw):
        assert files.answered(row).body == body


def test_one_that_did_not_stream_has_its_json(tmp_path):
    from tests.recording.build import anthropic_message

    for files, (row,) in recorded(tmp_path, anthropic_message(1)):
        assert json.loads(files.answered(row).body)["type"] == "message"


PRETTY = json.dumps({"type": "message", "content": [f"to {EMAIL}"]}, indent=2)
WHOLE = {
    "pretty": PRETTY,
    "plain": json.dumps({"b": 1.50, "a": f"\u00e4 {EMAIL}"}),
    "number": "1.50",
    "spaces": f'  {{"a": "{EMAIL}"}} ',
    "broken": f'{{"a": "{EMAIL}", ',
    "page": f"<html>\n<p>{EMAIL}</p>\r\n</html>",
    "words": "no",
}


@pytest.mark.parametrize("hide", [False, True])
@pytest.mark.parametrize("name", WHOLE)
def test_one_that_did_not_stream_is_what_was_sent(tmp_path, name, hide):
    body = WHOLE[name].encode()
    more = {"redactor": redactor()} if hide else {}
    raw = exchange(1, session=SESSION, answer=[body[:7], body[7:]])
    for files, (row,) in recorded(tmp_path, raw, **more):
        found = files.answered(row)
        if not hide:
            assert found == Stream(body)
            continue
        assert found.body == body.replace(EMAIL.encode(), b"[EMAIL]")
        assert len(found.marks) == int(EMAIL.encode() in body)
        for mark in found.marks:
            assert found.body[mark.start : mark.end] == b"[EMAIL]"


def test_what_is_no_text_is_not_kept(tmp_path):
    raws = [
        exchange(1, session=SESSION, answer=[b"\xff\xd8\x00picture"]),
        exchange(2, session=SESSION, answer=[]),
    ]
    for files, (picture, nothing) in recorded(tmp_path, *raws):
        with pytest.raises(StoreError, match="it is no text|not UTF-8|JSON"):
            files.answered(picture)
        with pytest.raises(StoreError, match="was not kept"):
            files.answered(nothing)


@pytest.mark.parametrize("name", WHOLE)
def test_a_rewriter_redacts_what_did_not_stream(tmp_path, name):
    body = WHOLE[name].encode()
    twice = body.replace(EMAIL.encode(), f"{EMAIL} {SECRET}".encode())
    for files, rows in recorded(tmp_path, exchange(1, session=SESSION, answer=[twice])):
        (path,) = (tmp_path / "sessions").rglob("*.jsonl")
        for _ in range(2):  # what was redacted stays, and is still named
            rewriter = Rewriter(redactor())
            lines = path.read_bytes().splitlines(keepends=True)
            path.write_bytes(b"".join(rewriter.rewrite(line)[0] for line in lines))
            found = SessionFiles(files._store).answered(rows[0])
            expected = body.replace(EMAIL.encode(), b"[EMAIL] [SECRET]")
            assert found.body == expected
            assert [
                found.body[mark.start : mark.end] for mark in found.marks
            ] == [b"[EMAIL]", b"[SECRET]"][: 2 * (EMAIL.encode() in body)]  # fmt: skip


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"zstd": "", "hash": ""},
        {"zstd": "AAAA", "hash": "x"},
        {**Stream(b"x").packed(None), "hash": Stream(b"y").packed(None)["hash"]},
        {**Stream(b"x").packed(None), "zstd": 7},
    ],
)
def test_one_that_was_changed_is_refused(told):
    with pytest.raises(ValueError, match="body"):
        Stream.unpacked(told, None)


def test_there_and_back():
    told = json.loads(json.dumps(Stream(b"data: x\n\n").packed(None)))
    assert Stream.unpacked(told, None) == Stream(b"data: x\n\n")


SAYS = st.sampled_from(
    [b'"text":"', b'"text" : "a', b'"delta":""', b'"content":"b\\""', b'"', b"\\", b"\n",
     b'data: {"arguments":"{\\"text\\":\\"\\"}"}', b"x"]
)  # fmt: skip


@given(st.one_of(st.binary(), st.lists(SAYS).map(b"".join)), st.text())
def test_any_bytes_beside_any_words(body, words):
    assert Stream.unpacked(Stream(body).packed(words), words).body == body


def test_a_piece_takes_hardly_more_than_its_words():
    words = "".join(f"word {number * 7919 % 1000} " for number in range(300))
    pieces = [words[at : at + 4] for at in range(0, len(words), 4)]
    body = body_of(*words_in(pieces))
    packed = Stream(body).packed(words)["zstd"]
    assert len(packed) < len(pieces)  # less than a byte each
    with pytest.raises(ValueError, match="body"):
        Stream.unpacked(Stream(body).packed(words), "other words")


def test_a_rewriter_drops_events_in_which_something_is_found(tmp_path):
    pieces = [EMAIL[at : at + 3] for at in range(0, len(EMAIL), 3)]
    clean = anthropic_stream(1, answer=sse(*words_in(["hello ", "there"])))
    found = anthropic_stream(2, answer=sse(*words_in(pieces)))
    for _ in recorded(tmp_path, clean, found):
        pass
    (path,) = (tmp_path / "sessions").rglob("*.jsonl")
    rewriter = Rewriter(redactor())
    kept = []
    for line in path.read_bytes().splitlines(keepends=True):
        text, kinds = rewriter.rewrite(line)
        assert (text == line) is not kinds or not kinds
        if b'"response_recorded"' in line:
            kept.append((b"response_body" in text, set(kinds)))
    assert kept == [(True, set()), (False, {"email"})]


def _chat(pieces, made):
    events = [
        {"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [each]}
        for each in map(made, range(len(pieces)), pieces)
    ]
    end = {"index": 0, "delta": {}, "finish_reason": "stop"}
    return body_of(*events, {**events[0], "choices": [end]}, "[DONE]")


def _with_logprobs(_number, piece):
    token = {"token": piece, "logprob": -1.0, "bytes": list(piece.encode())}
    return {"index": 0, "delta": {"content": piece}, "logprobs": {"content": [token]}}


def _in_two_shapes(number, piece):
    delta = {"content": "so", "unknown": piece}
    return {"index": 0, "delta": delta | ({"role": "assistant"} if number % 2 else {})}


@pytest.mark.parametrize("made", [_with_logprobs, _in_two_shapes])
@pytest.mark.parametrize("size", [1, 4, 19, 50])
def test_a_value_that_is_said_where_nobody_looks_is_not_kept(made, size):
    words = f"take {SECRET} and go"
    pieces = [words[at : at + size] for at in range(0, len(words), size)]
    body = _chat(pieces, made)

    def read(other):
        reader = answer_reader(
            Endpoint.CHAT, content_type="text/event-stream", status=200
        )
        reader.feed(other)
        return reader.close()

    told = read(body)
    kept = Redaction(redactor()).answer(told)
    stream = kept_stream(body, redactor(), told, kept, read)
    if stream is not None:
        named = rb'"(content|unknown|token)": ?"([^"]*)"'
        said: dict[bytes, bytes] = {}
        for name, piece in re.findall(named, stream.body):
            said[name] = said.get(name, b"") + piece
        assert not any(SECRET.encode() in each for each in said.values())
        assert b'"bytes"' not in stream.body


@pytest.mark.parametrize("hide", [False, True])
def test_a_whole_answer_that_says_a_value_again_in_tokens_is_not_kept(tmp_path, hide):
    words = f"take {SECRET} and go"
    pieces = [words[at : at + 4] for at in range(0, len(words), 4)]
    choice = {
        "message": {"role": "assistant", "content": words},
        "logprobs": {"content": [{"token": piece, "bytes": None} for piece in pieces]},
    }
    answer = json.dumps({"object": "chat.completion", "choices": [choice]}).encode()
    raw = exchange(1, session=SESSION, answer=[answer])
    more = {"redactor": redactor()} if hide else {}
    for files, (row,) in recorded(tmp_path, raw, **more):
        (path,) = (tmp_path / "sessions").rglob("*.jsonl")
        if not hide:
            assert files.answered(row).body == answer
            rewriter = Rewriter(redactor())
            lines = path.read_bytes().splitlines(keepends=True)
            path.write_bytes(b"".join(rewriter.rewrite(line)[0] for line in lines))
        with pytest.raises(StoreError, match="was not kept"):
            SessionFiles(files._store).answered(row)
        for piece in pieces[1:-2]:
            assert f'"{piece}"' not in path.read_text()
    # Where they are empty, as most answers have them, nothing is said again.
    empty = b'{"a": "%s", "logprobs": []}' % SECRET.encode()
    assert (
        Redaction(redactor()).body(empty).body == b'{"a": "[SECRET]", "logprobs": []}'
    )
