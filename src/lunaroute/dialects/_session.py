"""Which session a request belongs to, by what its client says and nothing else.

Sessions are never told by comparing messages: clients send the same message in
different shapes from one turn to the next.
"""

import re
from collections.abc import Mapping, Sequence

import orjson

from lunaroute._fast import user_id_span
from lunaroute.dialects._json import get_str, is_object, read_object
from lunaroute.model import Endpoint, SessionFacts

_VALID = re.compile(r"[A-Za-z0-9_-]{1,255}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_GENERIC = ("session_id", "session-id", "x-session-id")


def session_of(
    endpoint: Endpoint, headers: Sequence[tuple[str, str]], body: bytes
) -> SessionFacts:
    """Session and agent of a request, by the first of these rules that finds an id.

    1. Claude Code: ``X-Claude-Code-Session-Id``, else ``metadata.user_id`` of the body.
       A subagent has the session of its parent and an ``-Agent-Id`` of its own.
    2. OpenCode: a subagent has an ``x-session-id`` of its own and names its parent by
       ``x-parent-session-id``. It hangs below that: the parent's id is the session,
       its own is the agent.
    3. Codex: ``session-id``, else what ``x-codex-turn-metadata`` says. A subagent
       shares the session id; its ``thread-id`` is the agent, the thread that spawned
       it, which may be the session's main one, the parent.
    4. Anyone: the first of ``session_id``, ``session-id``, ``x-session-id``.

    An id is 1 to 255 ASCII letters, digits, ``-`` and ``_``; what is not is no id.
    """
    known: dict[str, str] = {}
    for name, value in headers:
        known.setdefault(name.lower(), value.strip())
    return (
        _claude_code(endpoint, known, body)
        or _opencode_subagent(known)
        or _codex(known)
        or SessionFacts(id=_first(known, *_GENERIC))
    )


def _valid(value: str | None) -> str | None:
    return value if value is not None and _VALID.fullmatch(value) else None


def _first(known: Mapping[str, str], *names: str) -> str | None:
    for name in names:
        if found := _valid(known.get(name)):
            return found
    return None


def _claude_code(
    endpoint: Endpoint, known: Mapping[str, str], body: bytes
) -> SessionFacts | None:
    session = _first(known, "x-claude-code-session-id")
    if session is None and endpoint in (Endpoint.MESSAGES, Endpoint.COUNT_TOKENS):
        session = _named_by_user_id(body)
    if session is None:
        return None
    return SessionFacts(
        id=session,
        agent=_first(known, "x-claude-code-agent-id"),
        parent_agent=_first(known, "x-claude-code-parent-agent-id"),
    )


def _named_by_user_id(body: bytes) -> str | None:
    start, end = user_id_span(body)
    if start < 0:
        return None
    try:
        user_id: object = orjson.loads(body[start:end])
    except orjson.JSONDecodeError:
        return None
    if is_object(user_id):
        return _valid(get_str(user_id, "session_id"))
    return _within(user_id) if isinstance(user_id, str) else None


def _within(user_id: str) -> str | None:
    # What looks like JSON is JSON: without a usable id inside it names no session, for
    # as a whole it is one user's, not one session's.
    if user_id.lstrip().startswith("{"):
        return _valid(get_str(read_object(user_id)[0], "session_id"))
    _, marker, behind = user_id.rpartition("_session_")
    if marker:
        return _valid(behind)
    alone = user_id.removeprefix("session_")
    return alone if _UUID.fullmatch(alone) else _valid(user_id)


def _opencode_subagent(known: Mapping[str, str]) -> SessionFacts | None:
    parent = _first(known, "x-parent-session-id")
    if parent is None:
        return None
    own = _first(known, "x-session-id", "x-session-affinity")
    return SessionFacts(id=parent, agent=own)


def _codex(known: Mapping[str, str]) -> SessionFacts | None:
    turn = read_object(known.get("x-codex-turn-metadata", ""))[0]
    thread = _first(known, "thread-id") or _valid(get_str(turn, "thread_id"))
    if thread is None and not turn:
        return None
    session = _first(known, "session-id") or _valid(get_str(turn, "session_id"))
    parent = _first(known, "x-codex-parent-thread-id")
    parent = parent or _valid(get_str(turn, "parent_thread_id"))
    is_subagent = (
        parent is not None
        or "x-openai-subagent" in known
        or get_str(turn, "thread_source") == "subagent"
    )
    if session is None and not is_subagent:
        session = thread  # the main thread has its session's id
    if session is None:
        return None
    if not is_subagent:
        return SessionFacts(id=session)
    return SessionFacts(id=session, agent=thread, parent_agent=parent)
