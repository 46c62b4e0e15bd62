"""One connection to a provider while a request is on it."""

from dataclasses import dataclass
from ssl import SSLEOFError

from lunaroute._fast import head_end
from lunaroute.errors import UpstreamFault
from lunaroute.gateway._fault import plain
from lunaroute.gateway._options import Provider
from lunaroute.gateway._socket import Wire

# A provider's head is a few kB; this bounds what a broken one can make us hold.
MAX_ANSWER_HEAD = 256 * 1024
# An empty line's first bytes may have come before the rest of it.
OVERLAP = 2


# How a connection ends that had died in the pool.
_ENDINGS = (ConnectionResetError, BrokenPipeError, ConnectionAbortedError, SSLEOFError)


class NoAnswerError(UpstreamFault):
    """The connection failed before the first byte of an answer.

    ``has_ended``: by a reset, a broken pipe or an end of file. Anything else (the
    network is gone, TLS is broken) says nothing about what the provider has done.
    """

    def __init__(self, message: str, *, has_ended: bool = True) -> None:
        super().__init__(message)
        self.has_ended = has_ended


@dataclass(slots=True, eq=False)
class Upstream:
    """One connection to a provider, and the bytes read beyond what was asked."""

    wire: Wire
    provider: Provider
    reused: bool = False
    idle_since: float = 0.0
    buffer: bytes = b""
    answered: bool = False  # a byte of an answer came since the lease began

    async def send(self, data: bytes) -> None:
        """Raises NoAnswerError: what the provider says decides, if it says anything."""
        try:
            await self.wire.send(data)
        except OSError as error:
            raise _no_answer("while sending", error) from error

    def send_now(self, data: bytes) -> bytes:
        """What of ``data`` could not be sent without waiting. Raises NoAnswerError."""
        try:
            return self.wire.send_now(data)
        except OSError as error:
            raise _no_answer("while sending", error) from error

    async def receive(self) -> bytes:
        """What comes next; empty at a proper end of file. Raises UpstreamFault."""
        if self.buffer:
            data, self.buffer = self.buffer, b""
            return data
        try:
            data = await self.wire.receive()
        except OSError as error:
            if self.answered:
                raise UpstreamFault(_broken("while answering", error)) from error
            raise _no_answer("while answering", error) from error
        if data:
            self.answered = True
        return data

    async def read_head(self) -> bytes:
        """The next head block. Raises NoAnswerError if not one byte comes."""
        data = await self.receive()
        end = head_end(data, 0)
        if not end:
            data, end = await self._read_on(bytearray(data))
        self.buffer = data[end:]
        return data[:end]

    async def _read_on(self, data: bytearray) -> tuple[bytes, int]:
        """More of a head until it is whole, and where it ends."""
        end = 0
        while not end:
            if len(data) > MAX_ANSWER_HEAD:
                raise UpstreamFault("the provider's answer head is too large")
            more = await self.receive()
            if not more and not self.answered:
                raise NoAnswerError("the provider closed the connection unanswered")
            if not more:
                raise UpstreamFault("the provider broke off within its answer's head")
            searched = max(0, len(data) - OVERLAP)
            data += more
            end = head_end(data, searched)
        return bytes(data), end


@dataclass(slots=True)
class Health:
    """What was seen of one provider; never probed."""

    last_success: float | None = None  # wall clock
    last_error: str | None = None


def _no_answer(when: str, error: OSError) -> NoAnswerError:
    return NoAnswerError(_broken(when, error), has_ended=isinstance(error, _ENDINGS))


def _broken(when: str, error: OSError) -> str:
    return f"the provider's connection broke {when}: {plain(error)}"
