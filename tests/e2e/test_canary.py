"""Nothing that is to be redacted is on disk, whatever place it came in and whoever died.

One value of each kind goes through a real proxy in every place of requests and answers,
with logs at debug and the live view on; the recorder fails and is killed in the middle.
Then every file is searched, and all that was said.
"""

import gzip
import json
import os
import signal
from pathlib import Path
from urllib.parse import quote, quote_plus, urlencode

from lunaroute.recording._columns import Columns
from lunaroute.recording._stream import Stream
from tests.canaries import CANARIES
from tests.e2e.test_api import get
from tests.kit import Raw, Serve, alive, post, until
from tests.provider import STREAM_HEAD, chunk, named, unnamed, whole

BIRDS = CANARIES
ALL = "\n".join(bird.words for bird in BIRDS)
SESSION = "s1"
FORMS = ("json", "har")

CONFIG = """
providers:
  anthropic: {{base_url: {url}}}
  openai: {{base_url: {url}}}
logging: {{level: debug}}
session_recording:
  pii: {{enabled: true, redaction_mode: tokenize}}
"""

# The observer's own process has a fault where a request says so: what it raises quotes
# all that was sent.
FAULT = """
import sys
if "lunaroute.observer" in sys.orig_argv:
    from lunaroute.recording import _record
    read = _record.read_exchange
    def faulty(raw, *rest):
        sent = b"".join(chunk for _, chunk in raw.request.chunks)
        if b"[[fault]]" in sent:
            raise ValueError(sent.decode())
        return read(raw, *rest)
    _record.read_exchange = faulty
"""


def anthropic_body(marker: str, **more) -> bytes:
    """The values in every place that a request has, escaped in different ways."""
    inner = json.dumps({"found": ALL, "list": [b.words for b in BIRDS]})
    body = {
        "model": "claude-x",
        "max_tokens": 9,
        "system": [{"type": "text", "text": f"you know {ALL}"}],
        "metadata": {"user_id": f"user_x_account_y_session_{SESSION}", "note": ALL},
        "tools": [{"name": b.words, "description": b.words,
                   "input_schema": {"type": "object", "properties": {b.words: {}}}}
                  for b in BIRDS],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": b.words} for b in BIRDS]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": ALL, "signature": "c2ln"},
                {"type": "text", "text": f"I saw\t{ALL}"},
                *({"type": "tool_use", "id": f"toolu_{n}", "name": "Bash",
                   "input": {"command": f"echo '{b.words}'", b.words: [b.words]}}
                  for n, b in enumerate(BIRDS)),
            ]},
            {"role": "user", "content": [
                *({"type": "tool_result", "tool_use_id": f"toolu_{n}", "is_error": n % 2 == 1,
                   "content": b.words if n % 3 else [{"type": "text", "text": b.words}]}
                  for n, b in enumerate(BIRDS)),
                {"type": "tool_result", "tool_use_id": "toolu_x", "content": inner},
                {"type": "document", "source": {"type": "text", "data": ALL}},
                {"type": "text", "text": f"[[{marker}]]"},
            ]},
        ],
        **more,
    }  # fmt: skip
    escaped = json.dumps(body).replace("@", "\\u0040").replace("/", "\\/")
    return escaped.encode()


def chat_body(marker: str) -> bytes:
    calls = [
        {"id": f"call_{n}", "type": "function",
         "function": {"name": "run", "arguments": json.dumps({"cmd": b.words, "v": b.words})}}
        for n, b in enumerate(BIRDS)
    ]  # fmt: skip
    messages = [
        {"role": "developer", "content": ALL},
        {"role": "user", "content": ALL, "name": BIRDS[0].value},
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "call_0", "content": ALL},
        {"role": "user", "content": f"[[{marker}]]"},
    ]
    return json.dumps({"model": "gpt-x", "messages": messages}).encode()


def responses_body(marker: str) -> bytes:
    items = [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": ALL}]},
        *({"type": "function_call", "call_id": f"call_{n}", "name": "exec",
           "arguments": json.dumps({"cmd": b.words})} for n, b in enumerate(BIRDS)),
        {"type": "function_call_output", "call_id": "call_0", "output": ALL},
        {"type": "message", "role": "user", "content": f"[[{marker}]]"},
    ]  # fmt: skip
    body = {"model": "gpt-x", "instructions": ALL, "input": items, "stream": True}
    return json.dumps(body, ensure_ascii=False).encode()


def streamed(_seen):
    """A text cut in the middle of each value, a thought, calls, and an error."""
    yield STREAM_HEAD
    message = {"id": "msg_1", "model": "claude-x", "usage": {"input_tokens": 1}}
    yield chunk(named("message_start", message=message))
    index = 0
    for kind, delta, name in (
        ("text", "text_delta", "text"),
        ("thinking", "thinking_delta", "thinking"),
    ):
        block = {"type": kind, name: ""}
        yield chunk(named("content_block_start", index=index, content_block=block))
        for bird in BIRDS:
            at = bird.words.index(bird.value) + len(bird.value) // 2
            for part in (bird.words[:at], f"{bird.words[at:]}\n"):
                more = {"type": delta, name: part}
                yield chunk(named("content_block_delta", index=index, delta=more))
        yield chunk(named("content_block_stop", index=index))
        index += 1
    for bird in BIRDS:
        block = {
            "type": "tool_use",
            "id": f"toolu_9{index}",
            "name": bird.words,
            "input": {},
        }
        yield chunk(named("content_block_start", index=index, content_block=block))
        text = json.dumps({"command": f"run {bird.words}", "value": bird.words})
        at = text.index(bird.value[:6]) + 3
        for part in (text[:at], text[at:]):
            more = {"type": "input_json_delta", "partial_json": part}
            yield chunk(named("content_block_delta", index=index, delta=more))
        yield chunk(named("content_block_stop", index=index))
        index += 1
    yield chunk(named("error", error={"type": "api_error", "message": ALL}))
    yield b"0\r\n\r\n"


def zipped(_seen):
    """An answer in one compressed body."""
    reply = {
        "id": "msg_2", "type": "message", "role": "assistant", "model": "claude-x",
        "content": [
            {"type": "text", "text": ALL},
            *({"type": "tool_use", "id": f"toolu_8{n}", "name": "Bash",
               "input": {"command": b.words, "deep": {b.words: b.words}}}
              for n, b in enumerate(BIRDS)),
        ],
        "stop_reason": BIRDS[0].value, "usage": {"input_tokens": 1, "output_tokens": 1},
    }  # fmt: skip
    data = gzip.compress(json.dumps(reply).encode())
    yield (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
        b"content-encoding: gzip\r\nrequest-id: %s\r\n"
        % BIRDS[0].value.encode()
        + b"content-length: %d\r\n\r\n" % len(data)
        + data
    )


def refused(_seen):
    yield whole(
        {"type": "error", "error": {"type": "invalid_request_error", "message": ALL}},
        400, "Bad Request",
    )  # fmt: skip


def page(_seen):
    data = f"<html><p>{ALL}</p>".encode()
    yield (
        b"HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\n"
        b"content-length: %d\r\n\r\n" % len(data) + data
    )


def chatted(_seen):
    yield STREAM_HEAD
    for bird in BIRDS:
        for part in (bird.words[:-9], f"{bird.words[-9:]}\n"):
            delta = {"content": part}
            yield chunk(
                unnamed({"model": "gpt-x", "choices": [{"index": 0, "delta": delta}]})
            )
    yield chunk(b"data: [DONE]\n\n")
    yield b"0\r\n\r\n"


def halting(provider):
    """An answer that stops in the middle of a value, and waits."""

    def play(_seen):
        yield STREAM_HEAD
        yield chunk(named("message_start", message={"model": "m", "usage": {}}))
        last = next(b for b in BIRDS if b.kind == "anthropic_key")
        more = "so it goes on and on. " * 100
        for text in (f"{ALL}\n", more, last.words[:-20]):
            delta = {"type": "text_delta", "text": text}
            yield chunk(named("content_block_delta", index=0, delta=delta))
        provider.waiting.set()
        provider.gate.wait(120)

    return play


SCRIPTS = {
    "streamed": streamed, "zipped": zipped, "refused": refused, "page": page,
    "chatted": chatted, "fault": zipped,
}  # fmt: skip


def talk(serve: Serve, body: bytes, path: str, **fields: str) -> None:
    with Raw(serve.port) as client:
        client.send(post(body, path, **fields, Connection="close"))
        client.read_all()


def converse(serve: Serve) -> int:
    """How many exchanges there are then."""
    asked = 0
    note = quote(BIRDS[0].words)
    own = {
        "User_Agent": f"me/1 ({BIRDS[0].value})",
        "X_Project_Id": BIRDS[0].words,
        "X_Session_Context": BIRDS[-1].words.replace("\n", " "),
        "x_codex_turn_metadata": json.dumps({"a": BIRDS[0].words}),
    }
    secret = next(b for b in BIRDS if b.kind == "github_token").value
    for marker in ("streamed", "zipped", "refused", "page", "fault"):
        path = f"/v1/messages?beta={note}&key={note}&{note}"
        talk(serve, anthropic_body(marker, stream=True), path, **own)
        asked += 1
    for marker in ("chatted", "refused"):
        talk(serve, chat_body(marker), "/v1/chat/completions", session_id=secret)
        talk(serve, responses_body(marker), "/v1/responses", session_id=secret)
        asked += 2
    packed = gzip.compress(anthropic_body("zipped"))
    talk(serve, packed + b"", "/v1/messages", Content_Encoding="gzip", **own)
    talk(serve, ALL.encode(), f"/v1/{quote(secret)}/{note}", **own)
    talk(
        serve,
        b'{"broken": "' + ALL.replace("\n", "\\n").encode(),
        "/v1/messages",
        **own,
    )
    form = {f"field{n}": bird.words for n, bird in enumerate(BIRDS)}
    talk(serve, urlencode(form).encode(), "/v1/token", **own)
    return asked + 4


def traces_in(data: bytes) -> list[str]:
    """The kinds of which something is left there."""
    return [
        f"{bird.kind}: {trace!r}"
        for bird in BIRDS
        for trace in bird.traces
        for form in (trace, json.dumps(trace)[1:-1], quote(trace), quote_plus(trace))
        if form.encode() in data
    ]


def assert_gone(where: str, data: bytes) -> None:
    left = traces_in(data)
    assert left == [], f"{where}: {left[:9]}"


def test_no_file_has_any_of_it(tmp_path, provider):
    home = tmp_path / "home"
    faults = tmp_path / "faults"
    faults.mkdir()
    (faults / "sitecustomize.py").write_text(FAULT)
    usual = provider.answer
    provider.answer = lambda seen: usual(seen) if seen.marker else refused(seen)
    provider.scripts |= SCRIPTS | {"halting": halting(provider)}
    config = CONFIG.format(url=provider.url)
    environment = {"PYTHONPATH": str(faults), "LUNAROUTE_LOG_REQUESTS": "true"}
    with Serve(home, provider.url, config=config, environment=environment) as serve:
        count = converse(serve)
        serve.recorded(count)
        with Raw(serve.port) as client:
            client.send(post(anthropic_body("halting", stream=True)))
            client.read_until(b"on and on. ")
            assert provider.waiting.wait(60)
            said = "SELECT text FROM open_answers WHERE text <> ''"
            until(lambda: serve.rows(said), "a piece of the answer")
            answers = [
                get(serve, path)
                for path in ("/metrics", "/sessions", f"/sessions/{SESSION}")
            ]
            pids = [serve.process.pid, *serve.children().values()]
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            until(lambda: not any(map(alive, pids[1:])), "the end of all")
        crashed = serve
    for path in files_of(home):
        assert_gone(str(path), path.read_bytes() + unpacked(path))
    with Serve(home, provider.url, config=config, environment=environment) as serve:
        rows = serve.recorded(count + 1)
        outputs = [
            serve.run("sessions", "show", SESSION, "--json"),
            serve.run("search", "address", "--json"),
            *(serve.run("sessions", "export", SESSION, "-f", form) for form in FORMS),
            *(serve.run("sessions", "raw", row["id"]) for row in rows[::6]),
        ]
    outcomes = [row["outcome"] for row in rows]
    assert outcomes[-1] == "interrupted"
    assert sum(row["problem"] == "could not be read: ValueError" for row in rows) == 1
    for path in files_of(home):
        assert_gone(str(path), path.read_bytes() + unpacked(path))
    for way, texts in (
        ("said", [crashed.stdout, crashed.stderr, serve.stdout, serve.stderr]),
        ("asked", [part for done in outputs for part in (done.stdout, done.stderr)]),
        ("served", [repr(each) for each in answers]),
    ):
        assert_gone(way, "".join(texts).encode())
    found = {kind for row in rows for kind in json.loads(row["redacted"] or "{}")}
    assert found >= {bird.kind for bird in BIRDS}
    # Events are kept, and what was in them is named.
    streamed = next(row for row in rows if row["streaming"] and row["redacted"])
    done = serve.run("sessions", "raw", "--answer", streamed["id"])
    assert "were redacted: " in done.stderr, done.stderr
    assert_gone("raw --answer", done.stdout.encode())


def unpacked(path: Path) -> bytes:
    """The events of streamed answers, and their pieces put together."""
    parts = []
    for line in path.read_bytes().splitlines() if path.suffix == ".jsonl" else ():
        if line.startswith(b'{"type":"response_recorded"') and (
            told := (event := json.loads(line)).get("response_body")
        ):
            body = Stream.unpacked(told, event["response_text"]).body
            shapes = Columns.of(body)._shapes
            parts += [body, *(b"".join(each) for s in shapes for each in s.columns)]
    return b"\n".join(parts)


def files_of(home: Path) -> list[Path]:
    """Every file, but for the settings, which are the user's own."""
    paths = [path for path in home.rglob("*") if path.is_file()]
    assert "sessions.db" in {path.name for path in paths}
    return [path for path in paths if path.name != "config.yaml"]
