"""A query's tree as SQL: what the full-text index answers, and what narrows it.

In the statements ``t`` is the text and ``e`` the exchange that brought it first. Every
condition is true or false and never NULL, so that it can be negated.
"""

import re
from dataclasses import dataclass

from lunaroute.store._query import And, Field, Node, Not, Or, Words, has_one_token

_Value = str | int | float

_LIKE = "LIKE ? ESCAPE '\\'"
_TOKENS = " + ".join(
    f"ifnull(e.{name}, 0)"
    for name in (
        "input_uncached",
        "cache_read",
        "cache_write_5m",
        "cache_write_1h",
        "output",
        "thinking",
        "reasoning",
        "audio_input",
        "audio_output",
    )
)
# The names are read from their index alone, and the calls by it: texts are long.
_NAMED = f"c.name IN (SELECT DISTINCT n.name FROM tool_calls n WHERE n.name {_LIKE})"  # noqa: S608 - a constant of our own
# What was given to the tool and what came back from it.
_OF_TOOL = f"""t.id IN (
  SELECT i.id FROM tool_calls c CROSS JOIN texts i ON i.exchange_id = c.exchange_id
    AND i.kind = 'tool_input' AND i.text = c.arguments WHERE {_NAMED}
  UNION ALL
  SELECT c.result_text_id FROM tool_calls c
    WHERE c.result_text_id IS NOT NULL AND {_NAMED}
)"""  # noqa: S608 - a constant of our own
# The same, asked of one text: hits of the index are few beside all texts of a tool
# (a million texts, 100,000 calls: 1.2 s).
_IS_OF_TOOL = f"""CASE t.kind WHEN 'tool_input' THEN EXISTS (
  SELECT 1 FROM tool_calls c WHERE c.exchange_id = t.exchange_id
    AND c.arguments = t.text AND c.name {_LIKE}
) WHEN 'tool_output' THEN EXISTS (
  SELECT 1 FROM tool_calls c WHERE c.result_text_id = t.id AND c.name {_LIKE}
) ELSE 0 END"""  # noqa: S608 - a constant of our own
# Its index holds all that is asked of the table.
_PATHS = f"SELECT f.exchange_id, f.ordinal FROM tool_files f WHERE '/' || replace(f.path, '\\', '/') {_LIKE}"  # noqa: S608, E501 - as above
_OF_FILE = f"""t.id IN (
  SELECT i.id FROM ({_PATHS}) p
    CROSS JOIN tool_calls c ON c.exchange_id = p.exchange_id AND c.ordinal = p.ordinal
    CROSS JOIN texts i ON i.exchange_id = c.exchange_id
    AND i.kind = 'tool_input' AND i.text = c.arguments
  UNION ALL
  SELECT c.result_text_id FROM ({_PATHS}) p
    CROSS JOIN tool_calls c ON c.exchange_id = p.exchange_id AND c.ordinal = p.ordinal
    WHERE c.result_text_id IS NOT NULL
)"""  # noqa: S608 - as above
_CONDITIONS = {
    "file": _OF_FILE,
    "tool": _OF_TOOL,
    "model": (
        f"(ifnull(e.model_used, '') {_LIKE} OR ifnull(e.model_requested, '') {_LIKE})"
    ),
    "session": "t.session_id GLOB ?",
    "agent": "ifnull(e.agent, '') GLOB ?",
    "kind": f"t.kind {_LIKE}",
    "after": "e.started_at >= ?",
    "before": "e.started_at < ?",
    "project": f"(e.project IS NOT NULL AND e.project {_LIKE})",
    "min_tokens": f"{_TOKENS} >= ?",
}
_MATCH = "t.id IN (SELECT rowid FROM texts_index WHERE texts_index MATCH ?)"


@dataclass(frozen=True, slots=True)
class Plan:
    """``match`` is the FTS5 expression that ranks, None where the query has none.

    ``condition`` narrows further and takes ``values``. ``marks`` is an FTS5 expression
    of the words to highlight, ``parts`` those of them that may be parts of identifiers;
    True where they need only begin so.
    """

    match: str | None
    condition: str
    values: tuple[_Value, ...]
    marks: str | None
    parts: dict[str, bool]


def make_plan(root: Node) -> Plan:
    """Whatever must hold and is text goes to the index as one expression."""
    parts = root.parts if isinstance(root, And) else (root,)
    texts = [part for part in parts if _is_text(part)]
    match = _match_all(texts)
    narrowing = [part for part in parts if match is None or part not in texts]
    values: list[_Value] = []
    condition = " AND ".join(f"({_condition(part, values)})" for part in narrowing)
    if match is not None:
        condition = condition.replace(_OF_TOOL, _IS_OF_TOOL)
    wanted = _wanted(root)
    marks = " OR ".join(dict.fromkeys(_match_words(words) for words in wanted))
    parts_of = {
        re.sub(r"\W", "", words.text): words.is_prefix
        for words in wanted
        if _may_be_a_part(words)
    }
    return Plan(match, condition or "1", tuple(values), marks or None, parts_of)


def match_expression(node: Node, *, is_exact: bool = False) -> str | None:
    """The node as an FTS5 expression; None where it is more than text.

    Nothing of the user's is left outside a string, so columns and FTS5's own
    operators mean nothing. What is left out is exact: `-test` is not meant to leave
    out every text with a `test_` in it.
    """
    if isinstance(node, Words):
        return _match_words(node, is_exact=is_exact)
    if isinstance(node, And):
        return _match_all(list(node.parts), is_exact=is_exact)
    if isinstance(node, Or):
        parts = [match_expression(part, is_exact=is_exact) for part in node.parts]
        return _joined(" OR ", parts)
    return None


def _match_words(words: Words, *, is_exact: bool = False) -> str:
    text = words.text.replace('"', '""')
    expression = f'"{text}" *' if words.is_prefix else f'"{text}"'
    # Side by side stand only words; the order of parts means nothing.
    if is_exact or not _may_be_a_part(words):
        return f"{{text}} : {expression}"
    return expression


def _may_be_a_part(words: Words) -> bool:
    return not words.is_exact and has_one_token(words.text)


def _match_all(parts: list[Node], *, is_exact: bool = False) -> str | None:
    # FTS5 can leave out of something, not out of everything.
    wanted = [
        match_expression(p, is_exact=is_exact) for p in parts if not isinstance(p, Not)
    ]
    left_out = [
        match_expression(p.part, is_exact=not is_exact)
        for p in parts
        if isinstance(p, Not)
    ]
    expression = _joined(" AND ", wanted)
    if expression is None or not left_out:
        return expression
    others = _joined(" OR ", left_out)
    return None if others is None else f"({expression}) NOT ({others})"


def _joined(operator: str, expressions: list[str | None]) -> str | None:
    known = [expression for expression in expressions if expression is not None]
    if not known or len(known) < len(expressions):
        return None
    return known[0] if len(known) == 1 else operator.join(f"({one})" for one in known)


def _is_text(part: Node) -> bool:
    node = part.part if isinstance(part, Not) else part
    return match_expression(node) is not None


def _wanted(node: Node) -> list[Words]:
    """The words that may stand in a hit."""
    if isinstance(node, Words):
        return [node]
    if isinstance(node, And | Or):
        return [word for part in node.parts for word in _wanted(part)]
    return []


def _condition(node: Node, values: list[_Value], *, is_exact: bool = False) -> str:
    expression = match_expression(node, is_exact=is_exact)
    if expression is not None:
        values.append(expression)
        return _MATCH
    if isinstance(node, Field):
        condition, value = _field(node)
        values.extend([value] * condition.count("?"))
        return condition
    if isinstance(node, Not):
        return f"NOT ({_condition(node.part, values, is_exact=not is_exact)})"
    assert isinstance(node, And | Or)
    operator = " AND " if isinstance(node, And) else " OR "
    parts = [_condition(part, values, is_exact=is_exact) for part in node.parts]
    return operator.join(f"({part})" for part in parts)


def _field(field: Field) -> tuple[str, _Value]:
    """The condition and the value for each of its places."""
    name, value = field.name, field.value
    if name == "status":
        return _status(value)
    if name == "cost":
        return _cost(str(value))
    if name == "role":
        return _role(str(value))
    if name == "file":
        # The path's end, from the beginning of one of its names.
        value = _pattern("*/" + str(value).replace("\\", "/").lstrip("/"))
    elif name in ("session", "agent"):
        value = _beginning(str(value))
    elif isinstance(value, str):
        value = _pattern(value)
    return _CONDITIONS[name], value


def _cost(value: str) -> tuple[str, float]:
    # What is not known is neither cheap nor dear.
    operator = value.rstrip("0123456789.e-+")
    amount = float(value[len(operator) :])
    return f"(e.cost_usd IS NOT NULL AND e.cost_usd {operator} ?)", amount


def _status(value: str | int) -> tuple[str, _Value]:
    if isinstance(value, int):
        return "ifnull(e.status, 0) = ?", value
    if value == "ok":
        return "e.outcome = ?", "answered"
    if value == "error":
        return "e.outcome NOT IN (?, 'open')", "answered"
    if value.endswith("xx"):
        return "ifnull(e.status, 0) / 100 = ?", int(value[0])
    return "e.outcome = ?", value


def _role(value: str) -> tuple[str, _Value]:
    # To one vendor what a tool brought is the user's, to the other the tool's.
    if value.lower() in ("tool", "function"):
        return "t.kind = ?", "tool_output"
    return f"(t.kind <> 'tool_output' AND t.role {_LIKE})", _pattern(value)


def _pattern(value: str) -> str:
    """For LIKE, which ignores the case of ASCII letters: ``*`` is the one wildcard."""
    escaped = re.sub(r"[\\%_]", r"\\\g<0>", value)
    return re.sub(r"\*+", "%", escaped)


def _beginning(value: str) -> str:
    """For GLOB, which can use an index: an id that begins so, and is not empty."""
    escaped = re.sub(r"[*?\[]", r"[\g<0>]", value.rstrip("*"))
    return f"{escaped}*" if escaped else "?*"
