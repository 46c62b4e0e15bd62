"""The small answers that are ours: status, JSON, and each dialect's error shape."""

import json
from collections.abc import Sequence
from http import HTTPStatus

from lunaroute.model import Dialect

# https://docs.anthropic.com/en/api/errors and OpenAI's error types by status; a
# client library chooses its exception by the status, a human reads the message.
_ANTHROPIC_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
}


def reply(
    status: int,
    body: bytes,
    *,
    content_type: str = "application/json",
    close: bool = False,
    head_only: bool = False,
    extra: Sequence[tuple[str, str]] = (),
) -> bytes:
    """A complete HTTP/1.1 answer. ``head_only`` is for HEAD requests."""
    lines = [
        f"HTTP/1.1 {status} {_reason(status)}",
        f"content-type: {content_type}",
        f"content-length: {len(body)}",
        *(f"{name}: {value}" for name, value in extra),
    ]
    if close:
        lines.append("connection: close")
    head = "\r\n".join(lines) + "\r\n\r\n"
    return head.encode("latin-1", "replace") + (b"" if head_only else body)


def error_body(dialect: Dialect | None, status: int, message: str) -> bytes:
    """An error in the dialect's own JSON; without a dialect, OpenAI's, the simpler."""
    kind = _ANTHROPIC_TYPES.get(
        status,
        "api_error" if status >= 500 else "invalid_request_error",
    )
    shape: dict[str, object]
    if dialect is Dialect.ANTHROPIC:
        shape = {"type": "error", "error": {"type": kind, "message": message}}
    else:
        shape = {
            "error": {
                "message": message,
                "type": kind,
                "param": None,
                "code": f"lunaroute_{status}",
            }
        }
    return json.dumps(shape, ensure_ascii=False).encode()


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
