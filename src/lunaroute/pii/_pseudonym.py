"""Tokens: the same value is the same word, and no word says what it stands for."""

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Protocol

_SALT = b"lunaroute-pii-redaction-v1"

# Eight of a MAC's 64 hex digits; a value that would share them with another gets more.
_SHORTEST = 8
_STEP = 4


class TokenBook(Protocol):
    """Which token stands for which value, kept as long as the record that has them."""

    def claim(self, token: str, mac: bytes, value: str) -> bool:
        """Notes that ``token`` stands for the value of this MAC; False if it stands
        for another one.
        """


class MemoryBook:
    """A book that ends with the process, for texts that nobody keeps."""

    __slots__ = ("_macs",)

    def __init__(self) -> None:
        self._macs: dict[str, bytes] = {}

    def claim(self, token: str, mac: bytes, value: str) -> bool:  # noqa: ARG002
        """See :class:`TokenBook`; the value itself is not kept."""
        return self._macs.setdefault(token, mac) == mac


class Tokens:
    """Makes tokens under a secret. ``mac`` is for tests of what a MAC cannot be made
    to do.
    """

    __slots__ = ("_book", "_mac")

    def __init__(
        self,
        secret: bytes,
        book: TokenBook,
        *,
        mac: Callable[[bytes], bytes] | None = None,
    ) -> None:
        key = derived_key(secret, b"hmac-tokenization-key")
        self._mac = mac or (lambda value: hmac.digest(key, value, "sha256"))
        self._book = book

    def mac(self, value: str) -> bytes:
        """32 bytes that only one value has, and only who knows the secret can tell."""
        return self._mac(value.encode("utf-8", "surrogatepass"))

    def token(self, label: str, value: str) -> str:
        """``[LABEL:a3f8e9d2]``, always the same for a value under one secret."""
        mac = self.mac(value)
        digits = mac.hex()
        for size in range(_SHORTEST, len(digits) + 1, _STEP):
            token = f"[{label}:{digits[:size]}]"
            if self._book.claim(token, mac, value):
                return token
        raise ValueError(f"two values of kind {label} have one MAC")


def derived_key(secret: bytes, purpose: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869) of a secret: 32 bytes for one purpose."""
    drawn = hmac.digest(_SALT, secret, sha256)
    return hmac.digest(drawn, purpose + b"\x01", sha256)
