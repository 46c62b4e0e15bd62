"""The exchanges that ``lunaroute verify`` sends: generated, or made of a session.

Both sides of a case are raw bytes as they go over the wire, framing included.
"""

import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import orjson

from lunaroute.exporting import CopiedTurn, Copy, Reply, replies_of
from lunaroute.model import Dialect
from lunaroute.routing import parse_base

ID_HEADER = b"X-LunaRoute-Verify"
KEYS = {
    Dialect.ANTHROPIC: (b"x-api-key", b"sk-ant-verify"),
    Dialect.OPENAI: (b"Authorization", b"Bearer sk-verify"),
}
_PATHS = (
    (Dialect.ANTHROPIC, b"/v1/messages?beta=true"),
    (Dialect.ANTHROPIC, b"/v1/messages/count_tokens"),
    (Dialect.OPENAI, b"/v1/chat/completions"),
    (Dialect.OPENAI, b"/v1/responses"),
    (Dialect.OPENAI, b"/v1/embeddings?x=a%20b&x=%C3%A9"),
)
_STATUSES = (
    *(b"200 OK",) * 6,
    *(b"201 Created", b"400 Bad Request", b"404 Not Found", b"429 Too Many Requests"),
    *(b"500 Internal Server Error", b"529 "),
)
_SIZES = (0, 1, 100, 4_000, 65_535, 65_536, 65_537, 250_000)
# Framing and connection are the proxy's own business with either side.
_NOT_SENT = {"content-length", "transfer-encoding", "connection", "host", "upgrade"}

Fields = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Case:
    """``number`` is what the request's own header says. ``request`` and ``answer`` are
    whole messages as they are sent, ``at_provider`` and ``at_client`` as they must
    arrive. With ``closes`` the answer ends with its connection.
    """

    number: int
    name: str
    request: bytes
    at_provider: bytes
    answer: bytes
    at_client: bytes
    closes: bool
    # After a handshake: what the client and then the provider send on the WebSocket.
    up: bytes = b""
    down: bytes = b""


# Which of twenty generated cases it is.
_SOCKET = 11


class Places:
    """The addresses that Host names: the proxy's, and the provider's by base URL."""

    def __init__(self, proxy: str, provider: str) -> None:
        self.proxy = proxy.partition("://")[2].encode()
        self.bases = {
            Dialect.ANTHROPIC: parse_base(provider, Dialect.ANTHROPIC),
            Dialect.OPENAI: parse_base(f"{provider}/v1", Dialect.OPENAI),
        }


def generated(count: int, seed: int, places: Places) -> Iterator[Case]:
    """Cases of every framing, size and status, the same ones for the same seed; one in
    twenty is a WebSocket.
    """
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    for number in range(count):
        if number % 20 == _SOCKET:
            yield _socket(number, chance, places)
            continue
        dialect, target = chance.choice(_PATHS)
        body = _body(chance)
        is_chunked = chance.random() < 0.3
        fields = _fields(chance) + _framing(body, is_chunked=is_chunked)
        sent = _chunked(body, chance) if is_chunked else body
        answer, closes = _answer(chance)
        message = (b"POST", target, fields, sent)
        name = f"generated {number}"
        yield _case(name, number, dialect, message, answer, closes, places)


def recorded(copy: Copy, places: Places) -> Iterator[Case]:
    """A case for each exchange of which the request's body was kept."""
    replies = {reply.exchange_id: reply for reply in replies_of(copy)}
    for number, copied in enumerate(copy.turns()):
        row, reply = copied.row, replies.get(copied.row.id)
        if reply is None or (copied.request is None and row.request_bytes):
            continue
        body = copied.request or b""
        fields = _kept_fields(copied) + _framing(body, is_chunked=False)
        target = (row.path or "/").encode("utf-8", "replace")
        answer, closes = _replied(reply)
        dialect = Dialect(row.dialect or "openai")
        message = (reply.method.encode(), target, fields, body)
        yield _case(row.id, number, dialect, message, answer, closes, places)


def _socket(number: int, chance: random.Random, places: Places) -> Case:
    """A handshake, then bytes of any kind both ways: the proxy reads no frames."""
    fields = [
        (b"Sec-WebSocket-Version", b"13"),
        (b"Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ=="),
        (b"Sec-WebSocket-Extensions", b"permessage-deflate; client_max_window_bits"),
        # Each connection's own, said anew by a proxy behind all others.
        (b"Connection", b"Upgrade"),
        (b"Upgrade", b"websocket"),
    ]
    answer = _answer_head(
        b"101 Switching Protocols",
        [
            (b"Connection", b"Upgrade"),
            (b"Upgrade", b"websocket"),
            (b"Sec-WebSocket-Accept", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ],
    )
    up, down = (chance.randbytes(chance.choice(_SIZES[1:])) for _ in range(2))
    message = (b"GET", b"/v1/responses", fields, b"")
    case = _case(
        f"generated {number}, a WebSocket",
        number,
        Dialect.OPENAI,
        message,
        answer,
        False,
        places,
    )
    return replace(
        case,
        at_provider=case.at_provider + up,
        at_client=case.at_client + down,
        closes=True,
        up=up,
        down=down,
    )


def _case(
    name: str,
    number: int,
    dialect: Dialect,
    message: tuple[bytes, bytes, Fields, bytes],
    answer: bytes,
    closes: bool,
    places: Places,
) -> Case:
    method, target, fields, body = message
    base = places.bases[dialect]
    rest = [KEYS[dialect], (ID_HEADER, b"%d" % number), *fields]
    return Case(
        number=number,
        name=name,
        request=_head(method, target, places.proxy, rest) + body,
        at_provider=_head(
            method, base.target(dialect, target), base.origin.authority, rest
        )
        + body,
        answer=answer,
        at_client=_as_it_closes(answer) if closes else answer,
        closes=closes,
    )


def _head(method: bytes, target: bytes, host: bytes, fields: Fields) -> bytes:
    lines = [b"%s %s HTTP/1.1" % (method, target), b"Host: " + host]
    lines += (b"%s: %s" % field for field in fields)
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _as_it_closes(answer: bytes) -> bytes:
    """Where only the connection's end ends an answer, the proxy tells its client that
    it will close its own.
    """
    if b"\r\nTransfer-Encoding: " in answer or b"\r\nContent-Length: " in answer:
        return answer  # it is one that broke off
    before, _, rest = answer.partition(b"\r\n\r\n")
    while before.rpartition(b"HTTP/1.1 ")[2].startswith(b"103"):
        head, _, rest = rest.partition(b"\r\n\r\n")
        before += b"\r\n\r\n" + head
    return before + b"\r\nConnection: close\r\n\r\n" + rest


def _framing(body: bytes, *, is_chunked: bool) -> Fields:
    if is_chunked:
        return [(b"Transfer-Encoding", b"chunked")]
    return [(b"Content-Length", b"%d" % len(body))]


def _fields(chance: random.Random) -> Fields:
    """Names in any case, repeated ones, bytes beyond ASCII, an empty value."""
    fields = [
        (b"content-type", b"application/json"),
        (b"User-Agent", b"verify/1 (%d)" % chance.randrange(1000)),
        (b"X-SHOUTED", b"2023-06-01"),
        (b"X-Twice", b"one"),
        (b"x-twice", b"two,  three"),
        (b"X-Bytes", bytes(chance.randrange(0xA1, 0xFF) for _ in range(8))),
        (b"X-Empty", b""),
        (b"Accept-Encoding", b"gzip, br"),
    ]
    chance.shuffle(fields)
    return fields[: chance.randrange(2, len(fields) + 1)]


def _body(chance: random.Random) -> bytes:
    size = chance.choice(_SIZES)
    if chance.random() < 0.5:
        return chance.randbytes(size)
    words = "".join(chance.choices('abc "\\é\n', k=100)) * (size // 200)
    text = {"model": "m", "messages": [{"role": "user", "content": words}]}
    return json.dumps(text, ensure_ascii=chance.random() < 0.5).encode()


def _chunked(body: bytes, chance: random.Random) -> bytes:
    """In chunks of any sizes, spelled in any way the grammar has."""
    parts = []
    at = 0
    while at < len(body):
        size = chance.choice((1, 7, 1_000, 16_384, 70_000))
        piece = body[at : at + size]
        at += len(piece)
        spelled = chance.choice((b"%x", b"%X", b"0%x")) % len(piece)
        note = chance.choice((b"", b"", b";a=b"))
        parts.append(b"%s%s\r\n%s\r\n" % (spelled, note, piece))
    trailer = chance.choice((b"", b"", b"X-Sum: 1\r\n"))
    return b"".join(parts) + b"0\r\n" + trailer + b"\r\n"


def _answer(chance: random.Random) -> tuple[bytes, bool]:
    status = chance.choice(_STATUSES)
    body = _events(chance) if chance.random() < 0.4 else _body(chance)
    fields = [(b"request-id", b"req_%d" % chance.randrange(10**9)), (b"X-Twice", b"1"),
              (b"x-tWICE", b"2"), (b"Set-Cookie", b"a=b; Path=/"),
              (b"Date", b"Thu, 01 Jan 1970 00:00:00 GMT")]  # fmt: skip
    chance.shuffle(fields)
    if chance.random() < 0.2:
        body = gzip.compress(body, mtime=0)
        fields.append((b"Content-Encoding", b"gzip"))
    early = b""
    if chance.random() < 0.1:
        early = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    how = chance.choice(("length", "length", "chunked", "chunked", "close"))
    if how == "close":
        return early + _answer_head(status, fields) + body, True
    is_chunked = how == "chunked"
    fields += _framing(body, is_chunked=is_chunked)
    sent = _chunked(body, chance) if is_chunked else body
    return early + _answer_head(status, fields) + sent, False


def _answer_head(status: bytes, fields: Fields) -> bytes:
    lines = [b"HTTP/1.1 " + status, *(b"%s: %s" % field for field in fields)]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _events(chance: random.Random) -> bytes:
    """A stream of events, comments and odd line ends among them."""
    events = []
    for number in range(chance.randrange(1, 200)):
        words = "".join(chance.choices("xyz é", k=chance.randrange(40)))
        data = json.dumps({"type": "delta", "n": number, "text": words})
        end = chance.choice(("\n", "\n", "\r\n"))
        events.append(f"event: delta{end}data: {data}{end}{end}".encode())
        if chance.random() < 0.05:
            events.append(b": ping\n\n")
    return b"".join(events)


def _kept_fields(copied: CopiedTurn) -> Fields:
    recorded_fields = orjson.loads(copied.row.request_headers or "{}")
    return [
        (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in recorded_fields.items()
        if name not in _NOT_SENT | {"content-encoding"}
    ]


def _replied(reply: Reply) -> tuple[bytes, bool]:
    """The recorded answer as it goes over the wire; one that broke off breaks off."""
    fields = [
        (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in reply.headers
    ]
    body = b"".join(piece for _, piece in reply.pieces)
    if reply.is_streamed:
        fields.append((b"Transfer-Encoding", b"chunked"))
        body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for _, p in reply.pieces)
        body += b"" if reply.is_cut else b"0\r\n\r\n"
    else:
        fields.append((b"Content-Length", b"%d" % len(body)))
    return _answer_head(b"%d Recorded" % reply.status, fields) + body, reply.is_cut
