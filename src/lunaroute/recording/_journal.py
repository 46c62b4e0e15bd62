"""The JSONL files: private, appended to whole, cut back to what was acknowledged.

Which offset counts as acknowledged is the caller's to know: the store's when there is
one, else the end of the last ``completed`` line.
"""

import errno
import mmap
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lunaroute.recording._events import completed_prefix, started_prefix
from lunaroute.recording._replacement import sync_directory
from lunaroute.store import make_private_directory

# macOS has no fdatasync.
_sync = getattr(os, "fdatasync", os.fsync)

# No link at the last place of the path is followed, and a FIFO does not hold us up.
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK

_UNUSABLE = (errno.ELOOP, errno.EISDIR, errno.ENXIO)


class UnusableFileError(OSError):
    """Something else than a file stands where a session's file should be."""


def file_of(directory: Path, day: str, stem: str) -> Path:
    """Where a session's events of one day stand."""
    return directory / day / f"{stem}.jsonl"


def append(path: Path, lines: bytes, acknowledged: int, *, durable: bool = True) -> int:
    """Adds whole lines behind ``acknowledged``; returns the new end.

    If ``durable`` they are on disk then, else in the system's hands.

    What stands behind the offset never counted and goes. A file shorter than it was
    cut by somebody else, and goes on from its last whole line.
    """
    make_private_directory(path.parent)
    with _opened(path, os.O_CREAT) as descriptor:
        os.fchmod(descriptor, 0o600)
        size = os.fstat(descriptor).st_size
        if not size:
            sync_directory(path.parent)
        end = acknowledged if size >= acknowledged else _whole_lines(descriptor, size)
        if size > end:
            os.ftruncate(descriptor, end)
        left = memoryview(lines)
        while left:
            left = left[os.write(descriptor, left) :]
        if durable:
            _sync(descriptor)
    return end + len(lines)


def cut_back(path: Path, offset: int) -> None:
    """Removes what stands behind ``offset``; does nothing to a file that is gone."""
    try:
        with _opened(path) as descriptor:
            if os.fstat(descriptor).st_size > offset:
                os.ftruncate(descriptor, offset)
                _sync(descriptor)
    except (FileNotFoundError, UnusableFileError):
        return


def whole_size(path: Path) -> int:
    """The size up to the last line end, 0 where there is no file yet."""
    try:
        with _opened(path) as descriptor:
            return _whole_lines(descriptor, os.fstat(descriptor).st_size)
    except (FileNotFoundError, UnusableFileError):
        return 0


def finished_size(path: Path) -> int:
    """The size up to the end of the last ``completed`` line.

    Only lines of ours are left out: a file without one such line keeps what it has.
    """
    with _mapped(path) as text:
        if text is None:
            return 0
        end = text.rfind(b"\n") + 1
        last = text.rfind(b"\n", 0, max(0, end - 1)) + 1
        while end and not _starts(text, last, completed_prefix()):
            if not _starts(text, last, b'{"type":"'):
                break
            end, last = last, text.rfind(b"\n", 0, max(0, last - 1)) + 1
        return end


def holds(path: Path, exchange_id: str) -> bool:
    """Whether the file has the ``completed`` line of this exchange."""
    return _line_at(path, completed_prefix(exchange_id)) is not None


def begins_at(path: Path, exchange_id: str) -> int | None:
    """Where the file has the ``started`` line of this exchange; None for nowhere."""
    return _line_at(path, started_prefix(exchange_id))


def _line_at(path: Path, prefix: bytes) -> int | None:
    with _mapped(path) as text:
        at = -1 if text is None else text.find(prefix)
        while text is not None and at >= 0:
            # A body may hold the same words, but never at the start of a line.
            if at == 0 or text[at - 1] == ord("\n"):
                return at
            at = text.find(prefix, at + 1)
    return None


@contextmanager
def _opened(path: Path, more: int = 0) -> Iterator[int]:
    try:
        descriptor = os.open(path, _FLAGS | more, 0o600)
    except OSError as error:
        if error.errno in _UNUSABLE:
            raise UnusableFileError(
                error.errno, "not a plain file", str(path)
            ) from error
        raise
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UnusableFileError(errno.EINVAL, "not a plain file", str(path))
        yield descriptor
    except OSError as error:
        if error.filename is None:  # a call that had the descriptor alone
            error.filename = str(path)
        raise
    finally:
        os.close(descriptor)


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap | None]:
    try:
        with _opened(path) as descriptor:
            # An empty file cannot be mapped.
            if not os.fstat(descriptor).st_size:
                yield None
                return
            with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as text:
                yield text
    except FileNotFoundError:
        yield None


def _starts(text: mmap.mmap, at: int, prefix: bytes) -> bool:
    return text[at : at + len(prefix)] == prefix


def _whole_lines(descriptor: int, size: int) -> int:
    end = size
    while end:
        start = max(0, end - 64 * 1024)
        found = os.pread(descriptor, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
