"""The API's description of itself, made of the declarations that it obeys."""

import re
from dataclasses import dataclass
from typing import Any

from lunaroute._version import __version__
from lunaroute.exporting import FORMATS
from lunaroute.observer._parameters import (
    EXPORT,
    RAW,
    SEARCH,
    SESSIONS,
    STATS,
    Parameter,
)

JSON = "application/json"
BYTES = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Operation:
    """A path and what a GET of it answers; ``answer`` is the JSON type."""

    path: str
    summary: str
    parameters: tuple[Parameter, ...] = ()
    answer: str = "array"
    media_types: tuple[str, ...] = (JSON,)

    @property
    def ids(self) -> list[str]:
        """The names of the ids in the path."""
        return re.findall(r"{(\w+)}", self.path)


OPERATIONS = (
    Operation("/sessions", "The sessions that are asked for, a page", SESSIONS),
    Operation("/sessions/{id}", "A session: its row, and `turns`", answer="object"),
    Operation("/sessions/{id}/timeline", "Its requests and tool calls, in order"),
    Operation("/sessions/{id}/tools", "Its tools: calls, errors, times of results"),
    Operation(
        "/sessions/{id}/conversation",
        "Its texts and tool calls, by exchange, each once",
    ),
    Operation(
        "/sessions/{id}/raw/{request_id}",
        "A request's body, or an answer's, as it was recorded",
        RAW,
        answer="",
        media_types=(BYTES,),
    ),
    Operation(
        "/sessions/{id}/export",
        "The session as a file",
        EXPORT,
        answer="",
        media_types=tuple(sorted({each.media_type for each in FORMATS.values()})),
    ),
    Operation("/search", "The texts that a query finds", SEARCH),
    Operation("/stats", "Requests, tokens, cost, times, tools", STATS, "object"),
    Operation("/openapi.json", "This description (OpenAPI 3.1)", answer="object"),
)

_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message"],
            "properties": {"message": {"type": "string"}},
        }
    },
}


def openapi() -> dict[str, Any]:
    """The document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "LunaRoute", "version": __version__},
        "paths": {each.path: {"get": _get(each)} for each in OPERATIONS},
    }


def _get(operation: Operation) -> dict[str, Any]:
    schema = {"type": operation.answer} if operation.answer else {}
    answers = {"200": _answer("The answer", schema, operation.media_types)}
    answers["400"] = _answer("A parameter is wrong", _ERROR)
    if operation.ids:
        answers["404"] = _answer("There is no such session, or it was not kept", _ERROR)
    if operation.path != "/openapi.json":
        answers["503"] = _answer("The record cannot be read", _ERROR)
    parameters = [_parameter(each) for each in operation.parameters]
    for name in operation.ids:
        place = {"name": name, "in": "path", "required": True}
        parameters.append({**place, "schema": {"type": "string"}})
    return {
        "summary": operation.summary,
        "parameters": parameters,
        "responses": answers,
    }


def _answer(
    what: str, schema: dict[str, Any], media_types: tuple[str, ...] = (JSON,)
) -> dict[str, Any]:
    content = {media_type: {"schema": schema} for media_type in media_types}
    return {"description": what, "content": content}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": parameter.help,
        "schema": dict(parameter.schema),
    }
