"""Max-Forwards: how many more proxies a request may pass (RFC 9110 7.6.2)."""

from lunaroute.routing._credentials import HeaderChange
from lunaroute.wire import RequestHead

# The methods for which an intermediary has to count.
COUNTED_METHODS = frozenset((b"OPTIONS", b"TRACE"))
_NAME = b"max-forwards"


def forwards_left(head: RequestHead) -> int | None:
    """What the request says; None if nothing, or nothing that is a number."""
    value = head.first(_NAME) if head.method in COUNTED_METHODS else b""
    return int(value) if value.isdigit() and len(value) < 19 else None


def count_forward(change: HeaderChange, left: int) -> HeaderChange:
    """``change`` and one forward less than ``left``."""
    line = b"Max-Forwards: %d" % (left - 1)
    return HeaderChange(change.drop | {_NAME}, (*change.add, line))
