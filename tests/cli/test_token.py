"""The token that is made where nobody set one."""

import pytest

from lunaroute.cli._token import kept_token, token_for
from lunaroute.errors import ConfigError


@pytest.fixture
def environ(tmp_path):
    return {"HOME": str(tmp_path)}


@pytest.mark.parametrize(
    ("flags", "variables"),
    [
        ({}, {}),
        ({"host": "localhost"}, {}),
        ({"host": "127.0.0.2"}, {"LUNAROUTE_HOST": "0.0.0.0"}),
        ({"host": "0.0.0.0"}, {"LUNAROUTE_TOKEN": "mine-0123456789abcdefghijkl"}),
        ({"host": "0.0.0.0", "allow_remote": True}, {}),
    ],
)
def test_none_is_made_where_none_is_needed(flags, variables, environ, tmp_path):
    assert token_for(flags, environ | variables) is None
    assert not (tmp_path / ".lunaroute").exists()


@pytest.mark.parametrize(
    ("flags", "variables"),
    [({"host": "0.0.0.0"}, {}), ({}, {"LUNAROUTE_HOST": "::"})],
)
def test_it_is_private_and_stays_the_same(flags, variables, environ, tmp_path):
    token = token_for(flags, environ | variables)
    assert token == token_for(flags, environ | variables)
    assert token.path == tmp_path / ".lunaroute" / "token"
    assert token.path.stat().st_mode & 0o777 == 0o600
    assert len(token.text) >= 32


def test_one_that_cannot_be_kept_or_read_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="token"):
        kept_token(tmp_path / "file" / "token")
    with pytest.raises(ConfigError, match="cannot read the token"):
        kept_token(tmp_path)
