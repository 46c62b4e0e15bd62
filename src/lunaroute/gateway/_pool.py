"""The connections to providers that wait for their next request."""

import time
from collections import deque

from lunaroute.gateway._dial import Dialer
from lunaroute.gateway._options import Provider
from lunaroute.gateway._upstream import Upstream


class Pool:
    """Idle connections by provider, the last used first."""

    def __init__(self, dialer: Dialer | None = None) -> None:
        self._dialer = dialer or Dialer()
        self._idle: dict[Provider, deque[Upstream]] = {}

    @property
    def idle(self) -> dict[str, int]:
        """How many wait, by the names of the providers whose pool is to be seen in
        the metrics.
        """
        return {
            provider.name: len(waiting)
            for provider, waiting in self._idle.items()
            if provider.http.pool_metrics and not provider.base.origin.unix
        }

    async def acquire(self, provider: Provider, *, fresh: bool = False) -> Upstream:
        """A connection to ``provider``; ``fresh`` never takes a used one.

        Raises UpstreamFault, 504 when the connection took too long.
        """
        waiting = self._idle.get(provider)
        while waiting and not fresh:
            upstream = waiting.pop()
            if not upstream.wire.is_stale():
                upstream.reused = True
                upstream.answered = False
                return upstream
            upstream.wire.close()
        return Upstream(await self._dialer.dial(provider), provider)

    def release(self, upstream: Upstream) -> None:
        """Back for reuse; the caller has seen the answer's proper end."""
        provider = upstream.provider
        http = provider.http
        if not upstream.reused:
            self._dialer.learn(provider.base.origin, upstream.wire)
        if not http.pool_max_idle or not http.pool_idle_secs:
            upstream.wire.close()
            return
        waiting = self._idle.setdefault(provider, deque())
        upstream.idle_since = time.monotonic()
        waiting.append(upstream)
        if len(waiting) > http.pool_max_idle:
            waiting.popleft().wire.close()

    def expire(self, now: float) -> None:
        """Closes what has been idle too long; ``now`` is monotonic."""
        for provider, waiting in self._idle.items():
            oldest = now - provider.http.pool_idle_secs
            while waiting and waiting[0].idle_since < oldest:
                waiting.popleft().wire.close()

    def close(self) -> None:
        for waiting in self._idle.values():
            while waiting:
                waiting.pop().wire.close()
