"""How values look."""

import pytest

from lunaroute.pii import _shape as shape

MADE = ["xK9#mQ2v", "IHCeJbig8l", "Tr0ub4dor&3", "kVS4qpR6O!1g", "zq8wj3nf6k", "9f86d081884c7d65", "abc^def.*9K", "Winter2026!"]  # fmt: skip


@pytest.mark.parametrize("value", MADE)
def test_strong_values_tell_by_themselves(value):
    assert shape.is_strong(value)
    assert shape.is_fair(value)


@pytest.mark.parametrize(
    "value",
    ["hunter", "12345678", "user_id2", "getUser2(x)", "v8::Isolate::New", "scram-sha-256", "PKCS-12", "SEC_PKCS12PrivateKey", "0x8803", "utf8String", "/usr/lib/x86_64", "2026-11-25", "MyClassName2"],
)  # fmt: skip
def test_these_do_not(value):
    assert not shape.is_strong(value)


@pytest.mark.parametrize("value", ["0x8803", "sha-256", "two words1", "500ms", "a1"])
def test_nothing_fair(value):
    assert not shape.is_fair(value)
    assert shape.is_fair("hunter2")


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ("correct horse battery staple", True),
        ("Blue Monkey 42!", True),
        ("Password is required", False),
        ("must be at least 8 characters!", False),
        ("forgot your password", False),
        ("two words", False),
        ("word", False),
    ],
)
def test_passphrases_are_no_sentences(value, is_one):
    assert shape.is_passphrase(value) is is_one


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ("correct-horse-battery-staple", True),
        ("Correct-Horse-Battery-Staple", True),
        ("correct-horse-battery", False),
        ("enter-your-new-password", False),
        ("form-control-input-group", False),
        ("correctHorse-battery-staple-x", False),
    ],
)
def test_passphrases_joined_by_hyphens(value, is_one):
    assert shape.is_hyphenated(value) is is_one
    assert shape.is_given(value) is is_one


@pytest.mark.parametrize("value", ["hunter2", "Winter2024!", "aPq-19-zzT", "W!oA#_D"])
def test_given(value):
    assert shape.is_given(value)


@pytest.mark.parametrize(
    "value", ["password", "#password", "Sign in", "sign-in", "user.name"]
)
def test_not_given(value):
    assert not shape.is_given(value)


def test_shuffled():
    assert shape.is_shuffled("JhFjmgmPFZSgpJSasmwnJYxA")
    assert not shape.is_shuffled("getUserPasswordFromForm")


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ("[A-Za-z0-9_]+", True),
        ("^.*$", True),
        (r"\d{4,}", True),
        ("(?i)pass.*", True),
        ("abc^def.*9K", False),
        ("A1][+x9", False),
    ],
)
def test_patterns(value, is_one):
    assert shape.is_regex(value) is is_one


def test_paths_have_words():
    assert shape.is_path("/run/secrets/db_password")
    assert shape.is_path("https://vault.example/x1")
    assert not shape.is_path("/aB3xY9zQ0w/K7mQ2vX4tR")
    assert not shape.is_path("+aB3/xY9zQ0w")


@pytest.mark.parametrize(
    ("value", "is_one"),
    [("IHCeJbig8l", True), ("JqWzKpLm", True), ("userPassword2", False), ("getValue", False), ("LOUD_NAME", False)],
)  # fmt: skip
def test_jumbled_letters_are_no_words(value, is_one):
    assert shape.is_jumbled(value) is is_one


@pytest.mark.parametrize(
    ("value", "is_one"),
    [("IHCeJbig8l", True), ("hunter2", True), ("l0vely", True), ("x+1y2z", True), ("user_token1", False), ("word", None), ("utf8string", None)],
)  # fmt: skip
def test_what_is_not_quoted(value, is_one):
    assert shape.is_bare_secret(value, chosen=True, human=True) is is_one


@pytest.mark.parametrize("value", ["get_password()", "await fetch(x)", "*pointer", "!vault", "&args.password", "[a", "{x"])  # fmt: skip
def test_code(value):
    assert shape.is_code(value, 0, len(value))


@pytest.mark.parametrize(
    "value", ["+aB3xY9zQ0w!", "(Par3n)s!x", "!Ab9xQ2#", "@Kq7!mZ2p"]
)
def test_signs_that_a_password_may_begin_with(value):
    assert not shape.is_code(value, 0, len(value))


def test_an_alphabet_is_none():
    assert shape.is_no_secret("0123456789abcdefghijklmnopqrstuvwxyz")
    assert shape.is_no_secret("#ff00aa")
    assert not shape.is_no_secret("a1b2c3d4")
