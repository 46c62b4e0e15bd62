"""Where the data lives and which configuration file is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lunaroute.config._declaration import declarations
from lunaroute.config._layer import Value, read_bootstrap
from lunaroute.config._settings import Process
from lunaroute.home import expand


@dataclass(frozen=True, slots=True)
class Location:
    """The home directory and the configuration file, if there is one."""

    home: Value
    config: Value
    bootstrap: Value

    @property
    def home_directory(self) -> Path:
        return Path(str(self.home.value))

    @property
    def config_file(self) -> Path | None:
        return Path(str(self.config.value)) if self.config.value else None


def locate(options: Mapping[str, object], environ: Mapping[str, str]) -> Location:
    """Find both: flags first, then variables, then the files that exist."""
    home = _given("home", options, environ)
    directory = Path(str(home.value))
    config = _given("config", options, environ)
    bootstrap = _given("bootstrap", options, environ)
    if not config.value and not bootstrap.value:
        bootstrap = _existing(directory, "bootstrap.yaml") or bootstrap
    if bootstrap.value:
        # One that was named is checked even when the file is already chosen.
        file = Path(str(bootstrap.value))
        named = expand(read_bootstrap(file, environ), environ)
        if not config.value:
            config = Value(str(named), f"file {file}", "file_path")
    if not config.value:
        config = (
            _existing(directory, "config.yaml")
            or _existing(directory, "config.toml")
            or config
        )
    return Location(home, config, bootstrap)


def _given(
    name: str, options: Mapping[str, object], environ: Mapping[str, str]
) -> Value:
    declared = declarations(Process)[(name,)]
    variable, flag = declared.about.env, declared.about.flag
    if flag and options.get(name):
        return Value(str(expand(str(options[name]), environ)), f"flag {flag}", flag)
    if environ.get(variable):
        path = str(expand(environ[variable], environ))
        return Value(path, f"env {variable}", variable)
    default = declared.default and str(expand(declared.default, environ))
    return Value(default, "default", name)


def _existing(directory: Path, name: str) -> Value | None:
    file = directory / name
    try:
        exists = file.exists()
    except OSError:
        exists = True  # it may not be looked at; reading it will say why
    return Value(str(file), "default", name) if exists else None
