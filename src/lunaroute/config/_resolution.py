"""Puts the sources together: default < file < environment < flags.

pydantic-settings was measured and left out: its sources read only the process's own
environment, do not tell where a value came from, and cost 0.1 s at each start.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from lunaroute.config._declaration import Path as KeyPath
from lunaroute.config._declaration import declarations, dotted, find
from lunaroute.config._layer import (
    Layer,
    Value,
    nest,
    read_environment,
    read_flags,
    read_settings_file,
)
from lunaroute.config._location import Location, locate
from lunaroute.config._notice import notices
from lunaroute.config._proxy import Proxy, proxies
from lunaroute.config._redaction import check
from lunaroute.config._retention import check_retention
from lunaroute.config._settings import Process, Settings
from lunaroute.errors import ConfigError
from lunaroute.home import expand

_HOME = "<home>/"


@dataclass(frozen=True, slots=True)
class Resolved:
    """All settings in force, where each came from, and what to warn about."""

    settings: Settings
    values: Mapping[str, Value]
    secrets: frozenset[str]
    location: Location
    warnings: tuple[str, ...]
    # By provider; those that are reached directly are missing.
    proxies: Mapping[str, Proxy] = field(default_factory=dict)

    def origin(self, key: str) -> str:
        """Where a setting came from: default, file PATH, env NAME or flag --name."""
        return self.values[key].origin


def resolve(options: Mapping[str, object], environ: Mapping[str, str]) -> Resolved:
    """Read and check everything; ConfigError lists all that is wrong."""
    location = locate(options, environ)
    sources: list[Callable[[], Layer]] = [
        partial(read_environment, environ),
        partial(read_flags, options),
    ]
    if location.config_file:
        sources.insert(0, partial(read_settings_file, location.config_file, environ))
    resolved = _combine(_read_all(sources), location, environ)
    return replace(resolved, proxies=proxies(resolved.settings.providers, environ))


def check_file(path: Path, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The warnings about one file alone; ConfigError lists all that is wrong."""
    file = expand(str(path), environ)
    layer = read_settings_file(file, environ)
    others = {
        name: value
        for name, value in environ.items()
        if name == "LUNAROUTE_HOME" or not name.startswith("LUNAROUTE_")
    }
    location = locate({"config": str(file)}, others)
    return _combine([layer], location, others).warnings


def _read_all(sources: list[Callable[[], Layer]]) -> list[Layer]:
    layers, problems = [], []
    for read in sources:
        try:
            layers.append(read())
        except ConfigError as error:
            problems.append(str(error))
    if problems:
        raise ConfigError("\n".join(problems))
    return layers


def _combine(
    layers: list[Layer], location: Location, environ: Mapping[str, str]
) -> Resolved:
    defaults = {
        path: _expanded(path, each.default, location, environ)
        for path, each in declarations().items()
        if "<name>" not in path and not each.is_item and not each.about.same_as
    }
    given: Layer = {}
    for layer in layers:
        for path, value in layer.items():
            if not _stays(path, given):
                expanded = _expanded(path, value.value, location, environ)
                given[path] = replace(value, value=expanded)
    values = {
        path: Value(default, "default", dotted(path))
        for path, default in defaults.items()
    } | given
    settings = Settings.model_validate(
        nest({path: each.value for path, each in values.items()})
    )
    by_key = _by_key(values, location, environ)
    check_retention(settings.session_recording.jsonl.retention, by_key)
    _check_redaction(settings, values, location)
    return Resolved(
        settings=settings,
        values=by_key,
        secrets=frozenset(dotted(path) for path in values if find(path).about.secret),
        location=location,
        warnings=tuple(notices(given, defaults, settings, environ)),
    )


def _check_redaction(settings: Settings, values: Layer, location: Location) -> None:
    secret = values["session_recording", "pii", "hmac_secret"]
    check(settings.session_recording.pii, secret, location.home_directory)


def _stays(path: KeyPath, given: Layer) -> bool:
    earlier = given.get(path)
    return bool(earlier and earlier.value and find(path).about.file_first)


def _expanded(
    path: KeyPath, value: Any, location: Location, environ: Mapping[str, str]
) -> Any:
    if value is None or not find(path).about.path:
        return value
    if value.startswith(_HOME):
        return str(location.home_directory / value.removeprefix(_HOME))
    return str(expand(value, environ))


def _by_key(
    values: Layer, location: Location, environ: Mapping[str, str]
) -> dict[str, Value]:
    return {
        "home": location.home,
        "config": location.config,
        "bootstrap": location.bootstrap,
        "codex_ua_version": _codex_version(environ),
    } | {dotted(path): each for path, each in values.items()}


def _codex_version(environ: Mapping[str, str]) -> Value:
    declared = declarations(Process)[("codex_ua_version",)]
    name = declared.about.env
    given = environ.get(name, "")
    if not (given.isascii() and given.isprintable() and " " not in given):
        raise ConfigError(f"{name}: must be one word of visible ASCII characters")
    if given:
        return Value(given, f"env {name}", name)
    return Value(declared.default, "default", declared.key)
