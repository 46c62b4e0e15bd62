"""Puts environment variables into the text values of a file that is already parsed.

${NAME} and ${NAME:-default} are replaced, $${ stands for a literal ${, and every
other $ is an ordinary character. Templates are left alone: they have variables of
their own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lunaroute.config._declaration import dotted, item_of, member, section_of
from lunaroute.config._setting import Section, about
from lunaroute.config._settings import Settings

_TOKEN = re.compile(
    r"(?P<escape>\$\$\{)"
    r"|\$\{(?P<name>[A-Za-z_]\w*)(?::-(?P<default>[^{}]*))?\}"
    r"|(?P<malformed>\$\{)",
    re.ASCII,
)

Where = tuple[str | int, ...]


@dataclass(slots=True)
class Filled:
    """The values with variables put in, and what happened on the way.

    ``used`` holds, by dotted key, the variables whose values stand there, so that
    an error text can name them instead of what may be a secret.
    """

    data: Any = None
    used: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def substitute(
    data: Any, environ: Mapping[str, str], root: type[Section] = Settings
) -> Filled:
    """Replace the variables in every text that is not a template."""
    filled = Filled()
    filled.data = _Substitution(environ, filled).in_section(data, root, ())
    return filled


@dataclass(slots=True)
class _Substitution:
    environ: Mapping[str, str]
    filled: Filled

    def in_section(self, data: Any, kind: type[Section], where: Where) -> Any:
        if not isinstance(data, dict):
            return self.in_value(data, where)
        return {
            key: self.in_member(value, kind, key, (*where, str(key)))
            for key, value in data.items()
        }

    def in_member(
        self, value: Any, kind: type[Section], name: Any, where: Where
    ) -> Any:
        info = kind.model_fields.get(name)
        if info and about(info).template:
            return value
        annotation = member(kind, name)
        inner, item = section_of(annotation), item_of(annotation)
        if inner:
            return self.in_section(value, inner, where)
        if item and isinstance(value, list):
            return [
                self.in_section(each, item, (*where, index))
                for index, each in enumerate(value)
            ]
        return self.in_value(value, where)

    def in_value(self, value: Any, where: Where) -> Any:
        if isinstance(value, str):
            return _TOKEN.sub(lambda match: self.replace(match, where), value)
        if isinstance(value, list):
            return [self.in_value(each, where) for each in value]
        if isinstance(value, dict):
            return {key: self.in_value(each, where) for key, each in value.items()}
        return value

    def replace(self, match: re.Match[str], where: Where) -> str:
        if match["escape"]:
            return "${"
        key, name = dotted(where), match["name"]
        if match["malformed"]:
            self.filled.problems[key] = (
                "a ${ must begin ${NAME} or ${NAME:-default}; $${ is a literal ${"
            )
            return ""
        value = self.environ.get(name, "")
        if match["default"] is not None:
            value = value or match["default"]
        elif name not in self.environ:
            self.filled.problems[key] = (
                f"the environment variable {name} is not set; "
                f"set it, or give a default: ${{{name}:-…}}"
            )
        self.filled.used[key] = f"{self.filled.used.get(key, '')}${{{name}}}"
        return value
