"""What of heads and targets may be kept: what these lists name and nothing else.

A credential is never recognised here, it is simply not on a list.
"""

import re
from collections.abc import Iterable

from lunaroute.recording._head import Head

_REQUEST_HEADERS = frozenset(
    {
        "accept",
        "accept-encoding",
        "anthropic-beta",
        "anthropic-version",
        "content-encoding",
        "content-length",
        "content-type",
        "openai-beta",
        "originator",
        "session-id",
        "session_id",
        "thread-id",
        "transfer-encoding",
        "user-agent",
        "version",
        "x-app",
        "x-client-request-id",
        "x-codex-beta-features",
        "x-codex-parent-thread-id",
        "x-codex-window-id",
        "x-openai-subagent",
        "x-parent-session-id",
        "x-session-affinity",
        "x-session-id",
    }
)
_REQUEST_PREFIXES = ("x-claude-code-", "x-stainless-")
_ANSWER_HEADERS = frozenset(
    {
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "openai-processing-ms",
        "openai-version",
        "request-id",
        "retry-after",
        "transfer-encoding",
        "x-request-id",
    }
)
_ANSWER_PREFIXES = ("anthropic-ratelimit-", "x-ratelimit-")
_PARAMETERS = frozenset(
    {
        "after_id",
        "api-version",
        "before_id",
        "beta",
        "client_version",
        "limit",
        "stream",
    }
)
_PARAMETER_NAME = re.compile(r"[A-Za-z0-9_.\[\]-]{1,40}")

HIDDEN = "…"

# Longer than any header these lists name has a reason to be.
_MAX_VALUE = 4_096


def request_headers(head: Head) -> dict[str, str]:
    """The request headers that may be kept, by lower-case name."""
    return _kept(head.fields, _REQUEST_HEADERS, _REQUEST_PREFIXES)


def answer_headers(head: Head) -> dict[str, str]:
    """The response headers that may be kept, by lower-case name."""
    return _kept(head.fields, _ANSWER_HEADERS, _ANSWER_PREFIXES)


def _kept(
    fields: Iterable[tuple[str, str]],
    names: frozenset[str],
    prefixes: tuple[str, ...],
) -> dict[str, str]:
    kept: dict[str, str] = {}
    for name, value in fields:
        name = name.lower()
        if name in names or name.startswith(prefixes):
            value = value[:_MAX_VALUE]
            kept[name] = f"{kept[name]}, {value}" if name in kept else value
    return kept


def split_target(target: str) -> tuple[str, str]:
    """Path and query of a target, the latter without values that may be keys."""
    path, mark, query = target.partition("?")
    if not mark:
        return path, ""
    return path, "&".join(_parameter(part) for part in query.split("&"))


def _parameter(part: str) -> str:
    name, equals, _ = part.partition("=")
    if name in _PARAMETERS:
        return part[:_MAX_VALUE]
    if not equals:
        return HIDDEN if part else ""
    shown = name if _PARAMETER_NAME.fullmatch(name) else HIDDEN
    return f"{shown}={HIDDEN}"
