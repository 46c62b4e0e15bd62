"""As Markdown. Recorded texts stand in fenced blocks: none of them is markup."""

import re
from collections.abc import Iterator

from lunaroute.exporting._copy import Copy
from lunaroute.exporting._talk import Piece, facts, pieces, summary


def as_markdown(copy: Copy) -> Iterator[bytes]:
    """The conversation, an exchange at a time."""
    lines = [f"# Session {_inline(copy.session_id)}", ""]
    lines += (f"- {name}: {_inline(value)}" for name, value in summary(copy.detail))
    yield _encoded("\n".join(lines) + "\n")
    for number, copied in enumerate(copy.turns(), start=1):
        yield _encoded(f"\n## {number}. {_inline(facts(copied))}\n")
        for piece in pieces(copied):
            yield _encoded(_piece(piece))


def _piece(piece: Piece) -> str:
    # A fence must be longer than any in the text (CommonMark 4.5).
    longest = max(map(len, re.findall("`+", piece.text)), default=0)
    fence = "`" * max(3, longest + 1)
    kind = "json" if piece.kind == "tool_input" else ""
    text = piece.text.removesuffix("\n")
    return f"\n### {_inline(piece.name)}\n\n{fence}{kind}\n{text}\n{fence}\n"


def _inline(text: str) -> str:
    """On one line, without any mark that Markdown or HTML gives a meaning."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    return re.sub(r"([\\`*_{}\[\]<>#|!&~])", r"\\\1", line)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")
