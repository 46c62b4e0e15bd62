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

    def settle(self) -> None:
        """Returns when what was noted is kept as safely as the record."""


class MemoryBook:
    """A book that ends with the process, for texts that nobody keeps."""

    __slots__ = ("_macs",)

    def __init__(self) -> None:
        self._macs: dict[str, bytes] = {}

    def claim(self, token: str, mac: bytes, value: str) -> bool:  # noqa: ARG002
        """See :class:`TokenBook`; the value itself is not kept."""
        return self._macs.setdefault(token, mac) == mac

    def settle(self) -> None:
        """Nothing is kept."""


class Tokens:
    """Makes tokens under a secret, which is asked for with the first one."""

    __slots__ = ("_book", "_key", "_secret")

    def __init__(self, secret: Callable[[], bytes], book: TokenBook) -> None:
        self._secret = secret
        self._book = book
        self._key: bytes | None = None

    def settle(self) -> None:
        """To be called before what has the tokens is written."""
        self._book.settle()

    def mac(self, value: str) -> bytes:
        """32 bytes that only one value has, and only who knows the secret can tell."""
        if self._key is None:
            self._key = derived_key(self._secret(), b"hmac-tokenization-key")
        return hmac.digest(self._key, value.encode("utf-8", "surrogatepass"), "sha256")

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
