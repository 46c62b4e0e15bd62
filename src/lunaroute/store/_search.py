"""Full-text search: relevance, ranked within the newest hits."""

import re
import secrets
from typing import Any

import apsw

from lunaroute.store._rows import Hit
from lunaroute.store._words import match_expression

# Ranking a common word over a million texts takes a second; the newest ones are the
# ones looked for, and so many of them rank in milliseconds.
NEWEST = 10_000

_SNIPPET_TOKENS = 24

_RANKED = """
WITH newest AS MATERIALIZED (
  SELECT rowid AS id, rank AS score FROM texts_index
  WHERE texts_index MATCH ? ORDER BY rowid DESC LIMIT ?
)
SELECT newest.id, e.started_at, t.session_id, t.exchange_id, t.kind, t.role
FROM newest JOIN texts t ON t.id = newest.id JOIN exchanges e ON e.id = t.exchange_id
ORDER BY newest.score, newest.id DESC LIMIT ?
"""
_SNIPPET = """
SELECT snippet(texts_index, 0, ?, ?, '…', ?) FROM texts_index
WHERE texts_index MATCH ? AND rowid = ?
"""


def search(connection: apsw.Connection, words: str, limit: int) -> tuple[Hit, ...]:
    """The best hits for ``words``; no hits for words without a letter or digit."""
    expression = match_expression(words)
    if not expression:
        return ()
    # Recorded text may hold any mark we could choose; it cannot hold a fresh one.
    mark = secrets.token_hex(8)
    hits = []
    ranked = connection.execute(_RANKED, (expression, NEWEST, max(0, limit)))
    rows: list[tuple[Any, ...]] = ranked.fetchall()
    for text_id, *facts in rows:
        key = (f"<{mark}", f">{mark}", _SNIPPET_TOKENS, expression, text_id)
        excerpt = str(connection.execute(_SNIPPET, key).get)
        facts.append(_pieces(excerpt, mark))
        hits.append(Hit(*facts))
    return tuple(hits)


def _pieces(excerpt: str, mark: str) -> tuple[tuple[str, bool], ...]:
    pieces = []
    for part in re.split(f"(<{mark}.*?>{mark})", excerpt, flags=re.DOTALL):
        is_match = part.startswith(f"<{mark}")
        text = part[len(mark) + 1 : -len(mark) - 1] if is_match else part
        if text:
            pieces.append((text, is_match))
    return tuple(pieces)
