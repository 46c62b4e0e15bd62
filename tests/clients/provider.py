"""A simulated provider that today's command-line clients accept.

It speaks Anthropic's messages, OpenAI's responses (as server-sent events and as
WebSocket frames) and chat completions, plays one scene to everyone who connects, and
keeps every byte of every request.
"""

import io
import json
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import brotli
import zstandard

from tests.clients import answers
from tests.clients.websocket import Session
from tests.provider import Cut, Provider, Seen, chunk, read_request, unnamed, whole


@dataclass(frozen=True)
class Scene:
    """How the provider behaves for the length of one drive."""

    wants_tool: bool = False
    # The first request of the conversation gets this; the next one the answer.
    first: str = ""  # "limited", "overloaded", "cut" or "error"
    # What the upgrade to a WebSocket is answered with, and whether frames may be
    # compressed.
    upgrade: int = 101
    deflate: bool = False
    coding: str = ""  # of streams: "gzip", "br" or "zstd"


@dataclass(frozen=True)
class Frame:
    """One text message of a client on a WebSocket."""

    connection: int
    data: bytes
    compressed: bool  # whether compression was agreed on for its connection


ANTHROPIC_FIELDS = (
    ("request-id", "req_011simulated"),
    ("anthropic-organization-id", "00000000-0000-4000-8000-000000000000"),
    ("anthropic-ratelimit-requests-limit", "4000"),
    ("anthropic-ratelimit-requests-remaining", "3999"),
    ("set-cookie", "a=1; Path=/"),
    ("Set-Cookie", "b=2; Path=/"),
)
OPENAI_FIELDS = (
    ("x-request-id", "req_simulated"),
    ("openai-organization", "org-simulated"),
    ("openai-processing-ms", "42"),
    ("x-ratelimit-remaining-tokens", "1999000"),
    ("set-cookie", "__cf_bm=simulated; path=/; HttpOnly"),
)
SWITCHING = 101
# Before a cut. Whether a client still handles what came just before the end of the
# connection is its own affair, and varies; no event says that it has.
SILENCE_SECONDS = 0.5
Fields = tuple[tuple[str, str], ...]
REFUSALS = {
    "limited": (429, "Too Many Requests", "rate_limit_error"),
    "overloaded": (529, "Overloaded", "overloaded_error"),
}


def lines(fields: Fields) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in fields).encode()


@dataclass
class ClientProvider(Provider):
    """Listens as soon as it is made; ``close`` stops it."""

    scene: Scene = field(default_factory=Scene)
    frames: list[Frame] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)  # of the provider itself
    # Every byte, by connection.
    received: dict[int, bytes] = field(default_factory=dict)
    sent: dict[int, bytes] = field(default_factory=dict)
    _begun: int = field(default=0, init=False)

    def _serve(self, sock: socket.socket, number: int) -> None:
        stream = io.BufferedReader(_Kept(sock, self.received, number))

        def send(data: bytes) -> None:
            sock.sendall(data)
            self.sent[number] = self.sent.get(number, b"") + data

        try:
            while (seen := read_request(stream, number)) is not None:
                self.seen.append(seen)
                if _wants_upgrade(seen) and self.scene.upgrade == SWITCHING:
                    self._converse(stream, send, seen)
                    return
                for part in self.answer(seen):
                    send(part)
        except (Cut, OSError):
            pass  # the scene's end of a connection, or the client's
        except Exception as error:
            self.faults.append(f"{type(error).__name__}: {error}")
            raise
        finally:
            self.ended.set()
            with self._lock:
                self._open.discard(sock)
            sock.close()

    def answer(self, seen: Seen) -> Iterator[bytes]:
        method, target, _ = seen.line.split(b" ")
        path = target.split(b"?")[0]
        if _wants_upgrade(seen):
            error = {"message": "no WebSocket here", "type": "invalid_request_error"}
            yield whole({"error": error}, self.scene.upgrade, "Refused")
        elif method == b"HEAD":
            yield b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
        elif path.endswith(b"/messages/count_tokens"):
            yield whole({"input_tokens": 42}, extra=lines(ANTHROPIC_FIELDS))
        elif path.endswith(b"/messages"):
            yield from self._play(seen, answers.anthropic, ANTHROPIC_FIELDS)
        elif path.endswith(b"/chat/completions"):
            yield from self._play(seen, answers.chat, OPENAI_FIELDS)
        elif path.endswith(b"/responses"):
            yield from self._play(seen, answers.responses, OPENAI_FIELDS)
        else:
            yield whole({"error": {"message": "no such path"}}, 404, "Not Found")

    def _play(
        self,
        seen: Seen,
        make: Callable[..., Iterator[answers.Event]],
        fields: Fields,
    ) -> Iterator[bytes]:
        body = seen.json
        trouble = self._trouble(body)
        if trouble in REFUSALS:
            yield _refusal(trouble, fields, is_anthropic=make is answers.anthropic)
            return
        events = list(make(body, wants_tool=self.scene.wants_tool))
        parts = [_rendered(event, make) for event in events]
        if make is answers.chat:
            parts.append(b"data: [DONE]\n\n")
        coding = self.scene.coding
        if coding.encode() not in (seen.field(b"accept-encoding") or b""):
            raise ValueError(f"the client does not accept {coding}")
        yield _stream_head(fields, coding)
        if coding:
            yield from map(chunk, _encoded(parts, coding))
        elif trouble:
            # The text of the answer has begun, and is not whole.
            yield from map(chunk, parts[: len(parts) * 2 // 3])
            if trouble == "cut":
                time.sleep(SILENCE_SECONDS)
                raise Cut
            yield chunk(_error_event(make))
        else:
            yield from map(chunk, parts)
        yield b"0\r\n\r\n"

    def _trouble(self, body: answers.Body) -> str:
        """The scene's trouble for the first request that has tools, else nothing.

        A title is asked for beside the conversation, and without tools.
        """
        if not self.scene.first or not any(answers.offered(body)):
            return ""
        with self._lock:
            self._begun += 1
            return self.scene.first if self._begun == 1 else ""

    def _converse(
        self, stream: io.BufferedReader, send: Callable[[bytes], None], seen: Seen
    ) -> None:
        session = Session(stream, send, deflate=self.scene.deflate)
        session.accept(seen.head, OPENAI_FIELDS)
        tools: list[answers.Body] = []
        for data in session.messages():
            self.frames.append(Frame(seen.connection, data, session.compressed))
            body = json.loads(data)
            events = answers.responses(
                body, wants_tool=self.scene.wants_tool, tools=tools
            )
            tools += answers.offered(body)
            self._say(session, [json.dumps(event) for event in events], body)

    def _say(self, session: Session, texts: list[str], body: answers.Body) -> None:
        """The events of an answer as frames, or the scene's trouble."""
        trouble = self._trouble(body)
        if trouble == "limited":
            error = {"type": "rate_limit_exceeded", "message": "simulated 429"}
            headers = {"retry-after": "1"}
            refusal = {"type": "error", "status": 429, "error": error}
            texts = [json.dumps({**refusal, "headers": headers})]
        elif trouble == "cut":
            texts = texts[: len(texts) * 2 // 3]
        for text in texts:
            session.send(text)
        if trouble == "cut":
            time.sleep(SILENCE_SECONDS)
            raise Cut


class _Kept(io.RawIOBase):
    """A socket to read from that keeps what was read."""

    def __init__(
        self, sock: socket.socket, kept: dict[int, bytes], number: int
    ) -> None:
        self._sock = sock
        self._kept = kept
        self._number = number

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = self._sock.recv_into(buffer)
        before = self._kept.get(self._number, b"")
        self._kept[self._number] = before + bytes(buffer[:size])
        return size


def _wants_upgrade(seen: Seen) -> bool:
    return (seen.field(b"upgrade") or b"").lower() == b"websocket"


def _rendered(event: answers.Event, make: object) -> bytes:
    if make is answers.chat:
        return unnamed(event)
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def _stream_head(fields: Fields, coding: str) -> bytes:
    if coding:
        fields = (("content-encoding", coding), *fields)
    return (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
        b"cache-control: no-cache\r\ntransfer-encoding: chunked\r\n"
        + lines(fields)
        + b"\r\n"
    )


def _encoded(parts: list[bytes], coding: str) -> Iterator[bytes]:
    """One encoded stream, flushed after each event: it can be read as it comes."""
    if coding == "gzip":
        packer = zlib.compressobj(wbits=31)
        for part in parts:
            yield packer.compress(part) + packer.flush(zlib.Z_SYNC_FLUSH)
        yield packer.flush()
    elif coding == "br":
        brotler = brotli.Compressor()
        for part in parts:
            yield brotler.process(part) + brotler.flush()
        yield brotler.finish()
    else:
        zstd = zstandard.ZstdCompressor().compressobj()
        for part in parts:
            packed = zstd.compress(part)
            yield packed + zstd.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        yield zstd.flush()


def _refusal(trouble: str, fields: Fields, *, is_anthropic: bool) -> bytes:
    status, reason, kind = REFUSALS[trouble]
    if not is_anthropic and status == 529:
        status = 503
    error = {"type": kind, "message": f"simulated {status}"}
    body = {"type": "error", "error": error} if is_anthropic else {"error": error}
    extra = lines((*fields, ("retry-after", "1"), ("x-should-retry", "true")))
    return whole(body, status, reason, extra)


def _error_event(make: object) -> bytes:
    error = {"type": "overloaded_error", "message": "simulated error midway"}
    if make is answers.chat:
        return unnamed({"error": error})
    event = {"type": "error", "error": error}
    if make is answers.responses:
        event = {"type": "error", "code": "server_error", "message": error["message"]}
    return f"event: error\ndata: {json.dumps(event)}\n\n".encode()
