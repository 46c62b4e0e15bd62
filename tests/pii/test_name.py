"""Names that secrets are given to."""

import pytest

from lunaroute.pii._name import FOREIGN, name_at


@pytest.mark.parametrize(
    ("text", "word", "name"),
    [
        ("password=", "password", "password"),
        ("DB_PASSWORD=", "PASSWORD", "DB_PASSWORD"),
        ("dbPassword:", "Password", "dbPassword"),
        ("password2 =", "password", "password2"),
        ("--db-password x", "password", "--db-password"),
        ("fs.s3a.secret.key=", "secret.key", "secret.key"),
        ("secret_key_base:", "secret_key", "secret_key_base"),
        ("encryption key:", "encryption key", "encryption key"),
        ("SMTP_PASS=", "PASS", "SMTP_PASS"),
        ("SSHPASS=", "PASS", "SSHPASS"),
        ("-storepass x", "pass", "-storepass"),
        ("dbPw =", "Pw", "dbPw"),
        ("password->x", "password", "password"),
        ("STRIPE_KEY=", "_KEY", "STRIPE_KEY"),
    ],
)
def test_a_name_is_read_whole(text, word, name):
    found = name_at(text, text.index(word))
    assert found is not None
    assert text[found.start : found.end] == name


@pytest.mark.parametrize("word", FOREIGN)
def test_names_of_other_alphabets(word):
    found = name_at(f"{word}: x", 0)
    assert found is not None
    assert found.chosen


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("compass: ", "pass"),
        ("bypass = ", "pass"),
        ("BYPASS=", "PASS"),
        ("passed: ", "pass"),
        ("pwm = ", "pw"),
        ("max_tokens=", "token"),
        ("pad_token: ", "token"),
        ("tokenizer = ", "token"),
        ("password_hash = ", "password"),
        ("passwordField: ", "password"),
        ("secret_name: ", "secret"),
        ("secretary: ", "secret"),
        ("password_sha256 = ", "password"),
        ("primary key: ", "key"),
        ("CACHE_KEY=", "_KEY"),
        ("GPG_KEY=", "_KEY"),
        ("openai_key=", "_key"),
        ("API_KEYS_URL=", "_KEY"),
    ],
)
def test_what_is_no_such_name(text, word):
    assert name_at(text, text.index(word)) is None


def test_a_human_chooses_passwords_and_secrets_not_tokens():
    chosen = {word: name_at(f"{word}=", 0) for word in ("password", "secret", "token")}
    assert [(n.chosen, n.is_human) for n in chosen.values() if n] == [
        (True, True),
        (False, True),
        (False, False),
    ]
