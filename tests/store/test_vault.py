"""Tokens that no two values share, and values that only the secret gives back."""

import pytest

from lunaroute.errors import StoreError
from lunaroute.store import Seal, Vault, home_secret

VALUE = "jane.roe@example.com"
TOKEN = "[EMAIL:a3f8e9d2]"


def _seal(key=b"k" * 32):
    return lambda: Seal(key)


def _all_bytes(directory):
    return b"".join(p.read_bytes() for p in directory.rglob("*") if p.is_file())


def test_a_token_has_one_value_also_in_the_next_process(tmp_path):
    path = tmp_path / "home" / "vault.db"
    first = Vault(path)
    assert not path.exists()
    assert first.claim(TOKEN, b"1" * 32, VALUE)
    assert first.claim(TOKEN, b"1" * 32, VALUE)
    assert not first.claim(TOKEN, b"2" * 32, "other")
    first.settle()
    first.settle()
    first.close()
    second = Vault(path)
    assert not second.claim(TOKEN, b"2" * 32, "other")
    assert second.claim(TOKEN, b"1" * 32, VALUE)
    assert second.value(TOKEN) is None
    second.close()
    assert path.stat().st_mode & 0o777 == 0o600
    assert VALUE.encode() not in _all_bytes(tmp_path)


def test_what_was_not_settled_is_not_kept(tmp_path):
    vault = Vault(tmp_path / "vault.db")
    vault.claim(TOKEN, b"1" * 32, VALUE)
    vault.close()
    vault.close()
    assert Vault(tmp_path / "vault.db").claim(TOKEN, b"2" * 32, VALUE)


def test_a_sealed_value_comes_back_with_the_secret_alone(tmp_path):
    path = tmp_path / "vault.db"
    vault = Vault(path, _seal())
    vault.claim(TOKEN, b"1" * 32, VALUE)
    vault.settle()
    assert vault.value(TOKEN) == VALUE
    assert vault.value("[EMAIL:00000000]") is None
    vault.close()
    with pytest.raises(StoreError, match="another secret"):
        Vault(path, _seal(b"x" * 32)).value(TOKEN)
    assert VALUE.encode() not in _all_bytes(tmp_path)


def test_a_token_that_was_not_sealed_is_when_it_comes_again(tmp_path):
    path = tmp_path / "vault.db"
    plain = Vault(path)
    plain.claim(TOKEN, b"1" * 32, VALUE)
    plain.settle()
    plain.close()
    vault = Vault(path, _seal())
    assert vault.value(TOKEN) is None
    assert not vault.claim(TOKEN, b"2" * 32, "other")
    vault.close()
    vault = Vault(path, _seal())
    vault.claim(TOKEN, b"1" * 32, VALUE)
    assert vault.value(TOKEN) == VALUE


def test_no_vault_knows_nothing_and_is_not_made(tmp_path):
    path = tmp_path / "vault.db"
    assert Vault(path, _seal()).value(TOKEN) is None
    assert not path.exists()


def test_a_file_that_is_none_is_an_error(tmp_path):
    path = tmp_path / "vault.db"
    path.write_bytes(b"no database at all, and longer than a header" * 40)
    with pytest.raises(StoreError, match="not a SQLite database"):
        Vault(path).claim(TOKEN, b"1" * 32, VALUE)


def test_the_homes_secret_is_made_once_and_private(tmp_path):
    path = tmp_path / "home" / "redaction.key"
    secret = home_secret(path)
    assert len(secret) == 32
    assert home_secret(path) == secret
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"short")
    with pytest.raises(StoreError, match=r"redaction\.key is no secret"):
        home_secret(path)


def test_what_is_forgotten_is_overwritten_and_can_be_claimed_again(tmp_path):
    path = tmp_path / "vault.db"
    recorder, cleaner = Vault(path, _seal()), Vault(path)
    assert recorder.claim(TOKEN, b"1" * 32, VALUE)
    assert recorder.claim("[EMAIL:00000000]", b"2" * 32, "other")
    recorder.settle()
    assert TOKEN.encode() in _all_bytes(tmp_path)
    assert cleaner.forget([TOKEN, "[EMAIL:ffffffff]"]) == 1
    assert recorder.value(TOKEN) is None
    assert recorder.value("[EMAIL:00000000]") == "other"
    recorder.close()
    cleaner.close()
    assert TOKEN.encode() not in _all_bytes(tmp_path)


def test_who_knew_a_token_claims_it_again_after_it_was_forgotten(tmp_path):
    recorder = Vault(tmp_path / "vault.db", _seal())
    recorder.claim(TOKEN, b"1" * 32, VALUE)
    recorder.settle()
    recorder.settle()
    cleaner = Vault(tmp_path / "vault.db")
    cleaner.forget([TOKEN])
    recorder.settle()
    assert recorder.claim(TOKEN, b"1" * 32, VALUE)
    recorder.settle()
    assert recorder.value(TOKEN) == VALUE


def test_nothing_is_made_to_forget(tmp_path):
    assert Vault(tmp_path / "vault.db").forget([TOKEN]) == 0
    assert not list(tmp_path.iterdir())
