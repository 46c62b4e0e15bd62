"""Where the data of a user lies."""

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


@pytest.mark.parametrize("given", ["", "~/there", "relative", "/absolute"])
def test_it_is_where_the_settings_say_that_it_is(tmp_path, given):
    environ = {"HOME": str(tmp_path), "LUNAROUTE_HOME": given}
    home = home_directory(environ)
    assert home == resolve({}, environ).location.home_directory
    assert home.is_absolute()
    assert given or home == tmp_path / ".lunaroute"
