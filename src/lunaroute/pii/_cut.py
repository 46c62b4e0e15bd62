"""The end of what was cut: half a value is no value that could be found, and may still
be half a key.
"""

import re

CUT = "[CUT]"

# Longer than any value in one word.
_REACH = 4096

# What could be the beginning of a key: one word that is not only letters, or is one of
# mixed case; or digits with what stands between them.
_WORD = re.compile(r"""[^\s"'`<>(){}\[\],;\\]{8,}\Z""")
_TELLS_A_KEY = re.compile(r"[0-9_+/=@:-]|[a-z][A-Z]")
_DIGITS = re.compile(r"\+?[0-9(][0-9 .()/-]{5,}\Z")


def without_half(text: str) -> str:
    """``text``, of which the rest is missing, with ``[CUT]`` for what could have been
    the beginning of a value.
    """
    begin = max(0, len(text) - _REACH)
    end = text[begin:]
    starts = [
        found.start()
        for found in (_DIGITS.search(end), _WORD.search(end))
        if found is not None and _TELLS_A_KEY.search(found.group())
    ]
    return f"{text[: begin + min(starts)]}{CUT}" if starts else text
