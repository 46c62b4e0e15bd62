"""The end of a log that is rotated, and what is added to it."""

import codecs
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

LOOK_SECONDS = 0.1
_BLOCK = 64 * 1024


def last_lines(path: Path, count: int) -> tuple[bytes, int]:
    """The last ``count`` lines, also of the file that was put aside last; and where the
    present file ended. Raises OSError for one that cannot be read.
    """
    with path.open("rb") as file:
        text, end = _end_of(file, count)
    missing = count - text.count(b"\n")
    earlier = path.with_name(f"{path.name}.1")
    if missing > 0 and earlier.exists():
        with earlier.open("rb") as file:
            text = _end_of(file, missing)[0] + text
    return text, end


def follow(path: Path, position: int) -> Iterator[str]:
    """What is written from there on, without end; also into the files that take the
    place of this one. An empty text says that there was nothing new.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with ExitStack() as stack:
        file: BinaryIO = stack.enter_context(path.open("rb"))
        file.seek(position)
        while True:
            following = _replacement(path, file)  # before the rest is read: it is whole
            while block := file.read(_BLOCK):
                yield decoder.decode(block)
            if following is not None:
                file.close()
                stack.callback(following.close)
                file = following
            else:
                yield ""
                time.sleep(LOOK_SECONDS)


def _replacement(path: Path, file: BinaryIO) -> BinaryIO | None:
    """Another file that has the name now, opened; None while it is the same."""
    here = os.fstat(file.fileno())
    try:
        new = path.open("rb")
    except OSError:  # between the renaming and the new file
        return None
    there = os.fstat(new.fileno())
    if (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino):
        new.close()
        return None
    return new


def _end_of(file: BinaryIO, count: int) -> tuple[bytes, int]:
    end = start = file.seek(0, os.SEEK_END)
    text = b""
    while start and text.count(b"\n") <= count:
        start = max(0, start - _BLOCK)
        file.seek(start)
        text = file.read(end - start)
    return b"".join(text.splitlines(keepends=True)[-count:]) if count else b"", end
