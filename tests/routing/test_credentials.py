"""Whose key goes to the provider, and in which form."""

import pytest

from lunaroute.model import Dialect
from lunaroute.routing import UNCHANGED, HeaderChange, Key, credentials

A, O = Dialect.ANTHROPIC, Dialect.OPENAI  # noqa: E741
CARRIERS = frozenset((b"authorization", b"x-api-key"))


@pytest.mark.parametrize("client_sent", [True, False])
@pytest.mark.parametrize("dialect", [A, O])
def test_without_a_key_the_clients_own_pass_through(dialect, client_sent):
    assert credentials(dialect, None, client_sent=client_sent) is UNCHANGED


@pytest.mark.parametrize("client_sent", [True, False])
def test_a_key_of_the_file_replaces_every_carrier(client_sent):
    key = Key("k", "replace")
    change = credentials(A, key, client_sent=client_sent)
    assert (change.drop, change.add) == (CARRIERS, (b"x-api-key: k",))
    change = credentials(O, key, client_sent=client_sent)
    assert (change.drop, change.add) == (CARRIERS, (b"Authorization: Bearer k",))


def test_a_key_of_the_environment_is_used_only_where_the_client_sent_none():
    key = Key("k", "fill")
    assert credentials(A, key, client_sent=True) is UNCHANGED
    assert credentials(A, key, client_sent=False).add == (b"x-api-key: k",)


def test_a_key_never_shows_itself():
    assert "secret" not in repr(Key("secret", "fill"))


LOGIN = HeaderChange(CARRIERS, (b"Authorization: Bearer login",))


@pytest.mark.parametrize(
    ("key", "client_sent", "expected"),
    [
        (Key("k", "replace"), False, b"Authorization: Bearer k"),
        (Key("k", "replace"), True, b"Authorization: Bearer k"),
        (Key("k", "fill"), False, b"Authorization: Bearer login"),
        (None, False, b"Authorization: Bearer login"),
        (Key("k", "fill"), True, None),
        (None, True, None),
    ],
)
def test_a_login_goes_before_a_key_of_the_environment_only(key, client_sent, expected):
    change = credentials(O, key, client_sent=client_sent, login=LOGIN)
    assert change.add == (() if expected is None else (expected,))
