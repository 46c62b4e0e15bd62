"""Which provider a request is for: a table over the path, and headers where two
providers could own it. Pure; the table is docs/clients.md's, the test walks it.
"""

from collections.abc import Collection
from dataclasses import dataclass

from lunaroute.errors import ClientFault
from lunaroute.model import Dialect

# First match wins. A trailing "*" stands for the path itself, anything below it and
# a query; the rest is exact. "/" and /api/* are Claude Code's own calls
# (HEAD / and HEAD /api/hello are its preconnects).
_TABLE: tuple[tuple[str, Dialect], ...] = (
    ("/v1/messages*", Dialect.ANTHROPIC),
    ("/messages*", Dialect.ANTHROPIC),
    ("/v1/complete", Dialect.ANTHROPIC),
    ("/v1/organizations*", Dialect.ANTHROPIC),
    ("/api*", Dialect.ANTHROPIC),
    ("/", Dialect.ANTHROPIC),
    ("/v1/chat*", Dialect.OPENAI),
    ("/chat/completions*", Dialect.OPENAI),
    ("/v1/responses*", Dialect.OPENAI),
    ("/responses*", Dialect.OPENAI),
    ("/v1/completions*", Dialect.OPENAI),
    ("/v1/embeddings*", Dialect.OPENAI),
)
# Both vendors have /v1/models, /v1/files and batches; the headers tell whose it is.
_SHARED = "/v1*", "/models*"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the choice is made of."""

    path: str
    has_anthropic_version: bool
    has_x_api_key: bool


def dialect_of(facts: Facts, served: Collection[Dialect]) -> Dialect:
    """The dialect a request speaks. Raises ClientFault 404 for a path of nobody's
    and for a dialect that is switched off.
    """
    dialect = _owner(facts)
    if dialect is None:
        raise ClientFault(f"no provider serves the path {facts.path}", status=404)
    if dialect not in served:
        raise ClientFault(
            f"the {dialect.value} dialect is switched off in this LunaRoute", status=404
        )
    return dialect


def guess_dialect(facts: Facts) -> Dialect | None:
    """Whose error shape a refused request should be answered in."""
    return _owner(facts)


def _owner(facts: Facts) -> Dialect | None:
    for pattern, dialect in _TABLE:
        if _matches(facts.path, pattern):
            return dialect
    speaks_anthropic = facts.has_anthropic_version or facts.has_x_api_key
    if any(_matches(facts.path, pattern) for pattern in _SHARED):
        return Dialect.ANTHROPIC if speaks_anthropic else Dialect.OPENAI
    return Dialect.ANTHROPIC if speaks_anthropic else None


def _matches(path: str, pattern: str) -> bool:
    if not pattern.endswith("*"):
        return path == pattern
    stem = pattern[:-1]
    return path == stem or path.startswith(stem + "/")
