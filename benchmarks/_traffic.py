"""The bytes that the measurements send: requests, answers, streams of one session."""

import json

USER = "user_b_account_c_session_11111111-2222-4333-8444-555555555555"
# A block of a long session: a file read by a tool, in part.
BLOCK = 4000
NUMBER = 10  # digits of what tells one request from the next

EVENT = (
    b"event: content_block_delta\n"
    b'data: {"type":"content_block_delta","index":0,'
    b'"delta":{"type":"text_delta","text":"%019d "}}\n\n'
)
STAMP = b'"text":"'
# As above, and says of which stream it is which: stamp, stream, number.
NUMBERED = EVENT.replace(b"%019d ", b"%019d %04d %06d ")
USAGE = {"input_tokens": 12, "output_tokens": 26}
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
    b"transfer-encoding: chunked\r\nrequest-id: req_0001\r\n\r\n"
)
LAST_CHUNK = b"0\r\n\r\n"


def request(size: int, *, query: str = "", stream: bool = False) -> bytes:
    """A POST whose body is about ``size`` bytes; ``%010d`` in it is to be filled."""
    blocks: list[object] = []
    made = 400
    while made < size:
        length = min(BLOCK, size - made)
        text = (f"{len(blocks):06d} the moon guides travellers. " * 200)[:length]
        blocks.append({"type": "text", "text": text})
        made += length + 27
    last = {"type": "text", "text": "question NUMBER"}
    body = json.dumps(
        {
            "model": "claude-sonnet-4-6",
            "max_tokens": 100,
            "stream": stream,
            "messages": [{"role": "user", "content": [*blocks, last]}],
            "metadata": {"user_id": USER},
        }
    ).encode()
    body = body.replace(b"NUMBER", b"%010d")
    head = (
        f"POST /v1/messages{query} HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/json\r\nAccept: application/json\r\n"
        "Accept-Encoding: gzip\r\nUser-Agent: bench/1\r\n"
        "anthropic-version: 2023-06-01\r\nx-api-key: sk-ant-bench\r\n"
        f"Content-Length: {len(body) - len('%010d') + NUMBER}\r\n\r\n"
    )
    return head.encode() + body


def answer() -> bytes:
    """A small whole answer."""
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-6",
        "content": [{"type": "text", "text": "The moon guides travellers."}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": USAGE,
    }
    body = json.dumps(message).encode()
    head = (
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\nrequest-id: req_0001\r\n\r\n"
    )
    return head.encode() + body


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def opening() -> bytes:
    """The chunk before the first word of a stream."""
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-6",
        "content": [],
        "usage": USAGE,
    }
    block = {"type": "text", "text": ""}
    return chunk(
        _event("message_start", message=message)
        + _event("content_block_start", index=0, content_block=block)
    )


def ending() -> bytes:
    """The chunks after the last word, the stream's end among them."""
    delta = {"stop_reason": "end_turn", "stop_sequence": None}
    return (
        chunk(
            _event("content_block_stop", index=0)
            + _event("message_delta", delta=delta, usage=USAGE)
            + _event("message_stop")
        )
        + LAST_CHUNK
    )


def _event(kind: str, **fields: object) -> bytes:
    data = json.dumps({"type": kind, **fields})
    return f"event: {kind}\ndata: {data}\n\n".encode()
