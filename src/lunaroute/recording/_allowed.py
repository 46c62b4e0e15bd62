"""What of heads and targets may be kept: what these lists name and nothing else.

A credential is never recognised here, it is simply not on a list.
"""

import re
from collections.abc import Iterable, Mapping

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
        "traceparent",
        "tracestate",
        "transfer-encoding",
        "user-agent",
        "version",
        "x-app",
        "x-claude-code-agent-id",
        "x-claude-code-agent-type",
        "x-claude-code-auxiliary-type",
        "x-claude-code-compaction",
        "x-claude-code-context-compacted",
        "x-claude-code-parent-agent-id",
        "x-claude-code-prev-tool-durations",
        "x-claude-code-prompt-id",
        "x-claude-code-request-class",
        "x-claude-code-session-id",
        "x-client-request-id",
        "x-codex-beta-features",
        "x-codex-parent-thread-id",
        "x-codex-window-id",
        "x-openai-subagent",
        "x-parent-session-id",
        "x-session-affinity",
        "x-session-id",
        "x-stainless-arch",
        "x-stainless-async",
        "x-stainless-helper-method",
        "x-stainless-lang",
        "x-stainless-os",
        "x-stainless-package-version",
        "x-stainless-read-timeout",
        "x-stainless-retry-count",
        "x-stainless-runtime",
        "x-stainless-runtime-version",
        "x-stainless-stream-helper",
        "x-stainless-timeout",
    }
)
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

_ABSOLUTE = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?]*")

HIDDEN = "…"

# Longer than any header these lists name has a reason to be.
_MAX_VALUE = 4_096


def request_headers(head: Head) -> dict[str, str]:
    """The request headers that may be kept, by lower-case name."""
    return _kept(head.fields, _REQUEST_HEADERS, ())


def answer_headers(head: Head) -> dict[str, str]:
    """The response headers that may be kept, by lower-case name."""
    return _kept(head.fields, _ANSWER_HEADERS, _ANSWER_PREFIXES)


def masked_headers(head: Head, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """All fields in order as they came; of those whose lower-case name is not among
    ``names`` no value.
    """
    return [
        (name, value[:_MAX_VALUE] if name.lower() in names else HIDDEN)
        for name, value in head.fields
    ]


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
    """Path and query of a target, the latter without values that may be keys; an
    absolute-form target's scheme and authority, which may hold a password, go.
    """
    path, mark, query = _ABSOLUTE.sub("", target).partition("?")
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
