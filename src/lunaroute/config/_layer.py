"""One source of settings (file, environment or flags), checked on its own.

A source is checked before the next one may cover its mistakes; all problems of a
source are reported together.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lunaroute.config._declaration import Path as KeyPath
from lunaroute.config._declaration import (
    canonical,
    declarations,
    dotted,
    flags,
    variables,
)
from lunaroute.config._file import read_file
from lunaroute.config._problem import explain
from lunaroute.config._setting import Section
from lunaroute.config._settings import Bootstrap, Settings
from lunaroute.config._substitution import substitute
from lunaroute.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Value:
    """A setting's value, where it came from, and the name it was written under.

    ``variables`` names those of the environment that a file's value was made of.
    """

    value: Any
    origin: str
    written: str
    variables: str = ""


Layer = dict[KeyPath, Value]


def read_settings_file(path: Path, environ: Mapping[str, str]) -> Layer:
    """The settings of a file; ConfigError lists everything wrong with it."""
    settings, used = _read(path, environ, Settings)
    layer: Layer = {}
    problems = []
    for key, value in _flatten(settings, ()):
        here, target = dotted(key), canonical(key)
        known = layer.get(target)
        if known and known.value != value:
            problems.append(
                f"{path}: {here}: is another spelling of {known.written}, "
                "and the two differ; give one of them"
            )
        layer[target] = Value(value, f"file {path}", here, used.get(here, ""))
    if problems:
        raise ConfigError("\n".join(problems))
    return layer


def read_bootstrap(path: Path, environ: Mapping[str, str]) -> str:
    """The path of the configuration file, as a bootstrap file names it."""
    bootstrap, _ = _read(path, environ, Bootstrap)
    assert isinstance(bootstrap, Bootstrap)
    assert bootstrap.file_path is not None
    return bootstrap.file_path


def read_environment(environ: Mapping[str, str]) -> Layer:
    """The settings of the known variables; an empty variable counts as not set."""
    given = {
        each.path: (environ[name], name)
        for name, each in variables().items()
        if each.path in declarations() and environ.get(name)
    }
    return _checked("env", given)


def read_flags(options: Mapping[str, object]) -> Layer:
    """The settings of the given command-line options; None counts as not given."""
    given: dict[KeyPath, tuple[object, str]] = {}
    known = flags()
    for name, value in options.items():
        if name not in known:
            raise ConfigError(f"{name}: unknown option")
        path, flag = known[name].path, known[name].about.flag
        switches_off = flag.startswith("--no-")
        if value is None or path not in declarations() or (switches_off and not value):
            continue
        given[path] = (False if switches_off else value, flag)
    return _checked("flag", given)


def nest(values: Mapping[KeyPath, Any]) -> dict[str, Any]:
    """The maps in maps that a flat layer came from."""
    data: dict[str, Any] = {}
    for path, value in values.items():
        inner = data
        for part in path[:-1]:
            inner = inner.setdefault(part, {})
        inner[path[-1]] = value
    return data


def _read(
    path: Path, environ: Mapping[str, str], root: type[Section]
) -> tuple[Section, Mapping[str, str]]:
    try:
        filled = substitute(read_file(path), environ, root)
        settings, problems = None, filled.problems
        try:
            settings = root.model_validate(filled.data)
        except ValidationError as error:
            problems = {**explain(error, root, filled.used), **problems}
    except RecursionError:
        raise ConfigError(f"{path}: is nested too deeply") from None
    if settings is None or problems:
        raise ConfigError("\n".join(_lines(path, problems)))
    return settings, filled.used


def _lines(path: Path, problems: Mapping[str, str]) -> Iterator[str]:
    for key, sentence in problems.items():
        yield f"{path}: {key}: {sentence}" if key else f"{path}: {sentence}"


def _flatten(settings: Section, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    extra = settings.__pydantic_extra__ or {}
    for name in (*type(settings).model_fields, *extra):
        if name not in settings.model_fields_set:
            continue
        value = getattr(settings, name)
        if isinstance(value, Section):
            yield from _flatten(value, (*path, name))
        else:
            yield (*path, name), value


def _checked(source: str, given: Mapping[KeyPath, tuple[object, str]]) -> Layer:
    try:
        settings = Settings.model_validate(
            nest({path: value for path, (value, _) in given.items()})
        )
    except ValidationError as error:
        names = {dotted(path): name for path, (_, name) in given.items()}
        problems = explain(error, Settings, {})
        raise ConfigError(
            "\n".join(  # an item of a list, "key[0]", was written under its key
                f"{names[key.partition('[')[0]]}: {text}"
                for key, text in problems.items()
            )
        ) from None
    return {
        path: Value(value, f"{source} {given[path][1]}", given[path][1])
        for path, value in _flatten(settings, ())
    }
