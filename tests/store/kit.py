"""Small builders for store rows."""

import hashlib
from pathlib import Path
from typing import Any

from lunaroute.store import (
    ExchangeRow,
    Prepared,
    Store,
    TextRow,
    ToolCallRow,
    ToolResultRow,
)

START = 1_760_000_000_000_000  # 2025-10-09 08:53:20 UTC


def text_hash(kind: str, role: str, text: str) -> bytes:
    return hashlib.sha256(f"{kind}\0{role}\0{text}".encode("utf-8", "replace")).digest()


def text(kind: str, role: str, words: str, ordinal: int = 0) -> TextRow:
    return TextRow(ordinal, kind, role, words, text_hash(kind, role, words))


def exchange(number: int = 1, session: str = "s1", **more: Any) -> ExchangeRow:
    values: dict[str, Any] = {
        "id": f"boot-0-{number}",
        "session_id": session,
        "started_at": START + number * 1_000_000,
        "outcome": "answered",
        "endpoint": "messages",
        "provider": "anthropic",
        "ended_us": 500_000,
    }
    return ExchangeRow(**(values | more))


def prepared(
    number: int = 1,
    session: str = "s1",
    *,
    texts: tuple[TextRow, ...] = (),
    calls: tuple[ToolCallRow, ...] = (),
    results: tuple[ToolResultRow, ...] = (),
    **more: Any,
) -> Prepared:
    return Prepared(exchange(number, session, **more), texts, calls, results)


def write(store: Store, *records: Prepared) -> list[str | None]:
    with store.writing() as batch:
        return [batch.add(record) for record in records]


def database(directory: Path) -> Path:
    return directory / "home" / "sessions.db"
