"""Builds WebSocket frames (RFC 6455 section 5.2) byte by byte."""

import json
import zlib
from collections.abc import Iterable

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
MASK = b"\x12\x34\x56\x78"


def frame(
    data: bytes = b"",
    opcode: int = TEXT,
    *,
    fin: bool = True,
    reserved: int = 0,
    mask: bytes = b"",
) -> bytes:
    """One frame; ``reserved`` are RSV1 to RSV3 as 4, 2 and 1."""
    first = (0x80 if fin else 0) | reserved << 4 | opcode
    masked = 0x80 if mask else 0
    if len(data) < 126:
        head = bytes((first, masked | len(data)))
    elif len(data) < 1 << 16:
        head = bytes((first, masked | 126)) + len(data).to_bytes(2)
    else:
        head = bytes((first, masked | 127)) + len(data).to_bytes(8)
    if mask:
        data = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
    return head + mask + data


class Deflater:
    """One direction of permessage-deflate (RFC 7692 section 7.2.1)."""

    def __init__(self, *, takeover: bool = True, bits: int = 15) -> None:
        self._takeover = takeover
        self._bits = bits
        self._packer = self._fresh()

    def _fresh(self):
        return zlib.compressobj(wbits=-self._bits)

    def pack(self, data: bytes) -> bytes:
        if not self._takeover:
            self._packer = self._fresh()
        packed = self._packer.compress(data) + self._packer.flush(zlib.Z_SYNC_FLUSH)
        return packed.removesuffix(b"\x00\x00\xff\xff")


def texts(
    messages: Iterable[object], *, mask: bytes = b"", deflater: Deflater | None = None
) -> list[bytes]:
    """One text frame for each value, as JSON."""
    found = []
    for message in messages:
        data = json.dumps(message).encode()
        packed = data if deflater is None else deflater.pack(data)
        reserved = 0 if deflater is None else 4
        found.append(frame(packed, mask=mask, reserved=reserved))
    return found
