"""The parameters of the API, declared once: what is read, refused and documented."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lunaroute.exporting import FORMATS
from lunaroute.store import SessionSort, Sort, StatsBy, moment

MAX_LIMIT = 1_000
_LARGEST = 10**15
_MEASURES = {
    "total_tokens": "tokens in all",
    "input_tokens": "input tokens that were not cached",
    "output_tokens": "output tokens",
    "duration": "milliseconds from the first request to the last answer",
}

_MOMENT = {
    "anyOf": [
        {"enum": ["today", "yesterday"]},
        {"type": "string", "pattern": "^[1-9][0-9]{0,2}[mhdw]$"},
        {
            "type": "string",
            "pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$",
        },
        {
            "type": "string",
            "pattern": "^20[0-9]{2}-0[1-9]-[01][1-9]T[01][0-9]:[0-5][0-9]$",
        },
    ]
}


class BadParameterError(Exception):
    """Says which parameter is wrong, why, and what would be right."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """``read`` makes the value of the text or raises ValueError; ``schema`` is its
    JSON schema.
    """

    name: str
    read: Callable[[str], Any]
    schema: Mapping[str, Any]
    help: str
    required: bool = False


def _text(name: str, help_text: str, *, required: bool = False) -> Parameter:
    schema = {"type": "string", "minLength": 1}
    return Parameter(name, str, schema, help_text, required)


def _integer(
    name: str,
    help_text: str,
    *,
    least: int = 0,
    most: int = _LARGEST,
    default: int | None = None,
) -> Parameter:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,16}", text) or not least <= int(text) <= most:
            raise ValueError(f"it takes a whole number from {least} to {most}")
        return int(text)

    schema: dict[str, Any] = {"type": "integer", "minimum": least, "maximum": most}
    if default is not None:
        schema["default"] = default
    return Parameter(name, read, schema, help_text)


def _flag(name: str, help_text: str) -> Parameter:
    def read(text: str) -> bool:
        if text not in ("true", "false"):
            raise ValueError("it takes true or false")
        return text == "true"

    return Parameter(name, read, {"type": "boolean"}, help_text)


def _choice(name: str, words: Iterable[str], help_text: str) -> Parameter:
    known = [str(word) for word in words]

    def read(text: str) -> str:
        if text not in known:
            raise ValueError(f"it is one of {', '.join(known)}")
        return text

    schema = {"type": "string", "enum": known, "default": known[0]}
    return Parameter(name, read, schema, help_text)


def _one_of(name: str, words: Iterable[str], help_text: str) -> Parameter:
    """A choice that may be left out."""
    chosen = _choice(name, words, help_text)
    schema = {name: part for name, part in chosen.schema.items() if name != "default"}
    return Parameter(name, chosen.read, schema, help_text)


def _moment(name: str, help_text: str) -> Parameter:
    return Parameter(name, moment, _MOMENT, help_text)


_LIMIT = _integer(
    "limit", "how many at most (default 50)", least=1, most=MAX_LIMIT, default=50
)

SESSIONS = (
    _text("text_search", "sessions with a text that this query finds"),
    _text("model", "asked for or answered: exact, or a beginning up to a `-`"),
    _text("provider", "exact: `anthropic`, `openai`"),
    _integer("days", "active in so many days up to now", least=1, most=36_500),
    _moment("since", "active at or after: a day, a time, or an age such as `24h`"),
    _moment("until", "begun before"),
    *(
        _integer(f"{bound}_{name}", f"at {word} so many {what}")
        for name, what in _MEASURES.items()
        for bound, word in (("min", "least"), ("max", "most"))
    ),
    _flag("success", "`false`: any of its exchanges failed; `true`: none did"),
    _flag("streaming", "`true`: any of its answers streamed; `false`: none did"),
    _text("agent", "with a subagent whose id begins so"),
    _text("project", "exact"),
    _text("tool", "in which this tool was called, exact"),
    _choice(
        "sort",
        SessionSort,
        "`newest` and `oldest` by the last request, else most first",
    ),
    _LIMIT,
    _text("cursor", "where the page before ended: from its `link` header"),
)

STATS_BY = tuple(by.value for by in StatsBy)

STATS = (
    _integer("days", "begun in so many days up to now", least=1, most=36_500),
    _text("session", "of sessions whose id is this or begins so"),
    _text("model", "asked for or answered: exact, or a beginning up to a `-`"),
    _text("agent", "of subagents whose id begins so"),
    _text("project", "exact"),
    _one_of("by", STATS_BY, "`groups` of these, the most tokens first; days in order"),
)

SEARCH = (
    _text("q", "a query, as `lunaroute search` takes it", required=True),
    _LIMIT,
    _choice("sort", Sort, "`best` and `time` of the newest 10,000 hits, `rank` of all"),
)

RAW = (_choice("part", ("request", "answer"), "whose body"),)
EXPORT = (
    _choice(
        "format",
        FORMATS,
        "; ".join(f"`{each.name}`: {each.help}" for each in FORMATS.values()),
    ),
)


def read_parameters(
    given: Iterable[tuple[str, str]], declared: tuple[Parameter, ...]
) -> dict[str, Any]:
    """The values by name, those alone that were given. Raises BadParameterError."""
    known = {parameter.name: parameter for parameter in declared}
    values: dict[str, Any] = {}
    for name, text in given:
        if name not in known:
            names = ", ".join(known) or "there are none here"
            raise BadParameterError(f"{name}: is no parameter here; known: {names}")
        if name in values:
            raise BadParameterError(f"{name}: is given twice; give it once")
        values[name] = _read(known[name], text)
    for parameter in declared:
        if parameter.required and parameter.name not in values:
            raise BadParameterError(
                f"{parameter.name}: is missing; it takes {parameter.help}"
            )
    return values


def _read(parameter: Parameter, text: str) -> Any:
    if not text:
        raise BadParameterError(
            f"{parameter.name}: is empty; give it a value or leave it out"
        )
    try:
        return parameter.read(text)
    except ValueError as error:
        raise BadParameterError(f"{parameter.name}: {text!r}: {error}") from error
