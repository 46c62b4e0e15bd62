"""The formats, declared once: what a command, the API and a page offer."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lunaroute.exporting._copy import Copy
from lunaroute.exporting._curl import as_curl
from lunaroute.exporting._har import as_har
from lunaroute.exporting._html import as_html
from lunaroute.exporting._json import as_json
from lunaroute.exporting._jsonl import as_jsonl
from lunaroute.exporting._markdown import as_markdown


@dataclass(frozen=True, slots=True)
class Format:
    """``write`` yields the file in pieces, UTF-8."""

    name: str
    ending: str
    media_type: str
    help: str
    write: Callable[[Copy], Iterator[bytes]]


FORMATS = {
    each.name: each
    for each in (
        Format(
            "jsonl",
            "jsonl",
            "application/x-ndjson",
            "the events as they were recorded",
            as_jsonl,
        ),
        Format(
            "json",
            "json",
            "application/json",
            "one object: rows, texts, tool calls, bodies",
            as_json,
        ),
        Format("markdown", "md", "text/markdown", "the conversation", as_markdown),
        Format("html", "html", "text/html", "the conversation in one file", as_html),
        Format("har", "har", "application/json", "HTTP Archive 1.2", as_har),
        Format("curl", "sh", "text/x-shellscript", "a script that asks again", as_curl),
    )
}


def exported(copy: Copy, name: str) -> Iterator[bytes]:
    """The session in the format of this name, in pieces. StoreError where the format
    needs what was not kept.
    """
    return FORMATS[name].write(copy)


def export_name(copy: Copy, name: str) -> str:
    """A name for the file: letters, digits, ``-`` and ``_`` and the ending."""
    safe = re.sub(r"[^A-Za-z0-9_-]", "_", copy.session_id)[:64]
    return f"session_{safe}.{FORMATS[name].ending}"
