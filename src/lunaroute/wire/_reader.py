"""Where a request head begins and ends in what a client sends, without I/O."""

from lunaroute._fast import head_end
from lunaroute.errors import ClientFault
from lunaroute.wire._judge import MAX_HEAD

# An empty line's first bytes, which may have come before the rest of it.
_OVERLAP = 2
# A request line begins with a token; what cannot be one is a TLS hello more often than
# not, which has no empty line to wait for.
_FIRST_PRINTABLE = 0x21


class HeadReader:
    """Takes a client's bytes in any pieces until a head is whole.

    Empty lines before it are skipped (RFC 9112 2.2). ``rest`` is what came behind it.
    """

    __slots__ = ("_data", "_searched", "rest")

    def __init__(self) -> None:
        self._data = bytearray()
        self._searched = 0
        self.rest = b""

    @property
    def begun(self) -> bool:
        """A byte of the head has been seen."""
        return bool(self._data)

    def feed(self, data: bytes) -> bytes:
        """The head with its empty line once that has come, until then nothing.

        Raises ClientFault: 431 for one that does not end within ``MAX_HEAD`` bytes,
        400 for what cannot begin one.
        """
        if not self._data:
            data = data.lstrip(b"\r\n")
            if data and data[0] < _FIRST_PRINTABLE:
                raise ClientFault("not an HTTP request")
            end = head_end(data, 0)
            if 0 < end <= MAX_HEAD:  # nearly always: one packet holds it all
                self.rest = data[end:]
                return data[:end]
        self._data += data
        end = head_end(self._data, self._searched)
        self._searched = max(0, len(self._data) - _OVERLAP)
        if end > MAX_HEAD or (not end and len(self._data) > MAX_HEAD):
            raise ClientFault(f"a head of more than {MAX_HEAD} bytes", status=431)
        self.rest = bytes(self._data[end:]) if end else b""
        return bytes(self._data[:end])
