"""JSON as it comes off the wire, narrowed to what a reader asked for.

Nothing here raises on any input: what is not there, or is of another type, is None or
empty.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

import orjson

JsonObject = dict[str, object]

# More tokens than any request can have: a count beyond is no count. Sums of them must
# stay within SQLite's 64 bits.
_LARGEST = 10**15

# A lone half of a surrogate pair is legal JSON and no text. Clients that cut strings by
# UTF-16 units send it; the parser refuses the whole body for it.
_ESCAPE = re.compile(
    r"""(?sx) \\ (?:
        u [dD][89abAB][0-9a-fA-F]{2} \\u [dD][c-fC-F][0-9a-fA-F]{2}  # a whole pair
      | u [dD][89a-fA-F][0-9a-fA-F]{2}                               # half of one
      | .
    )"""
)
_HALF_LENGTH = len("\\ud800")


def is_object(value: object) -> TypeGuard[JsonObject]:
    """Whether a parsed value is an object; the keys of one are always strings."""
    return isinstance(value, dict)


@dataclass(frozen=True, slots=True)
class Json:
    """A body that was parsed once: its value, and what is wrong with it. Where it
    ``is_plain`` nothing had to be mended before.
    """

    value: object
    problem: str | None
    is_plain: bool


def read_json(data: bytes) -> Json:
    """``data`` as a value, None if it holds none."""
    if not data.strip():
        return Json(None, "empty", is_plain=False)
    try:
        return Json(orjson.loads(data), None, is_plain=True)
    except orjson.JSONDecodeError:
        return Json(*_read_mended(data), is_plain=False)


def read_object(data: bytes | str) -> tuple[JsonObject, str | None]:
    """The object that ``data`` holds, empty if there is none, and what is wrong."""
    if not data.strip():
        return {}, "empty"
    problem = None
    try:
        value: object = orjson.loads(data)
    except orjson.JSONDecodeError:
        value, problem = _read_mended(data)
    return as_object(value, problem)


def as_object(value: object, problem: str | None) -> tuple[JsonObject, str | None]:
    """The same of what was parsed."""
    if is_object(value):
        return value, problem
    return {}, problem or "not a JSON object"


def _read_mended(data: bytes | str) -> tuple[object, str | None]:
    text = data.decode(errors="replace") if isinstance(data, bytes) else data
    mended = _ESCAPE.sub(_without_half, text)
    try:
        value: object = orjson.loads(mended)
    except orjson.JSONDecodeError as error:
        is_cut = "end of data" in error.msg
        return None, "cut short" if is_cut else f"not JSON: {error.msg}"
    is_utf8 = isinstance(data, str) or _is_utf8(data)
    return value, None if is_utf8 else "not UTF-8"


def _without_half(escape: re.Match[str]) -> str:
    found = escape.group()
    return "\\ufffd" if len(found) == _HALF_LENGTH else found


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def dump(value: object) -> str:
    """JSON text of a parsed value; of nothing, nothing."""
    if value is None:
        return ""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        # What was parsed can be written, but for nesting: the parser follows 1024
        # levels, the writer 254. No tool's input is nested like that.
        return ""


def get(value: object, *path: str) -> object:
    """What stands at the end of a path of names."""
    for name in path:
        if not isinstance(value, dict):  # without a call, as every event asks for five
            return None
        value = value.get(name)
    return value


def get_str(value: object, *path: str) -> str | None:
    found = get(value, *path)
    return found if isinstance(found, str) else None


def get_object(value: object, *path: str) -> JsonObject:
    found = get(value, *path)
    return found if is_object(found) else {}


def get_list(value: object, *path: str) -> list[object]:
    found = get(value, *path)
    return found if isinstance(found, list) else []


def get_objects(value: object, *path: str) -> list[JsonObject]:
    """The objects of a list; whatever else stands in it is left out."""
    return [item for item in get_list(value, *path) if is_object(item)]


def get_count(value: object, *path: str) -> int | None:
    """A whole number that can count something."""
    found = get(value, *path)
    if isinstance(found, int) and not isinstance(found, bool):
        return found if 0 <= found <= _LARGEST else None
    return None


def texts_in(value: object) -> Iterator[str]:
    """The plain texts of a content, in order: a string, or blocks that may nest.

    A block's text is its ``text`` or ``refusal``, else what its ``content`` holds, else
    the text of a document's ``source``. Images and other blobs have none.
    """
    # A stack of its own: nesting is the sender's choice, the interpreter's is bounded.
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if item:
                yield item
        elif isinstance(item, list):
            waiting.extend(reversed(item))
        elif is_object(item):
            waiting.append(_text_of_block(item))


def _text_of_block(block: JsonObject) -> object:
    for name in ("text", "refusal"):
        if isinstance(block.get(name), str):
            return block[name]
    if "content" in block:
        return block["content"]
    source = get_object(block, "source")
    return source.get("data") if source.get("type") == "text" else source.get("content")
