"""Requests as they come in, and short names for the dialects."""

from lunaroute.model import Dialect
from lunaroute.routing import Facts, facts_of
from lunaroute.wire import RequestHead, parse_request

A, O = Dialect.ANTHROPIC, Dialect.OPENAI  # noqa: E741
BOTH = frozenset((A, O))
LEGACY = "sk-" + "0123456789" * 2 + "T3BlbkFJ" + "0123456789" * 2


def head(path: str, *lines: str, method: str = "POST") -> RequestHead:
    """A parsed request head with these header lines."""
    raw = [f"{method} {path} HTTP/1.1", "Host: test", *lines, "", ""]
    return parse_request("\r\n".join(raw).encode("latin-1"))


def facts(path: str, *lines: str) -> Facts:
    return facts_of(head(path, *lines))
