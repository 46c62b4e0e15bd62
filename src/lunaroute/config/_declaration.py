"""Every setting with all that is known about it, and how settings are named.

A path is the tuple of keys that lead to a setting. "<name>" stands in it for a
provider with a name of the user's own, "[]" for the items of a list.
"""

import types
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from lunaroute.config._kind import Words
from lunaroute.config._setting import About, Section, about
from lunaroute.config._settings import Process, Settings

Path = tuple[str, ...]

BUILT_IN_PROVIDERS = ("anthropic", "openai")
ANY_NAME = "<name>"
ITEM = "[]"


@dataclass(frozen=True, slots=True)
class Declaration:
    """One setting: where it stands, what it may be, what is said about it."""

    path: Path
    words: str
    default: Any
    meaning: str
    about: About

    @property
    def key(self) -> str:
        return dotted(self.path)

    @property
    def is_item(self) -> bool:
        return ITEM in self.path


def dotted(path: tuple[str | int, ...]) -> str:
    """The path as the user writes it: a.b[0].c."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part == ITEM or not text:
            text += part
        else:
            text += f".{part}"
    return text


@cache
def declarations(root: type[Section] = Settings) -> dict[Path, Declaration]:
    """All settings below a root, in the order of their declaration."""
    return {each.path: each for each in _walk(root, (), About())}


def find(path: tuple[str | int, ...], root: type[Section] = Settings) -> Declaration:
    """The declaration of a setting, also below an extra provider or in a list."""
    parts = [ITEM if isinstance(part, int) else part for part in path]
    if parts[0] == "providers" and parts[1] not in BUILT_IN_PROVIDERS:
        parts[1] = ANY_NAME
    return declarations(root)[tuple(parts)]


def variables() -> dict[str, Declaration]:
    """Every known environment variable and the setting that it sets."""
    known = (*declarations(Process).values(), *declarations().values())
    return {each.about.env: each for each in known if each.about.env}


def flags() -> dict[str, Declaration]:
    """Every command-line flag, by the name it has among the parsed options."""
    known = (*declarations(Process).values(), *declarations().values())
    return {
        each.about.flag.lstrip("-").replace("-", "_"): each
        for each in known
        if each.about.flag
    }


def canonical(path: Path) -> Path:
    """The path under which a setting is kept, whatever its spelling."""
    target = find(path).about.same_as
    if not target:
        return path
    parts = zip(target.split("."), (*path, *path), strict=False)
    return tuple(mine if part == "*" else part for part, mine in parts)


def section_of(annotation: Any) -> type[Section] | None:
    """The section that a field holds, if it is one."""
    is_section = isinstance(annotation, type) and issubclass(annotation, Section)
    return annotation if is_section else None


def item_of(annotation: Any) -> type[Section] | None:
    """The section that a list holds in each item, if it is such a list."""
    if get_origin(annotation) is list:
        return section_of(get_args(annotation)[0])
    return None


def member(kind: type[Section], name: object) -> Any:
    """The annotation of a key in a section, None if it is not known there."""
    info = kind.model_fields.get(name) if isinstance(name, str) else None
    return info.annotation if info else kind.OTHERS


def _walk(kind: type[Section], path: Path, outer: About) -> Iterator[Declaration]:
    for name, info in kind.model_fields.items():
        here = (*path, name)
        facts = _inherit(about(info), outer, here)
        inner = section_of(info.annotation)
        if inner:
            yield from _walk(inner, here, facts)
            continue
        yield _declare(here, info, facts)
        item = item_of(info.annotation)
        if item:
            yield from _walk(item, (*here, ITEM), facts)
    if kind.OTHERS:
        yield from _walk(kind.OTHERS, (*path, ANY_NAME), outer)


def _inherit(facts: About, outer: About, path: Path) -> About:
    return replace(
        facts,
        env=_variable(facts.env, path),
        feature=facts.feature or outer.feature,
        secret=facts.secret or outer.secret,
        template=facts.template or outer.template,
        same_as=facts.same_as or (outer.same_as and f"{outer.same_as}.{path[-1]}"),
    )


def _variable(pattern: str, path: Path) -> str:
    if "{PROVIDER}" not in pattern:
        return pattern
    name = path[1]
    return "" if name == ANY_NAME else pattern.format(PROVIDER=name.upper())


def _declare(path: Path, info: FieldInfo, facts: About) -> Declaration:
    return Declaration(
        path=path,
        words=_words(info.annotation, info.metadata),
        default=None if info.is_required() else info.default,
        meaning=info.description or "",
        about=facts,
    )


def _words(annotation: Any, metadata: list[Any]) -> str:
    for each in metadata:
        if isinstance(each, Words):
            return each.text
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _words(args[0], list(args[1:]))
    if origin in (Union, types.UnionType):
        return _words(next(each for each in args if each is not type(None)), [])
    if origin is Literal:
        return _one_of([str(each) for each in args])
    return "a list of maps" if item_of(annotation) else "a map"


def _one_of(choices: list[str]) -> str:
    return f"{', '.join(choices[:-1])} or {choices[-1]}"
