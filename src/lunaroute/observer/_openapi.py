"""The API's description of itself, made of the declarations that it obeys."""

from dataclasses import dataclass
from typing import Any

from lunaroute._version import __version__
from lunaroute.observer._parameters import SEARCH, SESSIONS, Parameter


@dataclass(frozen=True, slots=True)
class Operation:
    """A path and what a GET of it answers; ``answer`` is the JSON type."""

    path: str
    summary: str
    parameters: tuple[Parameter, ...] = ()
    answer: str = "array"

    @property
    def has_id(self) -> bool:
        return "{id}" in self.path


OPERATIONS = (
    Operation("/sessions", "The sessions that are asked for, a page", SESSIONS),
    Operation("/sessions/{id}", "A session: its row, and `turns`", answer="object"),
    Operation("/sessions/{id}/timeline", "Its requests and tool calls, in order"),
    Operation("/sessions/{id}/tools", "Its tools: calls, errors, times of results"),
    Operation("/search", "The texts that a query finds", SEARCH),
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
    answers = {"200": _answer("The answer", {"type": operation.answer})}
    answers["400"] = _answer("A parameter is wrong", _ERROR)
    if operation.has_id:
        answers["404"] = _answer("There is no such session", _ERROR)
    if operation.path != "/openapi.json":
        answers["503"] = _answer("The record cannot be read", _ERROR)
    parameters = [_parameter(each) for each in operation.parameters]
    if operation.has_id:
        place = {"name": "id", "in": "path", "required": True}
        parameters.append({**place, "schema": {"type": "string"}})
    return {
        "summary": operation.summary,
        "parameters": parameters,
        "responses": answers,
    }


def _answer(what: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": what, "content": {"application/json": {"schema": schema}}}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": parameter.help,
        "schema": dict(parameter.schema),
    }
