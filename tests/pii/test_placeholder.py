"""What stands where a secret would."""

import pytest

from lunaroute.pii._placeholder import is_placeholder


@pytest.mark.parametrize(
    "value",
    ["${TOKEN}", "$TOKEN", "{{ x }}", "<your-key>", "xxxxxxxx", "********", "sk-...", "YOUR_API_KEY", "changeme", "None", "%TOKEN%", "[REDACTED]", "my-secret-token", "ENC[AES256_GCM,data:x9]", "{cipher}a9", "!vault", "op://v/i/p1", "replace-me-1", "insert_key", "example_1", "prefix-${VAR1}-x9", "Bearer {token}", "%(pw1)s", "sha256:%s", "$db_password2", "$this->password1", "xxxxx1234", "\\u2022\\u2022\\u2022", "not-a-real-key-1"],
)  # fmt: skip
def test_is_one(value):
    assert is_placeholder(value)


@pytest.mark.parametrize(
    "value",
    [
        "hunter2",
        "pa$$w0rd99",
        "a1b2c3d4",
        "correct-horse",
        "x9!",
        "Hidden9Gem!",
        "Insert7Coin!",
        "$ecretP4ss",
        "aB3{x}9#kLm",
        "A16m_%w%vZG",
        "{Br4ce}d9x",
        "xxxxxQ9z",
        "knotaB9x",
        "Todor0v!",
        "(Par3n)s!x",
    ],
)
def test_is_none(value):
    assert not is_placeholder(value)
