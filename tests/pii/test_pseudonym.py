import hmac

import pytest

from lunaroute.pii import MemoryBook, Tokens, derived_key

# Computed apart from this code, with another implementation of RFC 5869.
_SECRET = b"test-secret-key"
_KEY = "2e788ddd4d6872ab17786c86335afb214ce0bb35ba3e42f5707c395a3f2432b9"


def test_the_key_is_derived() -> None:
    assert derived_key(_SECRET, b"hmac-tokenization-key").hex() == _KEY
    assert derived_key(_SECRET, b"another purpose").hex() != _KEY


def test_a_token_is_the_values_own() -> None:
    value = "test@example.com"
    expected = hmac.new(bytes.fromhex(_KEY), value.encode(), "sha256").hexdigest()[:8]
    tokens = Tokens(lambda: _SECRET, MemoryBook())
    assert tokens.token("EMAIL", value) == f"[EMAIL:{expected}]"
    assert tokens.token("EMAIL", value) == f"[EMAIL:{expected}]"
    assert (
        Tokens(lambda: _SECRET, MemoryBook())
        .token("EMAIL", value)
        .endswith(f"{expected}]")
    )
    assert tokens.token("EMAIL", "other@example.com") != f"[EMAIL:{expected}]"
    assert expected not in Tokens(lambda: b"another", MemoryBook()).token(
        "EMAIL", value
    )


def test_values_that_would_share_a_token_do_not() -> None:
    macs = {"a": "00" * 32, "b": "00" * 4 + "11" * 28}

    class Few(Tokens):
        def mac(self, value: str) -> bytes:
            return bytes.fromhex(macs[value])

    tokens = Few(lambda: _SECRET, MemoryBook())
    assert tokens.token("EMAIL", "a") == "[EMAIL:00000000]"
    assert tokens.token("EMAIL", "b") == "[EMAIL:000000001111]"
    assert tokens.token("EMAIL", "a") == "[EMAIL:00000000]"
    assert tokens.token("SSN", "b") == "[SSN:00000000]"


def test_a_book_that_knows_every_token_is_an_error() -> None:
    class Full:
        def claim(self, token: str, mac: bytes, value: str) -> bool:
            return False

        def settle(self) -> None: ...

    with pytest.raises(ValueError, match="one MAC"):
        Tokens(lambda: _SECRET, Full()).token("EMAIL", "a")
