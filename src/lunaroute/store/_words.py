"""What a user types, as an FTS5 expression that is valid whatever it was."""

import re

# SQLite's parser nests one level for each term; far more than a person types.
_MAX_TERMS = 32
_MAX_LENGTH = 4_000

_TERM = re.compile(r'"([^"]*)"?|([^\s"]+)')


def match_expression(words: str) -> str:
    """Each word and each "quoted phrase" as an FTS5 string, all of them required.

    Nothing of the user's is left outside a string, so operators and columns mean
    nothing. Terms beyond a bound are dropped.
    """
    text = words[:_MAX_LENGTH].replace("\0", " ")
    text = text.encode("utf-8", "replace").decode("utf-8")
    terms = [phrase or word for phrase, word in _TERM.findall(text)]
    return " ".join(f'"{term}"' for term in terms[:_MAX_TERMS] if term.strip())
