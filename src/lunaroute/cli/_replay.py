"""A provider on loopback that answers as it is told, with a pace."""

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

from lunaroute.cli._loopback import LoopbackServer
from lunaroute.exporting import Replay, Reply

Say = Callable[[str], None]


class ReplayProvider(LoopbackServer):
    """Serves from construction on; ``close`` ends it. ``fast`` waits for nothing."""

    def __init__(self, replay: Replay, *, port: int, fast: bool, say: Say) -> None:
        lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                body = _read(self)
                encoded = self.headers.get("content-encoding", "identity")
                is_plain = encoded.lower() == "identity"
                with lock:
                    reply = replay.choose(
                        self.command, self.path, body if is_plain else None
                    )
                _log(self, reply, body, say)
                if reply is None:
                    _refuse(self)
                else:
                    _send(self, reply, fast=fast)

            do_POST = do_GET  # noqa: N815 - the names that the base class looks for

            def log_message(self, *_words: object) -> None:
                """Quiet: what there is to say is said."""

        super().__init__(Handler, port)


def _read(handler: BaseHTTPRequestHandler) -> bytes:
    if "chunked" not in handler.headers.get("transfer-encoding", "").lower():
        return handler.rfile.read(int(handler.headers.get("content-length") or 0))
    parts = []
    while size := int(handler.rfile.readline().split(b";")[0], 16):
        parts.append(handler.rfile.read(size))
        handler.rfile.readline()
    while handler.rfile.readline().strip():
        """Trailers."""
    return b"".join(parts)


def _send(handler: BaseHTTPRequestHandler, reply: Reply, *, fast: bool) -> None:
    first, *_ = reply.pieces
    _wait(first[0], fast=fast)
    handler.send_response(reply.status)
    for name, value in reply.headers:
        handler.send_header(name, value)
    if reply.is_streamed:
        handler.send_header("transfer-encoding", "chunked")
    else:
        size = sum(len(piece) for _, piece in reply.pieces)
        handler.send_header("content-length", str(size))
    handler.end_headers()
    for number, (seconds, piece) in enumerate(reply.pieces):
        if number:
            _wait(seconds, fast=fast)
        framed = b"%x\r\n%s\r\n" % (len(piece), piece) if reply.is_streamed else piece
        handler.wfile.write(framed)
    if reply.is_cut:
        handler.close_connection = True
    elif reply.is_streamed:
        handler.wfile.write(b"0\r\n\r\n")


def _wait(seconds: float, *, fast: bool) -> None:
    if not fast and seconds > 0:
        time.sleep(seconds)


def _refuse(handler: BaseHTTPRequestHandler) -> None:
    words = (
        b'{"type":"error","error":{"type":"not_found_error","message":'
        b'"LunaRoute replays a session; it has no more answers for this path"}}'
    )
    handler.send_response(404)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(len(words)))
    handler.end_headers()
    handler.wfile.write(words)


def _log(
    handler: BaseHTTPRequestHandler, reply: Reply | None, body: bytes, say: Say
) -> None:
    asked = f"{handler.command} {handler.path.partition('?')[0]}"
    if reply is None:
        say(f"{asked}: no answer is left")
        return
    same = "same request" if reply.request == body else "the next one in order"
    say(f"{asked}: {reply.exchange_id}, {reply.status} ({same})")
