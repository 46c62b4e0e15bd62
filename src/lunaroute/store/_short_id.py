"""An exchange's id as people write it: the life of the gateway cut to eight digits."""

import re

# 32 hex digits for the life of a gateway, its worker, the exchange, the turn within a
# WebSocket: ids of one life differ in their ends alone.
_WHOLE = re.compile(r"([0-9a-f]{32})(-\d+-\d+(?:\.\d+)?)")
_SHORT = re.compile(r"([0-9a-f]{1,32})(-\d+-\d+(?:\.\d+)?)")
_DIGITS = 8


def short_id(exchange_id: str) -> str:
    """The id, shortened if it is one that a gateway gave."""
    found = _WHOLE.fullmatch(exchange_id)
    return found[1][:_DIGITS] + found[2] if found else exchange_id


def split_short_id(text: str) -> tuple[str, str]:
    """What an id that is meant begins and ends with; the end is empty where ``text`` is
    a mere beginning.
    """
    found = _SHORT.fullmatch(text)
    return (found[1], found[2]) if found else (text, "")
