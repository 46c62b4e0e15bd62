"""Where the data of a user lies."""

import os
import pwd
from pathlib import Path

import pytest

from lunaroute.config import resolve
from lunaroute.errors import ConfigError
from lunaroute.home import expand, home_directory


def test_paths_become_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    environ = {"HOME": str(tmp_path)}
    assert expand("~", environ) == tmp_path
    assert expand("~/a", environ) == tmp_path / "a"
    assert expand("./a/b", environ) == tmp_path / "a" / "b"
    assert expand("/a", environ) == Path("/a")
    with pytest.raises(ConfigError, match="no such user"):
        expand("~no-such-user-here/a", environ)
    with pytest.raises(ConfigError, match=r"caf\\udce9': its name is not UTF-8"):
        expand("/caf\udce9", environ)


def test_without_a_variable_it_is_the_users(monkeypatch):
    own = pwd.getpwuid(os.getuid()).pw_dir
    assert expand("~/a", {}) == expand("~/a", {"HOME": ""}) == Path(own) / "a"

    def nobody(_number):
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    with pytest.raises(ConfigError, match="set HOME, or LUNAROUTE_HOME"):
        expand("~/a", {})


@pytest.mark.parametrize("given", ["", "~/there", "relative", "/absolute"])
def test_it_is_where_the_settings_say_that_it_is(tmp_path, given):
    environ = {"HOME": str(tmp_path), "LUNAROUTE_HOME": given}
    home = home_directory(environ)
    assert home == resolve({}, environ).location.home_directory
    assert home.is_absolute()
    assert given or home == tmp_path / ".lunaroute"
