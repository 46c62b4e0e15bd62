"""As one HTML file: no script, nothing fetched, every recorded character escaped.

The file's own Content-Security-Policy allows its style sheet, by hash, and no more.
"""

import base64
import hashlib
from collections.abc import Iterator
from html import escape

from lunaroute.exporting._copy import Copy
from lunaroute.exporting._talk import Piece, facts, pieces, summary

_STYLE = """
:root { color-scheme: light dark; --soft: #8883; --tint: #6d5dfc; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.3rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
dt { opacity: .65; } dd { margin: 0; }
section { border-top: 1px solid var(--soft); margin-top: 1.5rem; padding-top: .5rem; }
h2 { font-size: .85rem; font-weight: 500; opacity: .75; }
details { border-left: 3px solid var(--soft); margin: .6rem 0; padding: 0 .8rem; }
summary { cursor: pointer; font-weight: 600; }
.prompt { border-color: var(--tint); } .answer { border-color: #18a56b; }
.error, .problem { border-color: #d33; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .3rem 0;
  font: 13px/1.5 ui-monospace, monospace; }
"""

# Long or of little use at a first reading; the others are open.
_CLOSED = frozenset({"system", "thinking", "tool_output", "tool_input"})


def as_html(copy: Copy) -> Iterator[bytes]:
    """The page, an exchange at a time."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'"
    title = f"Session {_escaped(copy.session_id)}"
    rows = "".join(
        f"<dt>{name}</dt><dd>{_escaped(value)}</dd>\n"
        for name, value in summary(copy.detail)
    )
    yield _encoded(
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n"
        f"<h1>{title}</h1>\n<dl>\n{rows}</dl>\n"
    )
    for number, copied in enumerate(copy.turns(), start=1):
        yield _encoded(f"<section>\n<h2>{number}. {_escaped(facts(copied))}</h2>\n")
        for piece in pieces(copied):
            yield _encoded(_piece(piece))
        yield b"</section>\n"
    yield b"</html>\n"


def _piece(piece: Piece) -> str:
    state = "" if piece.kind in _CLOSED else " open"
    # After <pre> a line break of the page's own: else the text's first one would go.
    return (
        f'<details class="{piece.kind}"{state}>'
        f"<summary>{_escaped(piece.name)}</summary>"
        f"<pre>\n{_escaped(piece.text)}</pre></details>\n"
    )


def _escaped(text: str) -> str:
    return escape(text.replace("\0", "\N{REPLACEMENT CHARACTER}"))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")
