"""A provider of our own on loopback: keeps every byte it is sent, answers by script.

What a request gets is chosen by a marker in its body, ``[[name]]``, so that it is
the same with and without a proxy in between; without one it is a plain answer.
"""

import contextlib
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

MARK = re.compile(rb"\[\[([a-z0-9_]+)\]\]")
WORDS = ("The ", "moon ", "guides ", "travellers.")
ANSWER = "".join(WORDS)


@dataclass
class Seen:
    """One request as it arrived."""

    head: bytes
    body: bytes  # as framed on the wire
    connection: int

    @property
    def line(self) -> bytes:
        return self.head.split(b"\r\n")[0]

    @property
    def fields(self) -> list[tuple[bytes, bytes]]:
        lines = self.head.rstrip(b"\r\n").split(b"\r\n")[1:]
        return [tuple(line.split(b": ", 1)) for line in lines]

    def field(self, name: bytes) -> bytes | None:
        for key, value in self.fields:
            if key.lower() == name.lower():
                return value
        return None

    @property
    def json(self) -> dict:
        return json.loads(self.body)

    @property
    def marker(self) -> str:
        found = MARK.findall(self.body)
        return found[-1].decode() if found else ""


class Cut(Exception):
    """In a script: close the connection here."""


class Reset(Exception):
    """In a script: close it with a reset."""


@dataclass
class Provider:
    """Listens as soon as it is made; ``close`` stops it."""

    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    gate: threading.Event = field(default_factory=threading.Event)  # for [[gated]]
    waiting: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    counts: dict[str, int] = field(default_factory=dict)
    scripts: dict[str, object] = field(default_factory=dict)  # marker -> callable

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.gate.set()
        # shutdown() wakes the thread in accept(); close() alone would not.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for sock in self._open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def forget(self) -> None:
        """As new: what was connected is cut, what was seen and scripted forgotten."""
        self.gate.set()
        while True:  # until each connection's thread has seen its end
            with self._lock:
                if not self._open:
                    break
                for sock in self._open:
                    with contextlib.suppress(OSError):
                        sock.shutdown(socket.SHUT_RDWR)
            time.sleep(0.001)
        self.connections = 0
        self.gate, self.waiting = threading.Event(), threading.Event()
        self.ended = threading.Event()
        for kept in (self.seen, self.counts, self.scripts):
            kept.clear()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(sock)
                self.connections += 1
                number = self.connections
            threading.Thread(
                target=self._serve, args=(sock, number), daemon=True
            ).start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        stream = sock.makefile("rb")
        try:
            while (seen := read_request(stream, number)) is not None:
                self.seen.append(seen)
                for part in self.answer(seen):
                    sock.sendall(part)
        except Reset:
            sock.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
        except (Cut, OSError):
            pass
        finally:
            self.ended.set()
            stream.close()
            sock.close()
            with self._lock:
                self._open.discard(sock)

    def answer(self, seen: Seen) -> Iterator[bytes]:
        if seen.marker in self.scripts:
            yield from self.scripts[seen.marker](seen)
            return
        path = seen.line.split(b" ")[1].split(b"?")[0]
        with self._lock:
            count = self.counts[seen.marker] = self.counts.get(seen.marker, 0) + 1
        refusal = refusals(seen.marker, count, path)
        if refusal is not None:
            yield refusal
        elif path.endswith(b"/messages/count_tokens"):
            yield whole({"input_tokens": 42})
        elif path.endswith(b"/messages"):
            yield from self._play(seen, anthropic_message, anthropic_events)
        elif path.endswith(b"/chat/completions"):
            yield from self._play(seen, chat_completion, chat_events)
        elif path.endswith(b"/responses"):
            yield from self._play(seen, response_object, response_events)
        elif path.endswith(b"/models"):
            yield whole({"object": "list", "data": [], "has_more": False})
        else:
            yield whole({"error": {"message": "no such path"}}, 404, "Not Found")

    def _play(self, seen: Seen, make_whole, make_events) -> Iterator[bytes]:
        wants_tool = seen.marker == "tool" and b"sunny" not in seen.body
        if not seen.json.get("stream"):
            if seen.marker == "gated":
                self.waiting.set()
                self.gate.wait(120)
            yield whole(make_whole(wants_tool), extra=HEADERS)
            return
        yield STREAM_HEAD
        events = list(make_events(wants_tool))
        half = len(events) // 2
        for at, event in enumerate(events):
            if at == half and seen.marker == "gated":
                self.waiting.set()
                self.gate.wait(120)
            if at == half and seen.marker == "error_midway":
                yield chunk(midway_error(make_events))
                break
            if at == half and seen.marker == "cut_midway":
                raise Cut
            if at == half and seen.marker == "reset_midway":
                raise Reset
            yield chunk(event)
        yield b"0\r\n\r\n"


def read_request(stream, number: int) -> Seen | None:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline(65536)
        if not line:
            return None
        head += line
    lower = head.lower()
    body = b""
    if b"\r\ntransfer-encoding: chunked" in lower:
        while True:
            size = stream.readline()
            if not size:
                return None
            body += size
            length = int(size.split(b";")[0], 16)
            if not length:
                while (line := stream.readline()) != b"\r\n":
                    body += line
                body += line
                break
            body += stream.read(length + 2)
    else:
        found = re.search(rb"\r\ncontent-length: *(\d+)", lower)
        length = int(found[1]) if found else 0
        body = stream.read(length)
        if len(body) < length:
            return None
    return Seen(head, body, number)


HEADERS = (
    b"request-id: req_0001\r\n"
    b"anthropic-ratelimit-requests-limit: 4000\r\n"
    b"Set-Cookie: a=1; Path=/\r\n"
    b"set-cookie: b=2\r\n"
)
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    b"transfer-encoding: chunked\r\n" + HEADERS + b"\r\n"
)


def whole(
    body: dict, status: int = 200, reason: str = "OK", extra: bytes = b""
) -> bytes:
    data = json.dumps(body).encode()
    return (
        (
            f"HTTP/1.1 {status} {reason}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(data)}\r\n"
        ).encode()
        + extra
        + b"\r\n"
        + data
    )


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def named(kind: str, **fields: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def unnamed(body: object) -> bytes:
    return f"data: {json.dumps(body)}\n\n".encode()


def refusals(marker: str, count: int, path: bytes) -> bytes | None:
    """429 and 529 once each, then the plain answer; 400 always."""
    anthropic = b"messages" in path
    if marker == "limited" and count == 1:
        kind, status, reason = "rate_limit_error", 429, "Too Many Requests"
        extra = b"retry-after: 1\r\n"
    elif marker == "overloaded" and count == 1:
        kind, status, reason = (
            "overloaded_error",
            529 if anthropic else 503,
            "Overloaded",
        )
        extra = b"retry-after-ms: 50\r\n"
    elif marker == "bad":
        kind, status, reason, extra = "invalid_request_error", 400, "Bad Request", b""
    else:
        return None
    error = {"type": kind, "message": f"scripted {status}"}
    body = {"type": "error", "error": error} if anthropic else {"error": error}
    return whole(body, status, reason, extra)


def midway_error(make_events) -> bytes:
    error = {"type": "overloaded_error", "message": "scripted error midway"}
    if make_events is anthropic_events:
        return named("error", error=error)
    if make_events is chat_events:
        return unnamed({"error": {**error, "code": "overloaded"}})
    return named(
        "error", code="overloaded", message="scripted error midway", param=None
    )


USAGE = {
    "input_tokens": 12,
    "cache_creation_input_tokens": 5,
    "cache_read_input_tokens": 100,
    "output_tokens": 26,
}
MODEL = "claude-sonnet-4-6"
TOOL_INPUT = {"city": "Kilimanjaro"}


def anthropic_message(wants_tool: bool) -> dict:
    content: list[dict] = [{"type": "text", "text": ANSWER}]
    if wants_tool:
        content.append(
            {
                "type": "tool_use",
                "id": "toolu_1",
                "name": "get_weather",
                "input": TOOL_INPUT,
            }
        )
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": content,
        "stop_reason": "tool_use" if wants_tool else "end_turn",
        "stop_sequence": None,
        "usage": USAGE,
    }


def anthropic_events(wants_tool: bool) -> Iterator[bytes]:
    message = {**anthropic_message(False), "content": [], "stop_reason": None}
    message["usage"] = {**USAGE, "output_tokens": 1}
    yield named("message_start", message=message)
    yield named(
        "content_block_start", index=0, content_block={"type": "text", "text": ""}
    )
    yield named("ping")
    for word in WORDS:
        delta = {"type": "text_delta", "text": word}
        yield named("content_block_delta", index=0, delta=delta)
    yield named("content_block_stop", index=0)
    if wants_tool:
        block = {
            "type": "tool_use",
            "id": "toolu_1",
            "name": "get_weather",
            "input": {},
        }
        yield named("content_block_start", index=1, content_block=block)
        text = json.dumps(TOOL_INPUT)
        for part in (text[:7], text[7:]):
            delta = {"type": "input_json_delta", "partial_json": part}
            yield named("content_block_delta", index=1, delta=delta)
        yield named("content_block_stop", index=1)
    reason = "tool_use" if wants_tool else "end_turn"
    yield named(
        "message_delta",
        delta={"stop_reason": reason, "stop_sequence": None},
        usage=USAGE,
    )
    yield named("message_stop")


CHAT_USAGE = {
    "prompt_tokens": 50,
    "completion_tokens": 20,
    "total_tokens": 70,
    "prompt_tokens_details": {"cached_tokens": 30},
    "completion_tokens_details": {"reasoning_tokens": 8},
}


def _chat_call() -> dict:
    function = {"name": "get_weather", "arguments": json.dumps(TOOL_INPUT)}
    return {"id": "call_1", "type": "function", "function": function}


def chat_completion(wants_tool: bool) -> dict:
    message: dict = {"role": "assistant", "content": ANSWER}
    if wants_tool:
        message = {"role": "assistant", "content": None, "tool_calls": [_chat_call()]}
    reason = "tool_calls" if wants_tool else "stop"
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-5.4",
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": CHAT_USAGE,
    }


def chat_events(wants_tool: bool) -> Iterator[bytes]:
    def event(delta: dict, reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1}
        return unnamed({**base, "model": "gpt-5.4", "choices": [choice]})

    yield event({"role": "assistant", "content": ""})
    if wants_tool:
        call = _chat_call()
        arguments = call["function"]["arguments"]
        call["function"]["arguments"] = ""
        yield event({"tool_calls": [{"index": 0, **call}]})
        for part in (arguments[:5], arguments[5:]):
            yield event({"tool_calls": [{"index": 0, "function": {"arguments": part}}]})
    else:
        for word in WORDS:
            yield event({"content": word})
    yield event({}, "tool_calls" if wants_tool else "stop")
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1}
    yield unnamed({**base, "model": "gpt-5.4", "choices": [], "usage": CHAT_USAGE})
    yield b"data: [DONE]\n\n"


def response_object(wants_tool: bool, *, done: bool = True) -> dict:
    output: list[dict] = []
    if done and wants_tool:
        output.append(_function_call())
    elif done:
        output.append(_message())
    usage = {
        "input_tokens": 60,
        "input_tokens_details": {"cached_tokens": 40},
        "output_tokens": 25,
        "output_tokens_details": {"reasoning_tokens": 16},
        "total_tokens": 85,
    }
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "completed" if done else "in_progress",
        "model": "gpt-5.4",
        "output": output,
        "usage": usage if done else None,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }


def _function_call() -> dict:
    return {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": "get_weather",
        "arguments": json.dumps(TOOL_INPUT),
        "status": "completed",
    }


def _message() -> dict:
    part = {"type": "output_text", "text": ANSWER, "annotations": []}
    return {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": [part],
    }


def response_events(wants_tool: bool) -> Iterator[bytes]:
    number = 0

    def event(kind: str, **fields: object) -> bytes:
        nonlocal number
        number += 1
        return named(kind, sequence_number=number, **fields)

    yield event("response.created", response=response_object(wants_tool, done=False))
    if wants_tool:
        item = _function_call()
        begun = {**item, "arguments": "", "status": "in_progress"}
        yield event("response.output_item.added", output_index=0, item=begun)
        for part in (item["arguments"][:6], item["arguments"][6:]):
            yield event(
                "response.function_call_arguments.delta",
                item_id="fc_1",
                output_index=0,
                delta=part,
            )
        yield event(
            "response.function_call_arguments.done",
            item_id="fc_1",
            output_index=0,
            name="get_weather",
            arguments=item["arguments"],
        )
    else:
        item = _message()
        begun = {**item, "content": [], "status": "in_progress"}
        yield event("response.output_item.added", output_index=0, item=begun)
        place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
        empty = {"type": "output_text", "text": "", "annotations": []}
        yield event("response.content_part.added", **place, part=empty)
        for word in WORDS:
            yield event("response.output_text.delta", **place, delta=word, logprobs=[])
        yield event("response.output_text.done", **place, text=ANSWER, logprobs=[])
    yield event("response.output_item.done", output_index=0, item=item)
    yield event("response.completed", response=response_object(wants_tool))
