"""Session files looked through and, where it is asked for, written anew beside the old
ones and put in their places, while a recorder adds to them.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import zstandard

from lunaroute.pii import Redactor
from lunaroute.recording import (
    Rewriter,
    finish_replacement,
    read_lines,
    replacement,
    sync_directory,
    unfinished_replacement,
)
from lunaroute.store import Store
from lunaroute.upkeep._compression import LEVEL, compress
from lunaroute.upkeep._pieces import Piece

# A recorder waits for a step; one long line may take longer.
_STEP_SECONDS = 0.02

# The path, the number of the line, the kinds that are in it and how often each.
Tell = Callable[[Path, int, Counter[str]], None]


def look_through(
    paths: Sequence[Path], redactor: Redactor, tell: Tell
) -> Generator[None, None, None]:
    """Looks through files that belong together, without a change; pauses often.

    Raises OSError, ValueError, KeyError or ZstdError for what cannot be read.
    """
    rewriter = Rewriter(redactor)
    began = time.monotonic()
    for path in sorted(paths, key=lambda each: each.suffix != ".zst"):
        for number, line in enumerate(read_lines(path), 1):
            _, kinds = _rewritten(rewriter, line)
            if kinds:
                tell(path, number, kinds)
            if time.monotonic() - began > _STEP_SECONDS:
                yield
                began = time.monotonic()


def write_anew(path: Path, redactor: Redactor, tell: Tell) -> Iterator[None]:
    """Redacts one file that nobody adds to. Raises as ``look_through`` does, and then
    the file is as it was.
    """
    if (yield from _has_findings(path, redactor)):
        with _Copy(path, redactor, tell) as copy:
            yield from copy.follow(lambda: None)
            copy.replace()


def write_piece_anew(
    piece: Piece, store: Store | None, redactor: Redactor, tell: Tell
) -> Iterator[None]:
    """The same of a piece of the record, whose place in the database goes with it. A
    recorder may add to it between two steps. Raises as ``look_through`` does.

    A plain file beside a compressed one is joined to it first: bodies refer from one
    to the other.
    """
    joined = len(piece.paths) > 1
    path = piece.paths[0]
    if joined and piece.plain is not None:
        yield from compress(piece.plain)
        path = next(each for each in piece.paths if each.suffix == ".zst")
    if not (yield from _has_findings(path, redactor)):
        return
    plain = str(path.with_name(path.name.removesuffix(".zst")))

    def acknowledged() -> int | None:
        if store is None or path.suffix == ".zst":
            return None
        return store.cells.offset(plain)

    with _Copy(path, redactor, tell) as copy:
        yield from copy.follow(acknowledged)
        if store is None:
            copy.replace()
            return
        copy.complete()
        at = {} if joined else copy.at
        store.cells.relocate(piece.name, plain, copy.size, at, path)
        finish_replacement(store)


def _has_findings(path: Path, redactor: Redactor) -> Generator[None, None, bool]:
    found: list[int] = []
    steps = look_through([path], redactor, lambda _path, at, _kinds: found.append(at))
    with closing(steps):
        for _ in steps:
            if found:
                return True
            yield
    return bool(found)


class _Copy:
    """A file's lines redacted into another one, which goes if it is not ``complete``.

    ``at`` is where each line begins in it, by where it began; the end, too.
    """

    def __init__(self, path: Path, redactor: Redactor, tell: Tell) -> None:
        self._path = path
        self._redactor = redactor
        self._rewriter = Rewriter(redactor)
        self._tell = tell
        self._before = self._number = 0
        self.size = 0
        self.at: dict[int, int] = {}
        self._status = path.stat(follow_symlinks=False)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(unfinished_replacement(path), flags, 0o600)
        self._file: BinaryIO = os.fdopen(descriptor, "wb")
        os.fchmod(descriptor, self._status.st_mode & 0o777)
        packer = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
        self._packer = packer.compressobj() if path.suffix == ".zst" else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        with suppress(OSError):
            unfinished_replacement(self._path).unlink(missing_ok=True)

    def follow(self, acknowledged: Callable[[], int | None]) -> Iterator[None]:
        """Copies up to there, or all that there is. When this ends nothing is missing
        of what was there in this step; what stands behind never counted and is left.
        """
        with closing(_lines(self._path)) as lines:
            yield from self._copy(lines, acknowledged)
            if self._packer is not None:
                self._file.write(self._packer.flush())
            self._file.flush()
            # The bulk of it, which may take long, without the recorder's waiting.
            os.fsync(self._file.fileno())
            yield
            yield from self._copy(lines, acknowledged)
        self.at[self._before] = self.size
        self._redactor.settle()

    def complete(self) -> None:
        """Has it whole on disk, under the name that says so."""
        self._close()
        unfinished_replacement(self._path).replace(replacement(self._path))
        sync_directory(self._path.parent)

    def replace(self) -> None:
        """Puts it in the place of the old one."""
        self._close()
        unfinished_replacement(self._path).replace(self._path)
        sync_directory(self._path.parent)

    def _copy(
        self, lines: Iterator[bytes], acknowledged: Callable[[], int | None]
    ) -> Iterator[None]:
        began, end = time.monotonic(), acknowledged()
        while end is None or self._before < end:
            line = next(lines, b"")
            if not line:
                return
            self._number += 1
            text, kinds = _rewritten(self._rewriter, line)
            if kinds:
                self._tell(self._path, self._number, kinds)
            self.at[self._before] = self.size
            self._before += len(line)
            self.size += len(text)
            packer = self._packer
            self._file.write(text if packer is None else packer.compress(text))
            if time.monotonic() - began > _STEP_SECONDS:
                yield
                began, end = time.monotonic(), acknowledged()

    def _close(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        before = self._status
        times = (before.st_atime_ns, before.st_mtime_ns)
        os.utime(unfinished_replacement(self._path), ns=times)


def _lines(path: Path) -> Generator[bytes, None, None]:
    """The lines, those that come later, too; empty where there is none yet."""
    if path.suffix == ".zst":
        yield from read_lines(path)
        return
    with path.open("rb") as file:
        while True:
            yield file.readline()


def _rewritten(rewriter: Rewriter, line: bytes) -> tuple[bytes, Counter[str]]:
    if not line.strip():
        return line, Counter()
    text, kinds = rewriter.rewrite(line)
    return text, Counter(kinds)
