"""As JSONL: the recorded events, byte for byte, days behind each other.

A request's history is referred to as in the session's files, within what is exported.
"""

from collections.abc import Iterator

from lunaroute.errors import StoreError
from lunaroute.exporting._copy import Copy


def as_jsonl(copy: Copy) -> Iterator[bytes]:
    """The lines. StoreError where none were kept of any exchange."""
    found = False
    for copied in copy.turns():
        found = found or bool(copied.lines)
        yield from copied.lines
    if not found:
        why = copied.request_missing if copy.detail.turns else "it has no exchange"
        raise StoreError(
            f"the events of {copy.session_id} are not kept ({why}); the other formats"
            " export what the database has"
        )
