"""What an exchange is for, by what its client says of it: the words of
``request_class``. What says nothing is ``main``, or ``subagent`` where one speaks.
"""

from typing import Any

import orjson

from lunaroute.model import Endpoint, TextKind
from lunaroute.recording._reading import Reading

_ENDPOINTS = {
    Endpoint.COUNT_TOKENS: "count_tokens",
    Endpoint.EMBEDDINGS: "embeddings",
    Endpoint.WEBSOCKET: "websocket",
    Endpoint.WARM_UP: "warm_up",
    Endpoint.MODELS: "other",
    Endpoint.OTHER: "other",
}
_CODEX_KINDS = {"prewarm": "warm_up", "compaction": "compaction"}
_CODEX_TURN = "x-codex-turn-metadata"

# Claude Code's ``/compact`` ends in these words.
_TEXT_ONLY = "CRITICAL: Respond with TEXT ONLY"

# A title is asked for in four kilobytes, a turn comes with thirty and more.
_SMALL = 12_000


def class_of(reading: Reading) -> str:
    """One of main, subagent, title, compaction, warm_up, count_tokens, embeddings,
    websocket, other.
    """
    if reading.endpoint in _ENDPOINTS:
        return _ENDPOINTS[reading.endpoint]
    body = _body(reading)
    return (
        _codex_kind(reading, body)
        or ("compaction" if _is_compaction(reading, body) else None)
        or ("title" if _is_title(reading, body) else None)
        or _speaker(reading)
    )


def _speaker(reading: Reading) -> str:
    said = reading.request_head.get("x-claude-code-request-class")
    if said in ("main", "subagent"):
        return said
    return "subagent" if reading.who.agent else "main"


def _codex_kind(reading: Reading, body: dict[str, Any]) -> str | None:
    turn = reading.request_head.get(_CODEX_TURN)
    frame = body.get("client_metadata")
    for name, value in frame.items() if isinstance(frame, dict) else ():
        if name.endswith(_CODEX_TURN) and isinstance(value, str):
            turn = value  # a WebSocket's own header is of its handshake only
    kind = _object(turn or "").get("request_kind")
    return _CODEX_KINDS.get(kind) if isinstance(kind, str) else None


def _is_compaction(reading: Reading, body: dict[str, Any]) -> bool:
    items = body.get("input")
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and item.get("type") == "compaction_trigger":
            return True
    prompts = [t.text for t in reading.request.texts if t.kind is TextKind.PROMPT]
    is_asked = bool(prompts) and prompts[-1].lstrip().startswith(_TEXT_ONLY)
    return is_asked and _agent(reading).startswith("claude-cli/")


def _is_title(reading: Reading, body: dict[str, Any]) -> bool:
    if reading.request.tool_count or reading.raw.request.size > _SMALL:
        return False
    if _agent(reading).startswith("opencode/"):
        return True
    output = body.get("output_config")
    form = output.get("format") if isinstance(output, dict) else None
    is_schema = isinstance(form, dict) and form.get("type") == "json_schema"
    return is_schema and _agent(reading).startswith("claude-cli/")


def _agent(reading: Reading) -> str:
    return reading.request_head.get("user-agent") or ""


def _body(reading: Reading) -> dict[str, Any]:
    """The request again as values, where they may say more than its facts do."""
    if reading.request_json is None:
        return {}
    text = reading.sent
    hints = (b"compaction_trigger", b"request_kind")
    if len(text) > _SMALL and not any(hint in text for hint in hints):
        return {}
    return _object(text)


def _object(text: bytes | str) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
