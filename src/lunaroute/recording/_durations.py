"""How long tools ran, where Claude Code says it in the header of the next request."""

import re

from lunaroute.recording._head import Head

_HEADER = "x-claude-code-prev-tool-durations"
# `Bash=120,Read=3`, in milliseconds; a day is longer than any tool runs.
_PART = re.compile(r"([^=]{1,200})=([0-9]{1,8})")


def told_durations(head: Head) -> tuple[tuple[str, int], ...]:
    """Names of tools with microseconds, in the header's order. What is none of the
    form is left out.
    """
    parts = (part.strip() for part in (head.get(_HEADER) or "").split(","))
    pairs = (pair for part in parts if (pair := _PART.fullmatch(part)))
    return tuple((pair[1].strip(), int(pair[2]) * 1_000) for pair in pairs)
