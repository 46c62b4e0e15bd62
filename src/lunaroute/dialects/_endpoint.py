"""What a path asks for."""

from lunaroute.model import Dialect, Endpoint

_ANTHROPIC = {
    ("POST", "/messages"): Endpoint.MESSAGES,
    ("POST", "/messages/count_tokens"): Endpoint.COUNT_TOKENS,
    ("GET", "/models"): Endpoint.MODELS,
}
_OPENAI = {
    ("POST", "/chat/completions"): Endpoint.CHAT,
    ("POST", "/responses"): Endpoint.RESPONSES,
    # The upgrade to a WebSocket; there is no plain GET of all responses.
    ("GET", "/responses"): Endpoint.WEBSOCKET,
    ("POST", "/embeddings"): Endpoint.EMBEDDINGS,
    ("GET", "/models"): Endpoint.MODELS,
}
_TABLES = {Dialect.ANTHROPIC: _ANTHROPIC, Dialect.OPENAI: _OPENAI}


def endpoint_of(dialect: Dialect, method: str, path: str) -> Endpoint:
    """The endpoint of a path without its query, with or without the leading ``/v1``."""
    place = path.removeprefix("/v1") if path.startswith("/v1/") else path
    place = place.rstrip("/")
    if place.startswith("/models/"):
        place = "/models"
    return _TABLES[dialect].get((method.upper(), place), Endpoint.OTHER)
