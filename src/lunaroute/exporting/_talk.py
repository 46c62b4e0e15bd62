"""A session as a conversation: what Markdown and HTML show."""

from collections.abc import Iterator
from dataclasses import dataclass

from lunaroute.exporting._copy import CopiedTurn
from lunaroute.insight import SessionDetail, Tokens, counted, iso

_NAMES = {
    "system": "System",
    "prompt": "Prompt",
    "answer": "Answer",
    "thinking": "Thinking",
    "tool_output": "Result of a tool",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """``kind`` is one of the record's, ``name`` a heading, ``text`` anything at all."""

    kind: str
    name: str
    text: str


def pieces(copied: CopiedTurn) -> Iterator[Piece]:
    """What the exchange brought, in order; a history that came back is not repeated."""
    for text in copied.turn.texts:
        if text.kind in _NAMES:
            name = _NAMES[text.kind]
            if text.role not in ("user", "assistant", "system", "tool"):
                name = f"{name} ({text.role})"
            yield Piece(text.kind, name, text.text)
    for call in copied.turn.calls:
        yield Piece("tool_input", f"Tool {call.name}", call.arguments)
    if copied.row.error_text:
        yield Piece("error", "Error", copied.row.error_text)
    if copied.row.problem:
        yield Piece("problem", "Not recorded whole", copied.row.problem)


def facts(copied: CopiedTurn) -> str:
    """One line: when, which model, how it ended, how long, how much."""
    row, turn = copied.row, copied.turn
    parts = [
        iso(row.started_at),
        row.model_used or row.model_requested or row.endpoint,
        str(row.status) if row.status else None,
        row.outcome,
        row.stop_reason,
        seconds(turn.duration_ms),
        counted(turn.tokens.total, "token") if turn.tokens.total else None,
        None if turn.cost_usd is None else dollars(turn.cost_usd, 0),
        f"agent {row.agent}" if row.agent else None,
    ]
    return " · ".join(part for part in parts if part)


def summary(detail: SessionDetail) -> tuple[tuple[str, str], ...]:
    """Pairs of a name and a value: what the session came to."""
    row = detail.summary
    return (
        ("Began", f"{row.started_at} UTC"),
        ("Model", row.model_used or row.model_requested or "unknown"),
        ("Turns", f"{row.turn_count:,}"),
        ("Tool calls", f"{row.tool_call_count:,}"),
        ("Tokens", tokens(detail.tokens)),
        ("Cost", dollars(row.cost_usd, row.unpriced_count)),
        ("Lasted", seconds(row.total_duration_ms) or "unknown"),
    )


def tokens(counts: Tokens) -> str:
    """In all, and in parts those that are not zero."""
    named = (
        ("input", counts.input),
        ("cache read", counts.cache_read),
        ("cache write", counts.cache_write),
        ("output", counts.output),
        ("thinking", counts.thinking),
        ("reasoning", counts.reasoning),
        ("audio", counts.audio),
    )
    parts = ", ".join(f"{name} {count:,}" for name, count in named if count)
    return f"{counts.total:,} ({parts})" if parts else "0"


def dollars(usd: float | None, unknown: int) -> str:
    """A cost; "unknown" is said, and is not zero."""
    if usd is None:
        return "unknown" if unknown else "none"
    known = f"${usd:.4f}"
    return f"{known} and {unknown} at an unknown price" if unknown else known


def seconds(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else f"{milliseconds / 1_000:.2f} s"
