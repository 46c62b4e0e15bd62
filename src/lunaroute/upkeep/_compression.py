"""A session's file compressed: whole, proven, only then in the plain one's place."""

import hashlib
import os
from collections.abc import Generator, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

import zstandard

from lunaroute.recording import sync_directory

LEVEL = 3
_CHUNK = 1024 * 1024


def compressed_path(plain: Path) -> Path:
    """Where the compressed file stands."""
    return plain.with_name(f"{plain.name}.zst")


def unfinished_path(plain: Path) -> Path:
    """Where it stands until it is whole; what a crash left there is written over."""
    return plain.with_name(f"{plain.name}.zst.tmp")


def compress(plain: Path) -> Iterator[None]:
    """Does so, a piece between two yields. After an OSError the file is as it was.

    What is there compressed already stays as it is, and the plain file is added to it:
    a clock that was set back makes a day's file a second time.
    """
    whole, new = compressed_path(plain), unfinished_path(plain)
    before = plain.stat(follow_symlinks=False)
    try:
        known = 0
        if whole.exists():
            known = yield from _length(whole)
            if known >= before.st_size:
                skipped = known - before.st_size
                if (yield from _same(whole, skipped, plain)):
                    # A crash came between the two last lines of this function.
                    plain.unlink()
                    return
        yield from _write(plain, whole, new)
        if not (yield from _same(new, known, plain)):
            raise OSError(f"{new}: the compressed file is not what it was made from")
        os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
        after = plain.stat(follow_symlinks=False)
        if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            raise OSError(f"{plain}: was written to while it was compressed")
    except BaseException:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise
    new.replace(whole)
    sync_directory(plain.parent)
    plain.unlink()


def _write(plain: Path, whole: Path, new: Path) -> Iterator[None]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    packer = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compressobj()
    with os.fdopen(os.open(new, flags, 0o600), "wb") as target:
        if whole.exists():
            for chunk in _chunks(whole):
                target.write(chunk)
                yield
        for chunk in _chunks(plain):
            target.write(packer.compress(chunk))
            yield
        target.write(packer.flush())
        target.flush()
        os.fsync(target.fileno())


def _length(compressed: Path) -> Generator[None, None, int]:
    size = 0
    for chunk in _unpacked(compressed):
        size += len(chunk)
        yield
    return size


def _same(compressed: Path, skipped: int, plain: Path) -> Generator[None, None, bool]:
    """Whether the compressed file is, after so many bytes, the plain one."""
    digests = []
    for chunks, begin in ((_unpacked(compressed), skipped), (_chunks(plain), 0)):
        digest = hashlib.blake2b()
        for chunk in chunks:
            digest.update(memoryview(chunk)[min(begin, len(chunk)) :])
            begin = max(0, begin - len(chunk))
            yield
        digests.append(digest.digest())
    return digests[0] == digests[1]


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(lambda: file.read(_CHUNK), b"")


def _unpacked(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        unpacker = zstandard.ZstdDecompressor().stream_reader(
            file, read_across_frames=True
        )
        try:
            first = unpacker.read(_CHUNK)
            rest = iter(lambda: unpacker.read(_CHUNK), b"")
            yield from chain((first,) if first else (), rest)
        except zstandard.ZstdError as error:
            raise OSError(f"{path}: damaged zstd: {error}") from error
