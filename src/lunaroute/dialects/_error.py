"""Errors in the shapes that providers give them."""

from lunaroute.dialects._json import JsonObject, dump, get_count, get_str, is_object


def read_error(payload: JsonObject) -> tuple[str | None, str | None]:
    """Kind and text of an error body or event.

    The kind is OpenAI's ``code`` where it has one, for its ``type`` is often the mere
    ``invalid_request_error``; else the ``type``, which is all that Anthropic has.
    """
    error = payload.get("error")
    if isinstance(error, str):
        return get_str(payload, "code"), error
    if not is_object(error):
        # Bare: a Responses ``error`` event, or a server of neither vendor.
        error = payload
    return _kind(error), _text(error)


def read_status(payload: JsonObject) -> int | None:
    """The HTTP status that an error on a WebSocket stands for."""
    for name in ("status", "status_code"):
        found = get_count(payload, name)
        if found is not None and 400 <= found <= 599:
            return found
    return None


def _kind(error: JsonObject) -> str | None:
    code = get_str(error, "code") or get_str(error, "type")
    if code is None and (number := get_count(error, "code")) is not None:
        return str(number)
    return code


def _text(error: JsonObject) -> str:
    for name in ("message", "detail", "error_description"):
        if found := get_str(error, name):
            return found
    return dump(error)
