"""Values within expressions: wrapped in a call, a fallback, a block of lines."""

import re
from collections.abc import Callable

from lunaroute.pii._reach import Span, quoted
from lunaroute.pii._shape import is_strong

_WRAPPER = re.compile(
    r"(?:(?:await |new )?&?(?:\[\])?[A-Za-z_$][\w.:$\[\]!]{0,48}\(\s{0,8}){1,3}"
)
_IS_MADE = re.compile(r"(?:(?:Str|String|Secret|Some|from|of|Buffer|Sensitive)\(\s*)\Z")
_NEXT = re.compile(r"\s{0,4},\s{0,8}(?:default\s{0,2}=\s{0,2})?")
_OTHERWISE = re.compile(
    r"(?:[\w.$]|\[\\*[\"']?\w+\\*[\"']?\]|\(\\*[\"']\w+\\*[\"']\)){1,60}?\s{0,4}(?:\|\||\?\?|\bor\b|\?:)\s{0,4}"
)
_UNSET = re.compile(r"\\*[\"']?\$\{\w{1,64}:?[-=](?P<value>[^}\s\"']{4,256})\}")
_BLOCK = re.compile(
    r"[|>][+-]?\d?[ \t]*(?:\#[^\n]*)?\n(?P<indent>[ \t]+)(?P<value>[^\s]{4,512})(?=[ \t]*(?:\r?\n|\Z))"
)
_HEREDOC = re.compile(
    r"(?:\$\(cat[ ])?<<[-~]?\s?[\"']?(?P<tag>[A-Za-z_]\w{0,31})[\"']?\n[ \t]*(?P<value>[^\s]{4,512})[ \t]*\n[ \t]*(?P=tag)"
)


def fallback_in(text: str, at: int) -> Span | None:
    """What a shell takes for a variable at ``text[at]`` that is not set."""
    unset = _UNSET.match(text, at)
    return None if unset is None else Span(*unset.span("value"))


def given_in(text: str, at: int, sure: Callable[[str], bool]) -> Span | None:
    """What is wrapped in a call at ``text[at]``, or taken where something is not set.

    ``sure``: whether a value counts of which only the place says that it is one.
    """
    if match := _BLOCK.match(text, at) or _HEREDOC.match(text, at):
        return Span(*match.span("value")) if sure(match["value"]) else None
    otherwise = _OTHERWISE.match(text, at)
    if otherwise and (found := quoted(text, otherwise.end())):
        return Span(*found[:2])
    if wrapper := _WRAPPER.match(text, at):
        first = quoted(text, wrapper.end())
        if first is None:
            return None
        if following := _NEXT.match(text, first[2]):
            second = quoted(text, following.end())
            return Span(*second[:2]) if second else None
        test = sure if _IS_MADE.search(wrapper.group()) else is_strong
        return Span(*first[:2]) if test(text[first[0] : first[1]]) else None
    return None
