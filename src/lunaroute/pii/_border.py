"""Where a word begins, escapes of JSON and URLs seen through; an account goes on."""

import re

_ESCAPE = re.compile(r"(?:\\[nrtbf]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2})\Z")

# Country and check digits of an IBAN, and its groups of four.
_ACCOUNT = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?:[ -][A-Z0-9]{4}){0,7}[ -]\Z")
_LONGEST_ACCOUNT = 42

# Path, line and perhaps column, as grep and compilers put them before a line.
_PLACE = re.compile(
    r"(?:\A|[\s>+\-\"']|\\[nrt])(?=[^\s:\"']{0,120}[./])[^\s:\"']{1,120}:\d{1,6}:(?:\d{1,4}:)?\Z"
)
_LONGEST_PLACE = 136

# Thai, Lao, Khmer, Kana, Han, Hangul and their wide forms: written without blanks, so
# that a number follows a word, and a word a number.
_JOINED = (
    "\u0e00-\u0eff\u1780-\u17ff\u3005-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f"
)
_JOINT = re.compile(rf"[{_JOINED}](?=[0-9A-Za-z+(\[])|(?<=[0-9A-Za-z)\]])[{_JOINED}]")
_SCRIPT = re.compile(f"[{_JOINED}]")
_COMMA = "\u3001"
_BEYOND = re.compile(rb"\?+")


def opens(text: str, at: int) -> bool:
    r"""Whether a word may begin here: behind none, or behind ``\n`` or ``%3D``."""
    if not at or not (text[at - 1].isalnum() or text[at - 1] == "_"):
        return True
    if _SCRIPT.match(text[at - 1]):
        return True
    return is_escaped(text, at)


def is_escaped(text: str, at: int) -> bool:
    """Whether an escape ends just before ``text[at]``."""
    return _ESCAPE.search(text, max(0, at - 6), at) is not None


def is_within_account(text: str, at: int) -> bool:
    """Whether ``text[at]`` goes on with the groups of what is written like an IBAN."""
    return _ACCOUNT.search(text, max(0, at - _LONGEST_ACCOUNT), at) is not None


def is_placed(text: str, at: int) -> bool:
    """Whether a line begins at ``text[at]``, behind its place: ``src/a.py:17:``."""
    return (
        at > 0
        and text[at - 1] == ":"
        and _PLACE.search(text, max(0, at - _LONGEST_PLACE), at) is not None
    )


def is_apart(text: str, at: int) -> bool:
    """Whether what stands before ``text[at]`` is no part of it, though it looks so."""
    return is_escaped(text, at) or is_placed(text, at)


def set_apart(text: str, data: bytes) -> str:
    """The text, as long as it was, with a comma for each letter of a script without
    blanks that touches Latin letters or digits.

    ``data`` is the text in Latin-1, whose ``?`` are where such letters can be: to ask
    for each letter of a long text would take longer than to find what is in it.
    """
    parts: list[str] = []
    end = 0
    for run in () if text.isascii() else _BEYOND.finditer(data):
        before = min(run.start(), 1)
        piece = text[run.start() - before : run.end() + 1]
        if piece.isascii():  # a question mark
            continue
        apart = _JOINT.sub(_COMMA, piece)
        if apart != piece:
            parts += text[end : run.start()], apart[before:][: len(run[0])]
            end = run.end()
    return "".join((*parts, text[end:])) if parts else text
