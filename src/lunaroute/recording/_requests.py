"""What requests say, kept from when their exchanges were begun until they end.

An exchange of more than a moment is recorded twice: as an open row, and at its end.
Of a long history reading it is most of the work.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lunaroute.link import ExchangeId, RawExchange
from lunaroute.model import RequestFacts, SessionFacts
from lunaroute.pii import Mark
from lunaroute.recording._session import SessionName

# What there is of one beside its body.
_OBJECT_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Asked:
    """What one request says, as attributes of ``Reading``; ``redacted`` and ``marks``
    are of the request alone.
    """

    session: SessionName
    who: SessionFacts
    facts: RequestFacts
    sent: bytes
    as_json: object
    hash: str | None
    problems: tuple[str | None, ...]
    redacted: Mapping[str, int]
    marks: tuple[Mark, ...]


Read = Callable[[], Asked]
# What a request says: by reading it, or from before.
Asking = Callable[[RawExchange, Read], Asked]


def read_anew(_raw: RawExchange, read: Read) -> Asked:
    """Remembers nothing."""
    return read()


class Requests:
    """Of as many as take ``most`` bytes; those read longest ago go first. All are read
    with one key and one redactor.
    """

    __slots__ = ("_bytes", "_known", "_most")

    def __init__(self, most: int = 32 * 1024 * 1024) -> None:
        self._known: dict[ExchangeId, tuple[RawExchange, Asked]] = {}
        self._most = most
        self._bytes = 0

    def first(self, raw: RawExchange, read: Read) -> Asked:
        """For one that begins: reads it and remembers."""
        self._forget(raw.id)
        asked = read()
        self._known[raw.id] = raw, asked
        self._bytes += _held(raw, asked)
        while self._bytes > self._most:
            self._forget(next(iter(self._known)))
        return asked

    def last(self, raw: RawExchange, read: Read) -> Asked:
        """For one that has ended: what it said, if it is the very same still."""
        known = self._forget(raw.id)
        if known is None:
            return read()
        then, asked = known
        is_same = (
            then.request_head == raw.request_head
            and then.route == raw.route
            and then.request == raw.request
        )
        return asked if is_same else read()

    def _forget(self, id_: ExchangeId) -> tuple[RawExchange, Asked] | None:
        known = self._known.pop(id_, None)
        if known is not None:
            self._bytes -= _held(*known)
        return known


def _held(raw: RawExchange, asked: Asked) -> int:
    """About the bytes that it keeps: the body on the wire, as read, and its texts."""
    return raw.request.size + 2 * len(asked.sent) + _OBJECT_BYTES
