"""Standard output for whoever looks on: nobody waits for a terminal that is stopped."""

import os
import queue
import threading

# What waits for a terminal: a screenful is 10 kB.
MAX_WAITING = 1024 * 1024
_CLOSING_SECONDS = 1.0


class Screen:
    """Writes in a thread of its own. What finds no room is counted, and said."""

    def __init__(self, descriptor: int = 1, encoding: str = "utf-8") -> None:
        self._descriptor = descriptor
        self._encoding = encoding
        self._waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._bytes = 0
        self._left_out = 0
        self._is_closed = False
        self._thread = threading.Thread(target=self._write, name="screen", daemon=True)
        self._thread.start()

    def show(self, text: str) -> None:
        """Lines with their ends. Returns at once."""
        with self._lock:
            if self._is_closed:
                return
            if self._left_out and self._bytes < MAX_WAITING // 2:
                self._put(f"({self._left_out} pieces were not shown)\n")
                self._left_out = 0
            if self._bytes > MAX_WAITING:
                self._left_out += 1
            else:
                self._put(text)

    def close(self) -> None:
        """Waits a moment for what is still to be written."""
        self._waiting.put(b"")
        self._thread.join(_CLOSING_SECONDS)

    def _put(self, text: str) -> None:
        data = text.encode(self._encoding, "replace")
        if data:
            self._bytes += len(data)
            self._waiting.put(data)

    def _write(self) -> None:
        while data := self._waiting.get():
            rest = memoryview(data)
            try:
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]
            except OSError:  # the terminal is gone: there is nobody to show it to
                with self._lock:
                    self._is_closed = True
                return
            with self._lock:
                self._bytes -= len(data)
