"""Whether a tool succeeded, and how long it ran, where a client writes that into the
result's text: Codex does, in three forms, before or behind what the tool printed.

A tool may print anything, so a line counts only in the form that the client gives it.
"""

import re
from typing import NamedTuple

from lunaroute.dialects._json import JsonObject, get_object, get_objects, get_str

# No form is longer; texts come back with every turn and may be large.
_HEAD = 400
_TAIL = 200

# "Script completed\nWall time 0.2 seconds\nOutput:\n": scripts that call other tools.
_SCRIPT = re.compile(
    r"Script (completed|failed)\nWall time:? ([0-9]+(?:\.[0-9]+)?) seconds?\n"
)
# "Chunk ID: 1a2b3c\nWall time: 0.05 seconds\nProcess exited with code 0\n", and older
# "Exit code: 0\nWall time: 0.1 seconds\n".
_COMMAND = re.compile(
    r"(?:Chunk ID: \w+\n)?(?:Exit code: (-?[0-9]{1,10})\n)?"
    r"Wall time:? ([0-9]+(?:\.[0-9]+)?) seconds?\n"
    r"(?:Process exited with code (-?[0-9]{1,10})\n)?"
)
# The oldest form is JSON: after the output an object "metadata" that ends it, with
# "exit_code" and "duration_seconds".
_METADATA = re.compile(r'"metadata"\s*:\s*\{([^{}]*)\}\s*\}\s*$')
_EXIT_CODE = re.compile(r'"exit_code"\s*:\s*(-?[0-9]{1,10})\b')
_DURATION = re.compile(r'"duration_seconds"\s*:\s*([0-9]+(?:\.[0-9]+)?)')


class ToolOutcome(NamedTuple):
    """None where nobody says; the duration is the client's own measurement."""

    is_error: bool | None = None
    duration_us: int | None = None


def outcome_in(text: str) -> ToolOutcome:
    """What a result's text says of itself."""
    head = text[:_HEAD]
    if found := _SCRIPT.match(head):
        return ToolOutcome(found[1] == "failed", _microseconds(found[2]))
    if found := _COMMAND.match(head):
        code = found[1] or found[3]
        if code is not None:
            return ToolOutcome(int(code) != 0, _microseconds(found[2]))
    if head.startswith("{") and (found := _METADATA.search(text[-_TAIL:])):
        return _in_metadata(found[1])
    return ToolOutcome()


def outcome_of(item: JsonObject, text: str) -> ToolOutcome:
    """What the item of a Responses request says, else its text.

    A ``status`` of its own is a tool's only with patches: elsewhere it says whether
    the item is whole.
    """
    if get_str(item, "type") == "apply_patch_call_output":
        status = get_str(item, "status")
        if status in ("completed", "failed"):
            return ToolOutcome(status == "failed")
    codes = [
        outcome.get("exit_code") if outcome.get("type") == "exit" else 1
        for part in get_objects(item, "output")
        if (outcome := get_object(part, "outcome"))
    ]
    if codes:
        return ToolOutcome(any(code != 0 for code in codes))
    return outcome_in(text)


def _in_metadata(text: str) -> ToolOutcome:
    code, duration = _EXIT_CODE.search(text), _DURATION.search(text)
    return ToolOutcome(
        None if code is None else int(code[1]) != 0,
        None if duration is None else _microseconds(duration[1]),
    )


def _microseconds(seconds: str) -> int | None:
    # Of a number that no clock shows nothing is to be learned.
    return round(float(seconds) * 1_000_000) if len(seconds) <= 12 else None
