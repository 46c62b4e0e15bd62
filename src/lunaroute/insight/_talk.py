"""A session as it was spoken: texts and tool calls by exchange."""

from dataclasses import dataclass
from typing import Any

from lunaroute.store import Store


@dataclass(frozen=True, slots=True)
class Spoken:
    """What an exchange brought that its session had not had before.

    ``texts`` are ``kind``, ``role`` and ``text``; ``calls`` are ``call_id``, ``tool``,
    ``arguments``, ``is_error`` and ``result_ms``, the last two None while nothing came
    back or nobody says.
    """

    exchange_id: str
    texts: tuple[dict[str, Any], ...]
    calls: tuple[dict[str, Any], ...]


def session_talk(store: Store, session_id: str) -> tuple[Spoken, ...]:
    """One for each exchange, in order; none where there is no such session."""
    texts: dict[str, list[dict[str, Any]]] = {}
    for text in store.texts(session_id):
        shown = {"kind": text.kind, "role": text.role, "text": text.text}
        texts.setdefault(text.exchange_id, []).append(shown)
    calls: dict[str, list[dict[str, Any]]] = {}
    for call in store.tool_calls(session_id):
        asked = {
            "call_id": call.call_id,
            "tool": call.name,
            "arguments": call.arguments,
            "is_error": call.result_is_error,
            "result_ms": None if call.result_us is None else call.result_us / 1000,
        }
        calls.setdefault(call.exchange_id, []).append(asked)
    return tuple(
        Spoken(turn.id, tuple(texts.get(turn.id, ())), tuple(calls.get(turn.id, ())))
        for turn in store.turns(session_id)
    )
