"""Full-text search: relevance, ranked within the newest hits."""

import json
import re
import secrets
from enum import StrEnum
from typing import Any

import apsw

from lunaroute.store._identifiers import find_parts
from lunaroute.store._plan import Plan, make_plan
from lunaroute.store._query import Query
from lunaroute.store._rows import Hit

# Ranking a common word over a million texts takes a second; the newest ones are the
# ones looked for, and so many of them rank in milliseconds.
NEWEST = 10_000

# Fields that leave too few of them are asked of so many times as many, then of all.
WIDENED = 10

_SNIPPET_TOKENS = 24
_SNIPPET_LETTERS = 160

_FACTS = """
t.id AS id, e.started_at AS started_at, t.session_id, t.exchange_id, t.kind, t.role,
ifnull(e.model_used, e.model_requested), e.agent, e.outcome
"""
# CROSS JOIN: the index stays outermost and gives its rows in the order asked for. The
# plus keeps conditions on t.id from being asked of the index one id at a time.
_ITS_TEXT = "CROSS JOIN texts t ON t.id = +texts_index.rowid"
_ITS_EXCHANGE = f"{_ITS_TEXT} CROSS JOIN exchanges e ON e.id = t.exchange_id"
# What is shown is read of those hits alone that are shown.
_MATCHED = f"""
WITH found AS MATERIALIZED (
  SELECT texts_index.rowid AS id, %(score)s AS score, %(time)s AS started_at
  FROM texts_index %(joined)s
  WHERE texts_index MATCH ? AND texts_index.rowid >= ? AND %(condition)s
  ORDER BY texts_index.rowid DESC LIMIT ?
), best AS MATERIALIZED (SELECT * FROM found ORDER BY %(order)s LIMIT ?)
SELECT {_FACTS}, b.score AS score
FROM best b CROSS JOIN texts t ON t.id = b.id
CROSS JOIN exchanges e ON e.id = t.exchange_id ORDER BY %(order)s
"""  # noqa: S608 - column names of our own
_NARROWED = f"""
WITH found AS MATERIALIZED (
  SELECT {_FACTS}, 0 AS score
  FROM texts t JOIN exchanges e ON e.id = t.exchange_id
  WHERE %s ORDER BY t.id DESC LIMIT ?
)
SELECT * FROM found ORDER BY started_at DESC, id DESC LIMIT ?
"""  # noqa: S608 - as above
_OLDEST_OF = """
SELECT rowid FROM texts_index WHERE texts_index MATCH ?
ORDER BY rowid DESC LIMIT 1 OFFSET ?
"""
# One pass for all: many words may begin as a prefix does, and each pass gathers them.
_SNIPPETS = """
SELECT rowid, snippet(texts_index, 0, ?, ?, '…', ?) FROM texts_index
WHERE texts_index MATCH ? AND rowid BETWEEN ? AND ?
AND +rowid IN (SELECT value FROM json_each(?))
"""
_TEXT = "SELECT text FROM texts WHERE id = ?"
_BEGINNING = """
SELECT substr(text, 1, ?1) || iif(length(text) > ?1, '…', '') FROM texts WHERE id = ?2
"""


class Sort(StrEnum):
    """In which order hits come."""

    BEST = "best"  # by relevance, of the newest 10,000
    TIME = "time"  # the newest first
    RANK = "rank"  # by relevance, of all


def search(
    connection: apsw.Connection, query: Query, limit: int, sort: Sort
) -> tuple[Hit, ...]:
    """The hits for ``query``; none where nothing is left to look for.

    A query without words that must stand has no relevance: its newest come first.
    """
    if query.root is None:
        return ()
    plan = make_plan(query.root)
    # Recorded text may hold any mark we could choose; it cannot hold a fresh one.
    mark = secrets.token_hex(8)
    rows = _rows(connection, plan, limit, sort)
    snippets = _snippets(connection, plan.marks, [row[0] for row in rows], mark)
    hits = []
    for text_id, *place, model, agent, outcome, _ in rows:
        excerpt = snippets.get(text_id)
        if plan.parts and (excerpt is None or f"<{mark}" not in excerpt):
            excerpt = _around_parts(connection, text_id, plan.parts, mark) or excerpt
        if excerpt is None:
            excerpt = _beginning(connection, text_id)
        started_at, session_id, exchange_id, kind, role = place
        where = (started_at, session_id, exchange_id, kind, role)
        hits.append(Hit(*where, _pieces(excerpt, mark), model, agent, outcome))
    return tuple(hits)


def has_texts(connection: apsw.Connection) -> bool:
    """Whether there is anything to search."""
    return bool(connection.execute("SELECT EXISTS (SELECT 1 FROM texts)").get)


def _rows(
    connection: apsw.Connection, plan: Plan, limit: int, sort: Sort
) -> list[tuple[Any, ...]]:
    limit = max(0, limit)
    newest = -1 if sort is Sort.RANK else NEWEST
    if plan.match is None:
        values = [*plan.values, newest, limit]
        return connection.execute(_NARROWED % plan.condition, values).fetchall()
    is_narrowed = plan.condition != "1"
    by_time = sort is Sort.TIME
    statement = _MATCHED % {
        "score": "0" if by_time else "texts_index.rank",
        "time": "e.started_at" if by_time else "0",
        "joined": _joined(plan.condition, by_time),
        "condition": plan.condition,
        "order": "started_at DESC, id DESC" if by_time else "score, id DESC",
    }
    rows: list[tuple[Any, ...]] = []
    for window in (NEWEST, WIDENED * NEWEST, None):
        # What the fields leave of the newest hits is mostly enough to choose from; of
        # a million texts it takes a tenth of the time that all hits take.
        first = 0
        if window is not None and newest > 0 and is_narrowed:
            first = _oldest_of(connection, plan.match, window)
        values = [plan.match, first, *plan.values, newest, limit]
        rows = connection.execute(statement, values).fetchall()
        if not first or len(rows) >= min(limit, NEWEST):
            break
    return rows


def _joined(condition: str, by_time: bool) -> str:
    if by_time or "e." in condition:
        return _ITS_EXCHANGE
    return _ITS_TEXT if "t." in condition else ""


def _oldest_of(connection: apsw.Connection, match: str, window: int) -> int:
    """The oldest one's id of so many newest hits; 0 where there are fewer."""
    found = connection.execute(_OLDEST_OF, (match, window - 1)).get
    return int(found or 0)


def _snippets(
    connection: apsw.Connection, marks: str | None, ids: list[int], mark: str
) -> dict[int, str]:
    """Where the words stand, for those texts in which any of them does."""
    if marks is None or not ids:
        return {}
    shape = (f"<{mark}", f">{mark}", _SNIPPET_TOKENS)
    key = (*shape, marks, min(ids), max(ids), json.dumps(ids))
    rows: list[tuple[Any, ...]] = connection.execute(_SNIPPETS, key).fetchall()
    return dict(rows)


def _around_parts(
    connection: apsw.Connection, text_id: int, parts: dict[str, bool], mark: str
) -> str | None:
    """What stands around the first identifier with one of ``parts``, marked as such."""
    text = str(connection.execute(_TEXT, (text_id,)).get or "")
    begin, end = next(find_parts(text, parts), (0, 0))
    if not end:
        return None
    before, after = max(0, begin - _SNIPPET_LETTERS // 2), end + _SNIPPET_LETTERS // 2
    shown = f"{text[before:begin]}<{mark}{text[begin:end]}>{mark}{text[end:after]}"
    return f"{'…' * (before > 0)}{shown}{'…' * (after < len(text))}"


def _beginning(connection: apsw.Connection, text_id: int) -> str:
    """How the text begins; nothing if it was deleted a moment ago."""
    found = connection.execute(_BEGINNING, (_SNIPPET_LETTERS, text_id)).get
    return str(found or "")


def _pieces(excerpt: str, mark: str) -> tuple[tuple[str, bool], ...]:
    pieces = []
    for part in re.split(f"(<{mark}.*?>{mark})", excerpt, flags=re.DOTALL):
        is_match = part.startswith(f"<{mark}")
        text = part[len(mark) + 1 : -len(mark) - 1] if is_match else part
        if text:
            pieces.append((text, is_match))
    return tuple(pieces)
