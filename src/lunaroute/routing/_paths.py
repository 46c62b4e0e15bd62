"""Which provider a request is for: a table over the path, and headers where two
providers could own it. Pure; docs/routing.md shows the same table, a test holds both
together.
"""

from collections.abc import Collection
from dataclasses import dataclass

from lunaroute.errors import ClientFault
from lunaroute.model import Dialect
from lunaroute.routing._facts import Facts

# First match wins, segment by segment. A trailing "*" stands for the path itself and
# anything below it; the rest is exact. None: either vendor's, the headers tell. "/" and
# /api are Claude Code's own calls (HEAD / and HEAD /api/hello are its preconnects);
# paths without /v1 come from clients whose base URL lacks it.
PATHS: tuple[tuple[str, Dialect | None], ...] = (
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
    ("/embeddings*", Dialect.OPENAI),
    ("/v1/batches*", Dialect.OPENAI),
    ("/v1/images*", Dialect.OPENAI),
    ("/v1/audio*", Dialect.OPENAI),
    ("/v1/moderations*", Dialect.OPENAI),
    ("/v1/realtime*", Dialect.OPENAI),
    ("/v1/models*", None),
    ("/models*", None),
    ("/v1/files*", None),
    ("/v1*", None),
)


@dataclass(frozen=True, slots=True)
class Bypass:
    """What happens to paths that are not in the table."""

    enabled: bool = True
    provider: Dialect | None = None  # None: as the headers say, else OpenAI


FORWARDED = Bypass()


def dialect_of(
    facts: Facts,
    served: Collection[Dialect],
    bypass: Bypass = FORWARDED,
    available: Collection[Dialect] | None = None,
) -> Dialect:
    """The dialect a request speaks.

    ``available`` are the served ones whose provider is on, all if None; only the last
    resort of the bypass asks for them. Raises ClientFault 404 for a path of nobody's
    and for a dialect that is switched off.
    """
    if not facts.path.startswith("/"):  # "*", or CONNECT's host and port
        raise ClientFault("the request target is not a path", status=404)
    known, dialect = _look_up(facts)
    if not known:
        dialect = _bypassed(facts, bypass, served if available is None else available)
    if dialect is None:
        raise ClientFault(
            f"no provider serves the path {facts.path}, and bypass is off", status=404
        )
    if dialect not in served:
        raise ClientFault(
            f"the {dialect.value} dialect is switched off in this LunaRoute", status=404
        )
    return dialect


def guess_dialect(facts: Facts) -> Dialect | None:
    """Whose error shape a refused request should be answered in."""
    _, dialect = _look_up(facts)
    return dialect or facts.vendor


def _look_up(facts: Facts) -> tuple[bool, Dialect | None]:
    """Whether the table has the path, and whose it is there."""
    below = facts.path + "/"
    for stem, everything_below, dialect in _COMPILED:
        if below.startswith(stem) if everything_below else facts.path == stem:
            return True, dialect or facts.vendor or Dialect.OPENAI
    return False, None


def _bypassed(
    facts: Facts, bypass: Bypass, available: Collection[Dialect]
) -> Dialect | None:
    if not bypass.enabled:
        return None
    told = bypass.provider or facts.vendor
    if told is not None:
        return told
    return Dialect.OPENAI if Dialect.OPENAI in available else Dialect.ANTHROPIC


_COMPILED = tuple(
    (pattern[:-1] + "/" if pattern.endswith("*") else pattern, "*" in pattern, dialect)
    for pattern, dialect in PATHS
)
