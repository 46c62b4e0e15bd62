"""Host names and their addresses, kept for a while.

A resolver that fails or dawdles must not stop what worked a minute ago, and many
requests at once must not become many lookups.
"""

import math
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import trio

# getaddrinfo does not tell how long an answer may be kept; providers' records say 60 s
# to 300 s.
FRESH_SECONDS = 60.0
STALE_SECONDS = 300.0
# How long a lookup may take before an old answer is good enough.
PATIENCE_SECONDS = 1.0

# What socket.socket and its connect take.
Address = tuple[int, Any]
Place = tuple[str, int]
Resolve = Callable[[str, int], list[Address]]


def look_up(host: str, port: int, flags: int = 0) -> list[Address]:
    """The addresses of both families, best first (RFC 6724). Blocks.

    Raises socket.gaierror.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except UnicodeError:  # a label that is empty or longer than 63 bytes
        raise socket.gaierror(socket.EAI_NONAME, "not a host name") from None
    return [(family, address) for family, _, _, _, address in found]


@dataclass(frozen=True, slots=True)
class _Answer:
    addresses: list[Address]
    since: float


@dataclass(slots=True)
class _Lookup:
    """One that is under way; it goes on when those who wait for it have left."""

    done: trio.Event = field(default_factory=trio.Event)
    answer: _Answer | None = None
    error: OSError | None = None


class Names:
    """Asks in a thread, once for all who want to know."""

    def __init__(self, resolve: Resolve = look_up) -> None:
        self._resolve = resolve
        self._known: dict[Place, _Answer] = {}
        self._doubted: set[Place] = set()
        self._lookups: dict[Place, _Lookup] = {}

    async def addresses(self, host: str, port: int) -> list[Address]:
        """Where ``host`` is, best first. Raises OSError, naming no host."""
        try:
            return look_up(host, port, socket.AI_NUMERICHOST)
        except socket.gaierror:
            pass  # a name
        place = host, port
        known = self._known.get(place)
        age = trio.current_time() - known.since if known is not None else math.inf
        if known is not None and age < FRESH_SECONDS and place not in self._doubted:
            return known.addresses
        usable = known if age < STALE_SECONDS else None
        return (await self._ask(place, usable)).addresses

    def doubt(self, host: str, port: int) -> None:
        """Nobody answered there: the next one asks anew."""
        self._doubted.add((host, port))

    async def _ask(self, place: Place, usable: _Answer | None) -> _Answer:
        lookup = self._lookups.get(place)
        if lookup is None:
            lookup = self._lookups[place] = _Lookup()
            # A thread cannot be stopped: a request that leaves must not have its
            # successor start another one, so nobody's task waits for the thread.
            trio.lowlevel.spawn_system_task(self._run, place, lookup)
        with trio.move_on_after(math.inf if usable is None else PATIENCE_SECONDS):
            await lookup.done.wait()
        answer = lookup.answer or usable
        if answer is None:
            assert lookup.error is not None
            raise OSError(*lookup.error.args)
        return answer

    async def _run(self, place: Place, lookup: _Lookup) -> None:
        try:
            found = await trio.to_thread.run_sync(
                self._resolve, *place, abandon_on_cancel=True
            )
        except OSError as error:
            lookup.error = error
        except RuntimeError as error:  # no thread can be started
            lookup.error = OSError(0, str(error))
        else:
            lookup.answer = self._known[place] = _Answer(found, trio.current_time())
            self._doubted.discard(place)
        finally:
            del self._lookups[place]
            lookup.done.set()
