"""Addresses of crypto currencies: Base58Check, Bech32, CashAddr, EIP-55."""

import re
from hashlib import sha256

from lunaroute._fast import keccak256
from lunaroute.pii._border import opens
from lunaroute.pii._context import Context
from lunaroute.pii._finding import Finding

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_RIPPLE = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_VALUE = {character: value for value, character in enumerate(_BASE58)}
_RIPPLE_VALUE = {character: value for value, character in enumerate(_RIPPLE)}
_WORD = re.compile(r"[1-9A-HJ-NP-Za-km-z]{25,106}(?!\w)")
# Version bytes: Bitcoin, Litecoin, Dogecoin, Dash, Tron, Zcash, their tests' too.
_VERSIONS = frozenset(
    (0x00, 0x05, 0x30, 0x32, 0x1E, 0x16, 0x4C, 0x10, 0x41, 0x6F, 0xC4)
)
_ZCASH = (0x1CB8, 0x1CBD)
_ETHEREUM = re.compile(r"0[xX]([0-9a-fA-F]{40})(?![0-9A-Za-z])")
_BECH32_CHARACTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32 = re.compile(r"(?:[a-z]{1,12}|[A-Z]{1,12})1[0-9A-Za-z]{11,120}(?!\w)")
_CASH = re.compile(r"(?:bitcoincash|bchtest):[0-9a-z]{42,112}(?!\w)")


def find_word(text: str, at: int, context: int) -> Finding | None:
    """The address without a prefix that begins at ``text[at]``."""
    match = _WORD.match(text, at)
    if match is None or not opens(text, at):
        return None
    word = match.group()
    if len(word) <= 36 and _has_checksum(word):
        return Finding(at, match.end(), "crypto_address", 0.97)
    if not context & Context.CRYPTO:
        return None
    # Solana's addresses are 32 bytes without a checksum, Monero's have one of Keccak.
    if 32 <= len(word) <= 44 and len(_decoded(word, _VALUE)) == 32:
        return Finding(at, match.end(), "crypto_address", 0.85)
    if len(word) in (95, 106) and word[0] in "48":
        return Finding(at, match.end(), "crypto_address", 0.9)
    return None


def _decoded(word: str, values: dict[str, int]) -> bytes:
    number = 0
    for character in word:
        number = number * 58 + values[character]
    zero = next(c for c, value in values.items() if value == 0)
    zeros = len(word) - len(word.lstrip(zero))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _has_checksum(word: str) -> bool:
    if word[0] == "r" and all(character in _RIPPLE_VALUE for character in word):
        decoded = _decoded(word, _RIPPLE_VALUE)
        if len(decoded) == 25 and _is_checked(decoded):
            return True
    decoded = _decoded(word, _VALUE)
    if len(decoded) == 25 and decoded[0] in _VERSIONS:
        return _is_checked(decoded)
    is_zcash = len(decoded) == 26 and int.from_bytes(decoded[:2], "big") in _ZCASH
    return is_zcash and _is_checked(decoded)


def _is_checked(decoded: bytes) -> bool:
    return sha256(sha256(decoded[:-4]).digest()).digest()[:4] == decoded[-4:]


def find_ethereum(text: str, at: int, context: int) -> Finding | None:
    """The address whose ``0x`` is ``text[at]``.

    In mixed case it has a checksum; in one case the words near by have to speak of it.
    """
    match = _ETHEREUM.match(text, at)
    if match is None or not opens(text, at):
        return None
    value = match[1]
    if value in (value.lower(), value.upper()):
        if not context & Context.CRYPTO or len(set(value)) < 4:
            return None
        return Finding(at, match.end(), "crypto_address", 0.85)
    digest = keccak256(value.lower().encode()).hex()
    if any(
        (int(nibble, 16) >= 8) != character.isupper()
        for character, nibble in zip(value, digest, strict=False)
        if character.isalpha()
    ):
        return None
    return Finding(at, match.end(), "crypto_address", 0.98)


def find_bech32(text: str, at: int, _context: int) -> Finding | None:
    """The Bech32 or Bech32m address that begins at ``text[at]`` (BIP 173, BIP 350)."""
    match = _BECH32.match(text, at)
    if match is None or not opens(text, at):
        return None
    word = match.group()
    if word not in (word.lower(), word.upper()):
        return None
    word = word.lower()
    prefix, _, rest = word.rpartition("1")
    if not prefix or any(character not in _BECH32_CHARACTERS for character in rest):
        return None
    codes = [ord(character) for character in prefix]
    values = [code >> 5 for code in codes] + [0] + [code & 31 for code in codes]
    values += [_BECH32_CHARACTERS.index(character) for character in rest]
    if _bech32_sum(values) not in (1, 0x2BC830A3):
        return None
    return Finding(at, match.end(), "crypto_address", 0.98)


def _bech32_sum(values: list[int]) -> int:
    total = 1
    for value in values:
        top = total >> 25
        total = (total & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(
            (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
        ):
            if top >> bit & 1:
                total ^= generator
    return total


def find_cash(text: str, at: int, _context: int) -> Finding | None:
    """The address of Bitcoin Cash that begins at ``text[at]``, with its prefix."""
    match = _CASH.match(text, at)
    if match is None or not opens(text, at):
        return None
    prefix, _, rest = match.group().partition(":")
    if any(character not in _BECH32_CHARACTERS for character in rest):
        return None
    total = 1
    values = [ord(character) & 31 for character in prefix] + [0]
    for value in values + [_BECH32_CHARACTERS.index(character) for character in rest]:
        top = total >> 35
        total = (total & 0x07FFFFFFFF) << 5 ^ value
        for bit, generator in enumerate(
            (0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470)
        ):
            if top >> bit & 1:
                total ^= generator
    if total != 1:
        return None
    return Finding(at, match.end(), "crypto_address", 0.98)
