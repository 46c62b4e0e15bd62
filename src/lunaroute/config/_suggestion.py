"""What an unknown name was perhaps meant to be."""

import difflib

from lunaroute.config._declaration import (
    declarations,
    dotted,
    item_of,
    member,
    section_of,
    variables,
)
from lunaroute.config._setting import Section
from lunaroute.config._settings import Settings

# Below this likeness a suggestion confuses more than it helps (difflib's default).
LIKENESS = 0.6


def suggestion(path: tuple[str | int, ...], root: type[Section] = Settings) -> str:
    """What an unknown key was perhaps meant to be."""
    *parents, name = path
    siblings = _siblings(tuple(parents), root)
    close = difflib.get_close_matches(str(name), siblings, 1, LIKENESS)
    if close:
        return f"did you mean {dotted((*parents, close[0]))}?"
    everywhere = _nearest_anywhere(dotted(path), str(name), root)
    if everywhere:
        return f"did you mean {everywhere}?"
    return f"known here: {', '.join(siblings)}"


def nearest_variable(name: str) -> str:
    """The known variable that looks most like this one."""
    return difflib.get_close_matches(name, variables(), 1, 0.0)[0]


def _nearest_anywhere(key: str, name: str, root: type[Section]) -> str | None:
    known = [each.key for each in declarations(root).values() if not each.is_item]
    same_name = [each for each in known if each.rsplit(".", 1)[-1] == name]
    close = difflib.get_close_matches(key, same_name, 1, 0.0)
    close = close or difflib.get_close_matches(key, known, 1, LIKENESS)
    return close[0] if close else None


def _siblings(parents: tuple[str | int, ...], root: type[Section]) -> list[str]:
    kind = root
    for part in parents:
        annotation = item_of(kind) if isinstance(part, int) else member(kind, part)
        kind = section_of(annotation) or item_of(annotation) or kind
    return list(kind.model_fields)
