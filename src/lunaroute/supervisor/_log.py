"""The file that takes what would go to the terminal, of all our processes.

They write to it by the descriptors they inherited. So a file that has grown too long is
renamed, and each of them gets a new descriptor by its control channel: no line is lost,
and none is cut.
"""

import os
import time
from pathlib import Path

from lunaroute.errors import ConfigError
from lunaroute.supervisor._say import complain, say

MAX_BYTES = 10 * 1024 * 1024
KEPT = 4  # earlier ones: NAME.1 is the latest


class LogFile:
    """From construction on our standard output and error. Raises ConfigError."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self._path = path
        self._max_bytes = max_bytes
        try:
            self.descriptor = _opened(path)
        except OSError as error:
            raise ConfigError(f"cannot write {path}: {error.strerror}") from error
        self._take()
        self._trouble = ""

    def begin(self) -> None:
        """Says in it who writes from here on."""
        say(f"{time.strftime('%Y-%m-%d %H:%M:%S')} process {os.getpid()} starts")

    def turn_over(self) -> bool:
        """True if another file takes what is written from now on.

        Whoever else renamed or removed the file (logrotate does) is followed, too.
        """
        try:
            ours = os.fstat(self.descriptor)
            if self._is_still(ours):
                if ours.st_size < self._max_bytes:
                    return False
                self._put_aside()
            descriptor = _opened(self._path)
        except OSError as error:
            if self._trouble != str(error):
                self._trouble = str(error)
                complain(f"the log stays where it is: {error}")
            return False
        os.close(self.descriptor)
        self.descriptor = descriptor
        self._take()
        return True

    def _is_still(self, ours: os.stat_result) -> bool:
        try:
            there = self._path.stat()
        except FileNotFoundError:
            return False
        return (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino)

    def _put_aside(self) -> None:
        for number in range(KEPT, 1, -1):
            earlier = self._numbered(number - 1)
            if earlier.exists():
                earlier.replace(self._numbered(number))
        self._path.replace(self._numbered(1))

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    def _take(self) -> None:
        for standard in (1, 2):
            os.dup2(self.descriptor, standard)


def _opened(path: Path) -> int:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
