"""Reads a YAML or TOML file into plain values; knows nothing of settings.

YAML is read by the rules of its version 1.2 where they matter here: only true and
false are booleans (`websocket: off` is the text "off"), dates stay text, and a key
that is given twice is an error.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

from lunaroute.errors import ConfigError

_BOOL = "tag:yaml.org,2002:bool"
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_MERGE = "tag:yaml.org,2002:merge"
# What a parser quotes from the file may be a secret; its own token names are not.
_QUOTED = re.compile(r"'(?!<)[^']{2,}'")


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own class attribute
        first: [each for each in resolvers if each[0] not in (_BOOL, _TIMESTAMP)]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Any, Any]:
        _refuse_duplicates(node)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    _BOOL, re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def read_file(path: Path) -> dict[str, Any]:
    """The file's top map; ConfigError when it cannot be read or is not one."""
    text = _read_text(path)
    try:
        data = _parse(path, text)
    except RecursionError:
        raise ConfigError(f"{path}: is nested too deeply") from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: expected a map of settings at the top")
    return data


def _read_text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise ConfigError(f"{path}: cannot be read: {reason}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path}: is not UTF-8 text (at byte {error.start})"
        ) from None


def _parse(path: Path, text: str) -> Any:
    match path.suffix.lower():
        case ".toml":
            return _parse_toml(path, text)
        case ".yaml" | ".yml" | "":
            return _parse_yaml(path, text)
        case other:
            raise ConfigError(
                f"{path}: {other} files are not known; "
                "a configuration file ends in .yaml, .yml or .toml"
            )


def _parse_toml(path: Path, text: str) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not valid TOML: {_veil(str(error))}") from None


def _parse_yaml(path: Path, text: str) -> Any:
    try:
        # A subclass of SafeLoader: it makes plain values only.
        data = yaml.load(text, _Loader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        raise ConfigError(f"{path}: is not valid YAML: {_reason(error)}") from None
    except (yaml.YAMLError, ValueError):
        # ReaderError, or a number such as 0o9 that its constructor refuses.
        raise ConfigError(f"{path}: is not valid YAML") from None
    _refuse_loops(path, data, ())
    return data


def _reason(error: yaml.MarkedYAMLError) -> str:
    what = _veil(error.problem or "unexpected text")
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return what
    return f"{what} (line {mark.line + 1}, column {mark.column + 1})"


def _veil(problem: str) -> str:
    return _QUOTED.sub("'…'", problem)


def _refuse_duplicates(node: yaml.MappingNode) -> None:
    seen = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
            continue
        if key.value in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key.value} is given twice", key.start_mark
            )
        seen.add(key.value)


def _refuse_loops(path: Path, data: Any, above: tuple[int, ...]) -> None:
    if not isinstance(data, dict | list):
        return
    if id(data) in above:
        raise ConfigError(f"{path}: an alias refers to a map or list that contains it")
    for each in data.values() if isinstance(data, dict) else data:
        _refuse_loops(path, each, (*above, id(data)))
