"""Turns what the validation library found wrong into sentences for the user.

A value is repeated only when it was written in that very place and is no secret.
"""

import difflib
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from lunaroute.config._declaration import (
    BUILT_IN_PROVIDERS,
    Declaration,
    dotted,
    find,
)
from lunaroute.config._setting import Section
from lunaroute.config._suggestion import suggestion

# As much of a wrong value as is needed to recognise it.
SHOWN = 40

_DEEPER = {
    "string_type": "a text",
    "greater_than_equal": "a whole number of at least 0",
}

Where = tuple[str | int, ...]


def explain(
    error: ValidationError, root: type[Section], used: Mapping[str, str]
) -> dict[str, str]:
    """One sentence for each key that is wrong, by dotted key."""
    found: dict[str, str] = {}
    for each in error.errors():
        where, sentence = _sentence(each, root, used)
        found.setdefault(dotted(where), sentence)
    return found


def _sentence(
    error: ErrorDetails, root: type[Section], used: Mapping[str, str]
) -> tuple[Where, str]:
    where = tuple(each for each in error["loc"] if each != "[key]")
    match error["type"]:
        case "extra_forbidden":
            return where, f"unknown key; {suggestion(where, root)}"
        case "invalid_key":
            return where, "a key must be a text; put it in quotes"
        case "missing":
            return where, "is missing"
        case "value_error" if reason := str(error["ctx"]["error"]):
            return where, reason + _perhaps_built_in(where)
    declaration, rest = _declared(where, root)
    expected = _expected(error, declaration, rest)
    hidden = declaration is not None and declaration.about.secret
    return where, f"expected {expected}, got {_got(error, where, hidden, used)}"


def _perhaps_built_in(where: Where) -> str:
    if len(where) != 2 or where[0] != "providers":
        return ""
    close = difflib.get_close_matches(str(where[1]), BUILT_IN_PROVIDERS, 1)
    return f"; or did you mean providers.{close[0]}?" if close else ""


def _declared(where: Where, root: type[Section]) -> tuple[Declaration | None, Where]:
    for end in range(len(where), 0, -1):
        try:
            return find(where[:end], root), where[end:]
        except LookupError:
            continue
    return None, where


def _expected(error: ErrorDetails, declaration: Declaration | None, rest: Where) -> str:
    if declaration is None or rest:
        number = error["type"].startswith("int_")
        return _DEEPER.get(error["type"], "a whole number" if number else "a map")
    return declaration.words


def _got(
    error: ErrorDetails, where: Where, hidden: bool, used: Mapping[str, str]
) -> str:
    value: Any = error["input"]
    for end in range(len(where), 0, -1):
        variables = used.get(dotted(where[:end]))
        if variables:
            return f"the value of {variables}"
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "a map"
        case list():
            return "a list"
        case str() if "://" in value or "@" in value:
            return "another text"  # an address may hold a password
        case str() | int() | float():
            return "something else" if hidden else _shorten(repr(value))
        case _:
            return "something else"


def _shorten(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
