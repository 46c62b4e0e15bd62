"""Values given to names such as ``password`` or ``api_key``, wherever names are.

In code most of what such names are given is no secret: variables, calls, types,
sentences. So a value counts by how it looks, the less so the plainer the name.
"""

import re
from collections.abc import Callable

from lunaroute.pii._cloud import cloud_kind
from lunaroute.pii._element import cell_behind, element_behind, element_text
from lunaroute.pii._expression import fallback_in, given_in
from lunaroute.pii._finding import Finding
from lunaroute.pii._name import Name, name_at
from lunaroute.pii._placeholder import is_placeholder
from lunaroute.pii._reach import Span, bare, before_escape, has_line, quoted
from lunaroute.pii._shape import (
    has_three_classes,
    is_bare_secret,
    is_chosen,
    is_code,
    is_dotted,
    is_fair,
    is_given,
    is_hyphenated,
    is_key,
    is_made,
    is_mixed,
    is_no_secret,
    is_passphrase,
    is_path,
    is_strong,
    is_wordy,
)
from lunaroute.pii._table import cell_below

_OPERATOR = re.compile(
    r"""(?x)
    (?P<closed>\\*["'`]?\)?\]?\*{0,2}(?:\[\w{0,6}\])?\??)
    [ \t]{0,24}
    (?: :[ \t]*(?:str|string|String|&'?\w*[ ]?str|SecretStr|bytes|Optional\[str\])\??[ \t]*=(?!=)
      | :[ \t]*[A-Za-z][\w.]{0,40}(?:\[[\w., |]{0,40}\]|<[\w., ]{0,40}>)?\??[ \t]+=[ \t]
      | (?:string|String|str|\[\]byte)[ \t]*:?=(?!=)
      | (?P<op> === | !== | == | != | := | => | -> | <- | \?= | \|\|= | = | : | \uff1a | \uff1d | > | \|(?![|"']) )
      | (?P<is> (?<=[ \t"'`*])(?:is|was|ist|lautet|est|es|é)(?:[ ](?:now|set[ ]to))?:?[ ] )
      | (?P<comma>,(?=[ ]{0,24}\\*["']))
      | (?P<call>\((?=\\*["'])) )
    \*{0,2}[ \t]{0,24}(?:!!(?:str|binary)[ \t]{1,4})?
    """
)
# Compared, not given; what is quoted beside them is looked at all the same.
_ASKED = frozenset(("==", "===", "!=", "!==", "=>"))
# The name is a value itself, and what belongs to it comes under another name.
_PAIR = re.compile(
    r"""(?xi)
    \\*["'`]?[ \t]{0,8}
    (?: [,;]?\s{0,40}(?:-[ ])?\\*["']?(?:default_?value|string_?value|value|val|default|content|data)
        \\*["']?\s{0,4}(?:=>|:=|[:=])\s{0,4}
      | \s{0,4}\{[^{}]{0,120}?\b(?:default|value)[ \t]{0,24}=[ \t]{0,4} )
    """
)
_BELOW = re.compile(r"\r?\n[ \t]*(?P<value>[^\s\"'`:{}]{6,128})[ \t]*(?=\r?\n|\Z)")
_SETS = re.compile(r"(?i)\A(?:set|with|add|use|put|new|change)?_?(?:\w{0,12}_)?pass")
_FLAG = re.compile(r"--[0-9A-Za-z_-]*\Z")
_FLAG_VALUE = re.compile(
    r"[ \t]+(?P<q>[\"']?)(?P<value>[^\s\"'`;|&<>-](?:[^\s\"'`;|&<>]|&(?=[^\s&])){3,256})(?P=q)"
)
_SPACED = re.compile(
    r"""(?xi)
    \\*["'`]?\*{0,2}
    (?:[ \t]{1,4}(?:for|of|für|von|de|pour|para|do|da)[ ](?:the[ ]|user[ ]|my[ ])?[\w.@'"/-]{1,40})?
    (?: [ \t]{0,4}(?:[:=→\u2013]|--?(?=[ \t]))[ \t]{0,4}
      | [ \t]{1,4}(?:(?:is|was|ist|war|lautet|est|es|é|to|set|as|with|value)[ ]:?[ ]?){0,2} )
    """
)
_WORD = re.compile(r"(?!-)[^\s\"'`|<>]{6,256}")
# rate=98, pass:x: something else is given there.
_GIVEN = re.compile(r"(?:[A-Za-z]?[a-z_]{2,}(?:[A-Z][a-z]+)*|[A-Z_]{3,})[=:]")
# [ or ( or { before a list of which the first is quoted.
_LIST = re.compile(r"(?:\[|\{|new \w{1,16}\[\]\s?\{)\s{0,16}(?=\\*[\"'`])")
_ENDS_ITEM = re.compile(r"\s{0,16}[,\]}]")
# What sets a user's password in SQL.
_SQL = re.compile(r"(?i)\b(?:role|user|login|group)\s[^;\r\n]{0,120}\Z")
_PHRASE = re.compile(r"[a-z]+(?: [a-z]+){3,9}(?=[ \t]*(?:\r|\n|\Z))")
_YAML = re.compile(r"\n[ \t]*(?:- )?[\w.-]+:(?:[ \t]|\r?\n|\Z)")
# Before a name that is a call's first argument, or the last part of it: db.password,
# #password.
_ARGUMENT = re.compile(
    r"(?P<defines>\bdefine)?[(\[{,]\s{0,8}\\*[\"'`][#.]?(?:[\w-]{1,24}\.){0,4}\Z"
)
_AZURE = re.compile(r"[0-9A-Za-z+/]{86}==")
_TELLING = 96


def find_assigned(text: str, at: int, context: int) -> Finding | None:
    """The value given to the name of which a part begins at ``text[at]``."""
    name = name_at(text, at)
    if name is None:
        return None
    span = None
    operator = _OPERATOR.match(text, name.end)
    if operator is not None:
        span = _value(text, operator, name)
    if span is None:
        span = _apart(text, name)
    if span is not None:
        return _judged(text, span, context, name)
    if operator is None or not (operator["op"] or operator["is"]):
        return _flag(text, name, context) or _spaced(text, name, context)
    return None


def _value(text: str, operator: re.Match[str], name: Name) -> Span | None:
    """Start and end of the value, and whether it was quoted."""
    at = operator.end()
    if fallback := fallback_in(text, at):
        return fallback
    if found := quoted(text, at):
        start, end, _ = found
        if operator["comma"] and not _is_argument(text, name, operator, start, end):
            return None
        if end == len(text) and " " in text[start:end]:
            return None
        sure = (
            is_mixed
            if operator["call"] and _SETS.search(text[name.start : name.end])
            else is_strong
        )
        if (operator["call"] or end == len(text)) and not sure(text[start:end]):
            return None
        return Span(start, end)
    if operator["comma"] or operator["call"] or at >= len(text):
        return None
    if operator["op"] == ">":
        return element_text(text, name.start, at)
    if operator["op"] == "|":
        return _strong_word(text, at, name.is_sure)
    if operator["op"] in ("=", ":", ":=", "=>") and (several := _LIST.match(text, at)):
        return _first(text, several.end(), name)
    if (given := given_in(text, at, name.is_sure)) or operator["op"] in _ASKED:
        return given
    if operator["op"] == ":" and (below := _BELOW.match(text, at)):
        return Span(*below.span("value")) if is_strong(below["value"]) else None
    return _unquoted(text, operator, name)


def _first(text: str, at: int, name: Name) -> Span | None:
    """What is quoted at ``text[at]``, the first of a list and no key of an object."""
    first = quoted(text, at)
    if first is None or not _ENDS_ITEM.match(text, first[2]):
        return None
    test = is_given if name.chosen and len(name.word) > 4 else is_key
    return Span(*first[:2]) if test(text[first[0] : first[1]]) else None


def _unquoted(text: str, operator: re.Match[str], name: Name) -> Span | None:
    at = operator.end()
    in_quotes = operator["closed"].strip("*)]?")
    linewise = (
        not in_quotes
        and operator["op"] in ("=", ":", ":=", "\uff1a", None)
        and has_line(text, name.start)
    )
    phrase = _PHRASE.match(text, at) if linewise and name.chosen else None
    if phrase and is_passphrase(phrase.group()):
        return Span(*phrase.span())
    in_url = name.start > 0 and text[name.start - 1] in "?&"
    word = bare(
        text, at, in_url=in_url, linewise=linewise,
        ends="" if operator["op"] == "=" and not re.match(r"[^\s]*\):", text[at : at + 128]) else ".:",
    )  # fmt: skip
    if word is None:
        return None
    start, end = word
    value = text[start:end]
    if is_code(text, start, end) or (operator["is"] and value.isdigit()):
        return None
    secret = is_bare_secret(value, name.chosen, name.is_human)
    if secret is None:
        secret = name.chosen and _is_word(text, operator, name, value, end, linewise)
    return Span(start, end, is_quoted=False) if secret else None


def _is_word(
    text: str, operator: re.Match[str], name: Name, value: str, end: int, linewise: bool
) -> bool:
    """Whether a plain word is a password: KEY=word in a file of the environment or in
    a shell, ``key: word`` between lines of YAML.
    """
    if len(value) < 6 or "." in value:
        return False
    before = text[max(0, operator.start() - 40) : operator.start()]
    if operator.group().startswith("=") and re.search(
        r"(?:^|[\s\"';])[A-Z][A-Z0-9_]*\Z", before
    ):
        return True
    if not (linewise and operator["op"] == ":" and re.fullmatch(r"[a-z]{6,24}", value)):
        return False
    above = text.rfind("\n", max(0, name.start - 200), name.start)
    line = text.rfind("\n", max(0, above - 200), max(0, above))
    near = "\n" + text[line + 1 : max(0, above)], text[end : end + 100]
    return any(map(_YAML.match, near)) and text[end : end + 1] in ("", "\n", "\r")


def _is_argument(
    text: str, name: Name, operator: re.Match[str], start: int, end: int
) -> bool:
    """Whether a name and a value are the first two of a call: set("password", "x")."""
    opens = _ARGUMENT.search(text, max(0, name.start - 64), name.start)
    value = text[start:end]
    if opens and opens["defines"] and name.is_sure(value):
        return True
    strong = is_mixed(value) and (len(value) >= 10 or not value.isalnum())
    strong = (strong and not is_dotted(value)) or is_strong(value)
    return bool(operator["closed"]) and strong and opens is not None


def _apart(text: str, name: Name) -> Span | None:
    """What belongs to a name that is a value itself: of ``name``, ``key``, a cell."""
    if element := element_behind(text, name.start, name.end):
        return element
    cell = cell_behind(text, name.end) or cell_below(text, name.start, name.end)
    if cell is not None:
        return cell if name.is_sure(text[cell.start : cell.end]) else None
    pair = _PAIR.match(text, name.end)
    if pair is None:
        return None
    if found := quoted(text, pair.end()):
        return Span(*found[:2])
    word = bare(text, pair.end(), in_url=False, linewise=False, ends=".:")
    return Span(*word) if word and name.is_sure(text[slice(*word)]) else None


def _flag(text: str, name: Name, context: int) -> Finding | None:
    """The value after ``--password`` and its like."""
    if not _FLAG.search(text, max(0, name.start - 2), name.end):
        return None
    match = _FLAG_VALUE.match(text, name.end)
    if match is None:
        return None
    value = match["value"]
    if (
        is_placeholder(value)
        or is_path(value)
        or not (is_mixed(value) or (name.chosen and match["q"]))
    ):
        return None
    kind, confidence = cloud_kind(value, context) or ("password", 0.85)
    return Finding(match.start("value"), match.end("value"), kind, confidence)


def _spaced(text: str, name: Name, context: int) -> Finding | None:
    """What only blanks and small words part from the name, if it is no word."""
    between = _SPACED.match(text, name.end)
    if between is None or between.end() == name.end:
        return None
    found = quoted(text, between.end())
    # In quotes, or behind a name in capitals, there is nothing else to stand.
    word = text[name.start : name.end]
    told = found or word.isupper() or between.group().rstrip().endswith((":", "="))
    sure = name.chosen and len(word) > 4 and told
    test = is_fair if sure else is_strong
    if sure and found:
        is_sql = _SQL.search(text, max(0, name.start - 128), name.start)
        test = is_given if is_sql else _is_quoted_phrase
    span = Span(*found[:2]) if found else _strong_word(text, between.end(), test)
    if span is None:
        return None
    start, end, _ = span
    value = text[start:end]
    if " " in value or not test(value) or is_placeholder(value):
        return None
    if is_no_secret(value) or (not name.chosen and len(value) < 16):
        return None
    if (not found and _GIVEN.match(value)) or (
        name.end - name.start < 5 and not has_three_classes(value)
    ):
        return None
    kind, confidence = cloud_kind(value, context) or ("password", 0.8)
    return Finding(start, end, kind, confidence)


def _is_quoted_phrase(value: str) -> bool:
    return is_fair(value) or is_hyphenated(value)


def _strong_word(
    text: str, at: int, sure: Callable[[str], bool] = is_strong
) -> Span | None:
    word = _WORD.match(text, at)
    if word is None:
        return None
    end = before_escape(text, *word.span())
    while end > at and text[end - 1] in ".,;:)]}":
        end -= 1
    return Span(at, end) if sure(text[at:end]) else None


def _judged(text: str, span: Span, context: int, name: Name) -> Finding | None:
    start, end, is_quoted = span
    value = text[start:end]
    if kind := cloud_kind(value, context):
        return Finding(start, end, *kind)
    if azure := _AZURE.match(value):
        return Finding(start, start + azure.end(), "azure_storage_key", 0.97)
    if name.is_vague and not is_key(value):
        return None
    # The beginning tells what it is; the whole may be as long as somebody likes.
    value = value[:_TELLING]
    if is_placeholder(value) or is_no_secret(value):
        return None
    if is_wordy(value) and not (
        is_mixed(value) and "." not in value and (name.is_human or not value.isalnum())
    ):
        return None
    phrase = (
        is_quoted and text[max(0, start - 24) : start].lower().find("passphrase") >= 0
    )
    if phrase and re.fullmatch(r"[a-z0-9]+(?: [a-z0-9]+){1,9}", value):
        return Finding(start, end, "password", 0.8)
    if not (
        is_chosen(value, is_quoted) if name.chosen else is_made(value, name.is_human)
    ):
        return None
    return Finding(start, end, "password", 0.85)
