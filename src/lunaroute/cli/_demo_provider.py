"""The demo's provider: answers a three-turn coding session as Anthropic would.

A server of the standard library on loopback. It keeps what it was sent, so that the
demo can show that nothing was changed on the way.
"""

import hashlib
import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

from lunaroute.cli._loopback import LoopbackServer

MODEL = "claude-sonnet-4-5"
# Between two events, so that the streaming can be seen.
GAP_SECONDS = 0.02

# What the model does in each turn: says something, then may ask for a tool.
TURNS: tuple[tuple[str, tuple[str, dict[str, str]] | None], ...] = (
    (
        "Let me look at the function that the traceback names.",
        ("Read", {"file_path": "shop/price.py"}),
    ),
    (
        (
            "The price comes from the form as text, so `price * 1.19` raises the "
            "TypeError. I will convert it once, where it enters."
        ),
        (
            "Edit",
            {
                "file_path": "shop/price.py",
                "old_string": "return price * 1.19",
                "new_string": "return float(price) * 1.19",
            },
        ),
    ),
    ("Fixed: `with_tax` converts its argument now, and the test passes.", None),
)


class DemoProvider(LoopbackServer):
    """Serves from construction on; ``close`` ends it."""

    def __init__(self) -> None:
        self.received: list[str] = []  # the hash of each request body
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                size = int(self.headers["content-length"])
                provider.answer(self, self.rfile.read(size))

            def log_message(self, *_words: object) -> None:
                """Quiet: the demo shows what there is to see."""

        super().__init__(Handler)

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        self.received.append(hashlib.sha256(body).hexdigest())
        turn = sum(
            message["role"] == "assistant" for message in json.loads(body)["messages"]
        )
        handler.send_response(200)
        handler.send_header("content-type", "text/event-stream; charset=utf-8")
        handler.send_header("transfer-encoding", "chunked")
        handler.send_header("request-id", f"req_demo_{turn + 1}")
        handler.end_headers()
        for event in events(turn, len(body)):
            data = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            time.sleep(GAP_SECONDS)
        handler.wfile.write(b"0\r\n\r\n")


def events(turn: int, size: int) -> Iterator[dict[str, Any]]:
    """The events of one streamed answer; ``size`` makes the token counts plausible."""
    text, tool = TURNS[turn]
    usage = {
        "input_tokens": 40 + 10 * turn,
        "cache_read_input_tokens": 2_000 * turn,
        "cache_creation_input_tokens": 1_500 + size // 4,
        "output_tokens": 1,
    }
    message: dict[str, Any] = {
        "id": f"msg_demo_{turn + 1}",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [],
        "stop_reason": None,
        "usage": usage,
    }
    yield {"type": "message_start", "message": message}
    yield from _block(0, {"type": "text", "text": ""}, "text_delta", "text", text)
    if tool is not None:
        name, arguments = tool
        block = {"type": "tool_use", "id": f"toolu_demo_{turn + 1}", "name": name}
        yield from _block(
            1,
            {**block, "input": {}},
            "input_json_delta",
            "partial_json",
            json.dumps(arguments),
        )
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": "tool_use" if tool else "end_turn"},
        "usage": {**usage, "output_tokens": len(text) // 4},
    }
    yield {"type": "message_stop"}


def _block(
    index: int, start: dict[str, Any], kind: str, key: str, text: str
) -> Iterator[dict[str, Any]]:
    yield {"type": "content_block_start", "index": index, "content_block": start}
    for at in range(0, len(text), 12):
        delta = {"type": kind, key: text[at : at + 12]}
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}
