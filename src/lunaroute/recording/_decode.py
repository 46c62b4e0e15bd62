"""Undoes content-encoding in pieces, within bounds, never raising.

A body is somebody else's: a few bytes may unfold into gigabytes, so every step of every
codec has a limit on what it may put out.
"""

import zlib
from collections.abc import Sequence
from typing import Protocol

import brotli  # type: ignore[import-untyped]  # it ships no types
import zstandard

MAX_OUTPUT = 64 * 1024 * 1024

# A ratio says little about a small body: a page of one letter is no attack.
MAX_RATIO = 200
_RATIO_FROM = 1024 * 1024

MAX_LAYERS = 2

_STEP = 256 * 1024

# zlib hands back what it did not use as a copy, at each step and each gzip member.
_ZLIB_STEP = 8 * 1024

# zstandard cannot be told how much to put out: 256 bytes of it unfold to 8 MiB at most.
_ZSTD_STEP = 256

# RFC 9659: a decoder needs to support windows up to 8 MB for this content coding.
_ZSTD_WINDOW = 8 * 1024 * 1024


class _Codec(Protocol):
    done: bool

    def feed(self, data: bytes, room: int) -> bytes:
        """Decodes; more than ``room`` bytes may come out, far more never."""


class _Zlib:
    """zlib's formats, told apart by the window: gzip, in any number of members."""

    __slots__ = ("_inflater", "_window", "done")

    def __init__(self, window: int) -> None:
        self._window = window
        self._inflater = zlib.decompressobj(window)
        self.done = False

    def feed(self, data: bytes, room: int) -> bytes:
        payload: list[bytes] = []
        for at in range(0, len(data), _ZLIB_STEP):
            if room <= 0:
                break
            room -= self._feed_step(data[at : at + _ZLIB_STEP], room, payload)
        return b"".join(payload)

    def _feed_step(self, data: bytes, room: int, payload: list[bytes]) -> int:
        size = 0
        is_full = False
        while (data or is_full) and size < room:
            if self.done:
                # Zeros after the last member are padding; gzip itself skips them.
                data = data.lstrip(b"\0")
                if not data:
                    break
                self._inflater = zlib.decompressobj(self._window)
                self.done = False
            limit = min(room - size, _STEP)
            piece = self._inflater.decompress(data, limit)
            payload.append(piece)
            size += len(piece)
            self.done = self._inflater.eof
            is_full = len(piece) == limit and not self.done
            data = self._inflater.unused_data or self._inflater.unconsumed_tail
        return size


class _Deflate:
    """Servers have always sent "deflate" with and without the zlib wrapper."""

    __slots__ = ("_first", "_zlib", "done")

    def __init__(self) -> None:
        self._first = b""
        self._zlib: _Zlib | None = None
        self.done = False

    def feed(self, data: bytes, room: int) -> bytes:
        if self._zlib is None:
            data = self._first + data
            if len(data) < len(b"\x78\x9c"):
                self._first = data
                return b""
            # RFC 1950 section 2.2: method 8, and the two bytes divide by 31.
            is_wrapped = data[0] & 15 == 8 and (data[0] << 8 | data[1]) % 31 == 0
            self._zlib = _Zlib(zlib.MAX_WBITS if is_wrapped else -zlib.MAX_WBITS)
        payload = self._zlib.feed(data, room)
        self.done = self._zlib.done
        return payload


class _Brotli:
    __slots__ = ("_decompressor", "done")

    def __init__(self) -> None:
        self._decompressor = brotli.Decompressor()
        self.done = False

    def feed(self, data: bytes, room: int) -> bytes:
        payload = [self._decompressor.process(data, output_buffer_limit=_STEP)]
        room -= len(payload[0])
        while room > 0 and not self._decompressor.can_accept_more_data():
            payload.append(self._decompressor.process(b"", output_buffer_limit=_STEP))
            room -= len(payload[-1])
        self.done = self._decompressor.is_finished()
        return b"".join(payload)


class _Zstd:
    __slots__ = ("_decompressor", "_frame", "done")

    def __init__(self) -> None:
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._frame = self._decompressor.decompressobj()
        self.done = False

    def feed(self, data: bytes, room: int) -> bytes:
        payload: list[bytes] = []
        at = 0
        while at < len(data) and room > 0:
            if self.done:
                self._frame = self._decompressor.decompressobj()
                self.done = False
            piece = data[at : at + _ZSTD_STEP]
            payload.append(self._frame.decompress(piece))
            room -= len(payload[-1])
            self.done = self._frame.eof
            at += len(piece) - len(self._frame.unused_data)
        return b"".join(payload)


_ERRORS = (zlib.error, brotli.error, zstandard.ZstdError)


class Decoder:
    """Decodes one body. After ``problem`` is set nothing more comes out.

    ``encodings`` are the members of the content-encoding field in their order.
    """

    __slots__ = ("_codecs", "_put_in", "_put_out", "is_bomb", "problem")

    def __init__(self, encodings: Sequence[str]) -> None:
        self.problem: str | None = None
        self.is_bomb = False
        self._put_in = 0
        self._codecs: list[_Codec] = []
        # Of each layer: a layer in the middle can unfold and vanish in the next.
        self._put_out: list[int] = []
        layers = [name for name in encodings if name != "identity"]
        if len(layers) > MAX_LAYERS:
            self.problem = f"more than {MAX_LAYERS} content-encodings"
            return
        for name in reversed(layers):
            codec = _codec(name)
            if codec is None:
                self.problem = f"unknown content-encoding {name[:40]!r}"
                return
            self._codecs.append(codec)
            self._put_out.append(0)

    @property
    def is_plain(self) -> bool:
        """True where the bytes stand as they are."""
        return not self._codecs and self.problem is None

    @property
    def unfinished(self) -> bool:
        """True when an encoding's own end has not come."""
        return self._put_in > 0 and not all(codec.done for codec in self._codecs)

    def feed(self, data: bytes) -> bytes:
        """What ``data`` decodes to."""
        if self.problem is not None:
            return b""
        if not self._codecs:
            return data
        self._put_in += len(data)
        try:
            for layer, codec in enumerate(self._codecs):
                room = self._room(layer)
                data = codec.feed(data, room)
                if len(data) >= room:
                    return self._refuse(layer, room)
                self._put_out[layer] += len(data)
        except _ERRORS as error:
            self.problem = f"content-encoding is damaged: {error}"
            return b""
        return data

    def _room(self, layer: int) -> int:
        # One byte more than allowed: its coming out is what tells a bomb.
        allowed = min(max(_RATIO_FROM, self._put_in * MAX_RATIO), MAX_OUTPUT)
        return allowed - self._put_out[layer] + 1

    def _refuse(self, layer: int, room: int) -> bytes:
        self.is_bomb = True
        allowed = self._put_out[layer] + room - 1
        self.problem = f"{self._put_in} encoded bytes decode to more than {allowed}"
        return b""


def _codec(name: str) -> _Codec | None:
    match name:
        case "gzip" | "x-gzip":
            return _Zlib(zlib.MAX_WBITS | 16)
        case "deflate":
            return _Deflate()
        case "br":
            return _Brotli()
        case "zstd":
            return _Zstd()
        case _:
            return None
