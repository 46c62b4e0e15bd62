import pytest

from lunaroute.config._location import locate
from lunaroute.errors import ConfigError


def test_nothing_given_and_nothing_there(environ, tmp_path):
    location = locate({}, environ)
    assert location.home_directory == tmp_path / ".lunaroute"
    assert location.config_file is None
    assert location.config.origin == "default"


def test_the_home_moves_with_its_variable(environ, tmp_path):
    location = locate({}, environ | {"LUNAROUTE_HOME": "~/else"})
    assert location.home_directory == tmp_path / "else"
    assert location.home.origin == "env LUNAROUTE_HOME"


def test_each_place_wins_over_the_next(environ, tmp_path, write):
    def found(options=None, **more):
        file = locate(options or {}, environ | more).config_file
        return file and file.relative_to(tmp_path).as_posix()

    write("", ".lunaroute/config.toml")
    assert found() == ".lunaroute/config.toml"
    write("", ".lunaroute/config.yaml")
    assert found() == ".lunaroute/config.yaml"
    write("file_path: ~/second.yaml\n", ".lunaroute/bootstrap.yaml")
    assert found() == "second.yaml"
    named = str(write("file_path: ~/third.yaml\n", "named.yaml"))
    assert found(LUNAROUTE_BOOTSTRAP=named) == "third.yaml"
    assert found({"bootstrap": named}) == "third.yaml"
    assert found(LUNAROUTE_CONFIG="~/fourth.yaml") == "fourth.yaml"
    assert found({"config": "~/fifth"}, LUNAROUTE_CONFIG="~/fourth.yaml") == "fifth"


def test_where_it_came_from(environ, write):
    assert locate({"config": "x"}, environ).config.origin == "flag --config"
    path = write("file_path: x\n", "b.yaml")
    assert locate({"bootstrap": str(path)}, environ).config.origin == f"file {path}"


def test_a_bootstrap_file_that_is_named_is_checked_in_any_case(environ, write):
    path = write("source: database\n", "b.yaml")
    with pytest.raises(ConfigError, match="not supported"):
        locate({"bootstrap": str(path), "config": "x"}, environ)
    with pytest.raises(ConfigError, match="cannot be read"):
        locate({"bootstrap": "/no/such/file"}, environ)


def test_one_that_merely_exists_is_not_looked_at_when_the_file_is_named(environ, write):
    write("source: database\n", ".lunaroute/bootstrap.yaml")
    assert locate({"config": "/x"}, environ).config_file is not None
    with pytest.raises(ConfigError, match="not supported"):
        locate({}, environ)
