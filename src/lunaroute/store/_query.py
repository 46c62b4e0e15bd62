"""The query language: what a user types in, a frozen value out. No text is an error.

::

    query  = { either }                          all of them must hold
    either = part { "OR" part }
    part   = { "NOT" | "-" } ( "(" query ")" | '"' phrase '"' | field:value | word )

``OR`` binds more tightly than standing side by side, as in web search, so that
``a OR b after:7d`` means what it seems to. What cannot be an operator is text: a dash
before a dash, a parenthesis within a word, a colon behind an unknown name.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime

from lunaroute.store._fields import FIELD_NAMES, FIELDS, FieldValue

# Far more than a person types; SQLite's parsers have limits of their own.
MAX_TERMS = 32
MAX_LENGTH = 4_000
_MAX_DEPTH = 8

_OPERATORS = ("AND", "OR", "NOT")
_NEGATION = re.compile(r'-(?=[\w"(])')
_FIELD = re.compile(r"([A-Za-z_][A-Za-z0-9_]*):(.*)|(cost)([<>]=?.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Words:
    """Words that stand side by side; with ``is_prefix`` the last one only begins so.

    With ``is_exact`` a word is not found as a part of another one.
    """

    text: str
    is_prefix: bool = False
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """``value`` is what the field's function in ``FIELDS`` made of the user's words."""

    name: str
    value: FieldValue


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"


@dataclass(frozen=True, slots=True)
class And:
    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    parts: "tuple[Node, ...]"


Node = Words | Field | Not | And | Or
_Token = str | Words | Field


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it was understood.

    ``root`` is None where nothing is left to look for. ``hints`` are sentences for the
    user about what was taken otherwise than it may have been meant. ``refusal`` says
    why the query cannot be answered at all, and what could be.
    """

    root: Node | None = None
    hints: tuple[str, ...] = ()
    refusal: str | None = None


def parse_query(text: str, now: datetime | None = None) -> Query:
    """The query that ``text`` is. ``now`` (aware) is what ages and days count from."""
    clean = text[:MAX_LENGTH].replace("\0", " ")
    clean = clean.encode("utf-8", "replace").decode("utf-8")
    lexer = _Lexer(clean, now or datetime.now(UTC))
    lexer.run()
    if len(text) > MAX_LENGTH:
        lexer.hint(f"only the first {MAX_LENGTH} characters are looked for")
    parser = _Parser(_with_operands(lexer.tokens))
    return Query(parser.query(), tuple(lexer.hints), lexer.refusal)


class _Lexer:
    """Cuts text into tokens: operators and parentheses are strings, the rest leaves."""

    def __init__(self, text: str, now: datetime) -> None:
        self.tokens: list[_Token] = []
        self.hints: list[str] = []
        self.refusal: str | None = None
        self._text = text
        self._now = now
        self._at = 0
        self._depth = 0
        self._terms = 0

    def run(self) -> None:
        while self._at < len(self._text):
            if self._terms == MAX_TERMS and self._text[self._at :].strip(" \t\n)"):
                self.hint(f"only the first {MAX_TERMS} words are looked for")
                return
            self._next()

    def hint(self, sentence: str) -> None:
        if sentence not in self.hints:
            self.hints.append(sentence)

    def _next(self) -> None:
        letter = self._text[self._at]
        if letter.isspace():
            self._at += 1
        elif letter == '"':
            self._leaf(self._phrase())
        elif letter == "(" and self._begins() and self._depth < _MAX_DEPTH:
            self._mark("(", 1)
        elif letter == ")" and self._depth:
            self._mark(")", -1)
        elif self._begins() and _NEGATION.match(self._text, self._at):
            self._mark("NOT", 0)
        else:
            self._word()

    def _begins(self, after: str = "(-") -> bool:
        """Whether a term begins here, and not in the middle of something."""
        before = self._text[self._at - 1 : self._at]
        return not before or before.isspace() or before in after

    def _mark(self, token: str, deeper: int) -> None:
        self.tokens.append(token)
        self._depth += deeper
        self._at += 1

    def _leaf(self, leaf: Words | Field) -> None:
        self.tokens.append(leaf)
        self._terms += 1

    def _phrase(self) -> Words:
        """The phrase whose opening quote is here; the end of the text closes it too."""
        begin = self._at + 1
        end = self._text.find('"', begin)
        end = len(self._text) if end < 0 else end
        is_prefix = self._text[end + 1 : end + 2] == "*"
        self._at = end + 1 + is_prefix
        return Words(self._text[begin:end], is_prefix, is_exact=True)

    def _word(self) -> None:
        begin, self._at = self._at, _end_of_word(self._text, self._at, self._depth > 0)
        word = self._text[begin : self._at]
        if found := _FIELD.fullmatch(word):
            self._field(found[1] or found[3], found[2] or found[4] or "", word)
        elif word in _OPERATORS and self._text[begin - 1 : begin] != "-":
            self.tokens.append(word)
        else:
            self._leaf(_words(word))

    def _field(self, name: str, value: str, word: str) -> None:
        if name not in FIELDS:
            # `http://x`, `std::x`, `localhost:80` and `12:30` are nobody's fields.
            if value[:1].isalpha():
                self.hint(
                    f"{name}: is no field and is looked for as text; {_fields_are()}"
                )
            self._leaf(_words(word))
            return
        if not value and self._text[self._at : self._at + 1] == '"':
            value = self._phrase().text
        if not value.strip():
            self.hint(f"{name}: without a value behind the colon is looked for as text")
            self._leaf(_words(word))
            return
        try:
            self._leaf(Field(name, FIELDS[name](value, self._now)))
        except ValueError as error:
            self._refuse(f"{name}:{value}: {error}")

    def _refuse(self, reason: str) -> None:
        self.refusal = self.refusal or f"{reason} (in quotes it is text)"


class _Parser:
    """Builds the tree; what holds no letter or digit has no part in it."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def query(self) -> Node | None:
        """All up to the end or to the parenthesis that closes; steps over it."""
        parts: list[Node] = []
        while (piece := self._take()) not in (None, ")"):
            if piece != "AND":
                self._at -= 1
                parts.extend(self._either())
        return And(tuple(parts)) if len(parts) > 1 else next(iter(parts), None)

    def _either(self) -> list[Node]:
        parts = self._part()
        while self._at < len(self._tokens) and self._tokens[self._at] == "OR":
            self._at += 1
            parts += self._part()
        return [Or(tuple(parts))] if len(parts) > 1 else parts

    def _part(self) -> list[Node]:
        """One part or none."""
        is_negated = False
        while (piece := self._take()) == "NOT":
            is_negated = not is_negated
        node = self.query() if piece == "(" else piece
        if node is None or isinstance(node, str):
            return []
        if isinstance(node, Words) and not _has_token(node.text):
            return []
        if not is_negated:
            return [node]
        return [node.part if isinstance(node, Not) else Not(node)]

    def _take(self) -> _Token | None:
        piece = self._tokens[self._at] if self._at < len(self._tokens) else None
        self._at += 1
        return piece


def _with_operands(tokens: list[_Token]) -> list[_Token]:
    """An operator that lacks what it would join is a word like any other."""
    found: list[_Token] = []
    for at, piece in enumerate(tokens):
        if piece in _OPERATORS:
            behind = tokens[at + 1] if at + 1 < len(tokens) else ")"
            joins = behind not in (")", "AND", "OR")
            if piece != "NOT":
                joins = joins and bool(found) and found[-1] not in ("(", *_OPERATORS)
            found.append(piece if joins else Words(str(piece)))
        else:
            found.append(piece)
    return found


def _end_of_word(text: str, begin: int, is_in_group: bool) -> int:
    """Where the word ends: `f(x)` is one, what closes a group is not part of it."""
    depth = 0
    for at in range(begin, len(text)):
        letter = text[at]
        if letter.isspace() or letter == '"':
            return at
        if letter == "(":
            depth += 1
        elif letter == ")":
            if is_in_group and not depth:
                return at
            depth -= 1
    return len(text)


def _words(word: str) -> Words:
    # Of `foo.*` or `**bold**` a prefix is not meant.
    is_prefix = word.endswith("*") and _has_token(word[-2:-1])
    return Words(word[:-1] if is_prefix else word, is_prefix)


def has_one_token(text: str) -> bool:
    """Whether the index's tokenizer finds one word in it, and not several."""
    marks = "".join("x" if _has_token(letter) else " " for letter in text)
    return len(marks.split()) == 1


def _has_token(text: str) -> bool:
    """Whether the index's tokenizer finds anything in it: letters, numbers, ``_``."""
    return any(
        letter == "_"
        or unicodedata.category(letter)[0] in "LN"
        or unicodedata.category(letter) == "Co"
        for letter in text
    )


def _fields_are() -> str:
    return f"fields are {', '.join(FIELD_NAMES)}"
