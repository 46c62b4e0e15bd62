"""The paths that a tool call's arguments name."""

import re
from collections.abc import Iterator

import orjson

_KEYS = frozenset(("file_path", "path", "notebook_path", "filename", "file"))
_PATCH = re.compile(
    r"^\*\*\* (?:Add File|Update File|Delete File|Move to): (.+?)\r?$", re.MULTILINE
)
_MOST = 64
_LONGEST = 4_096
_DEEPEST = 6


def named_files(arguments: str) -> tuple[str, ...]:
    """Each path once, in the order of the arguments; a patch may be all of them."""
    try:
        value = orjson.loads(arguments)
    except ValueError:
        value = arguments
    paths = dict.fromkeys(path.strip() for path in _named(value, _DEEPEST))
    kept = [p for p in paths if p and len(p) <= _LONGEST and "\n" not in p]
    return tuple(kept[:_MOST])


def _named(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield from _PATCH.findall(value)
    elif depth and isinstance(value, list):
        for each in value:
            yield from _named(each, depth - 1)
    elif depth and isinstance(value, dict):
        for key, each in value.items():
            if key in _KEYS and isinstance(each, str):
                yield each
            else:
                yield from _named(each, depth - 1)
