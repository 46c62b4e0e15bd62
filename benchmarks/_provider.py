"""The provider that is measured against: blocking sockets, bytes made beforehand.

``python -m benchmarks._provider`` prints its port and serves until it is ended. The
query of a request asks for a stream: ``?events=200&gap_us=5000``. Each event carries
the monotonic nanoseconds at which it left.
"""

import re
import socket
import threading
import time

from benchmarks._traffic import EVENT, STREAM_HEAD, answer, chunk, ending, opening

WISH = re.compile(rb"\?events=(\d+)&gap_us=(\d+) ")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
RECEIVE = 256 * 1024

WHOLE = answer()
OPENING = STREAM_HEAD + opening()
ENDING = ending()
WORD = chunk(EVENT % 0).replace(b"%019d" % 0, b"%019d")


def serve(sock: socket.socket) -> None:
    """One connection, request after request."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    room = memoryview(bytearray(RECEIVE))
    try:
        while head := _take_request(sock, room):
            wish = WISH.search(head)
            if wish is None:
                sock.sendall(WHOLE)
            else:
                _stream(sock, int(wish[1]), int(wish[2]) / 1e6)
    except OSError:
        pass  # the client has what it wanted
    finally:
        sock.close()


def _take_request(sock: socket.socket, room: memoryview) -> bytes:
    """The head; the body is read and forgotten. Empty at the end."""
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0:
        more = sock.recv(RECEIVE)
        if not more:
            return b""
        data += more
    head = data[: end + 4]
    found = LENGTH.search(head)
    left = (int(found[1]) if found else 0) - (len(data) - end - 4)
    while left > 0:
        count = sock.recv_into(room)
        if not count:
            return b""
        left -= count
    return head


def _stream(sock: socket.socket, events: int, gap: float) -> None:
    sock.sendall(OPENING)
    for _ in range(events):
        if gap:
            time.sleep(gap)
        sock.sendall(WORD % time.monotonic_ns())
    sock.sendall(ENDING)


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    print(listener.getsockname()[1], flush=True)
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=serve, args=(sock,), daemon=True).start()


if __name__ == "__main__":
    main()
