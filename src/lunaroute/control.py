"""The control channel between the supervisor and its children.

JSON objects, one a line, over a Unix stream socket; descriptors travel beside them
(SCM_RIGHTS). The end of file says that the other side is gone. No HTTP, no records.
"""

import json
import os
import signal
import socket
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from trio import lowlevel

MAX_DESCRIPTORS = 64
RECEIVE_BYTES = 64 * 1024

# Only the supervisor obeys these. A terminal sends them to the whole process group.
SUPERVISORS_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Message:
    """One message: ``op`` says what it asks, ``values`` are its arguments.

    ``void`` stands for one whose descriptors found no place here. The receiver owns
    ``descriptors`` and closes them.
    """

    __slots__ = ("descriptors", "op", "values")

    def __init__(self, values: Mapping[str, Any], descriptors: list[int]) -> None:
        self.op: str = values["op"]
        self.values = values
        self.descriptors = descriptors

    def socket(self) -> socket.socket:
        """The single descriptor that came along, as a socket."""
        return socket.socket(fileno=self.descriptors.pop(0))

    def become_output(self) -> None:
        """The single descriptor takes the place of standard output and error."""
        descriptor = self.descriptors.pop(0)
        for standard in (1, 2):
            os.dup2(descriptor, standard)
        os.close(descriptor)


class Control:
    """One end of the channel."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._buffer = b""
        self._descriptors: deque[int] = deque()

    async def send(
        self, op: str, *, descriptors: Sequence[int] = (), **values: object
    ) -> bool:
        """Sends one message. False if the other side is gone."""
        line = json.dumps({"op": op, "fds": len(descriptors), **values}) + "\n"
        rest = line.encode()
        waiting = list(descriptors)
        while rest:
            try:
                if waiting:
                    count = socket.send_fds(self._sock, [rest], waiting)
                else:
                    count = self._sock.send(rest)
            except BlockingIOError:
                await lowlevel.wait_writable(self._sock)
            except OSError:
                return False
            else:
                waiting = []
                rest = rest[count:]
        return True

    async def receive(self) -> Message | None:
        """The next message; None when the other side is gone."""
        while b"\n" not in self._buffer:
            try:
                data, descriptors, _, _ = socket.recv_fds(
                    self._sock, RECEIVE_BYTES, MAX_DESCRIPTORS
                )
            except BlockingIOError:
                await lowlevel.wait_readable(self._sock)
                continue
            except OSError:
                return None
            for descriptor in descriptors:
                os.set_inheritable(descriptor, False)
            self._descriptors += descriptors
            if not data:
                return None
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        values = json.loads(line)
        if len(self._descriptors) < values["fds"]:  # this process has no more to spare
            values = {"op": "void", "fds": 0}
        return Message(
            values, [self._descriptors.popleft() for _ in range(values["fds"])]
        )

    def close(self) -> None:
        lowlevel.notify_closing(self._sock)
        self._sock.close()
        while self._descriptors:
            os.close(self._descriptors.popleft())


def leave_signals_to_the_supervisor() -> None:
    """In a child: ignores what only the supervisor obeys.

    The supervisor starts children with these signals blocked, so that none can hit
    between a child's start and this call.
    """
    for number in SUPERVISORS_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SUPERVISORS_SIGNALS)
