"""The answers that are the gateway's own: is it alive, can it forward.

Observed, never probed: a readiness check sends nothing to a provider.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from lunaroute.gateway._options import Provider
from lunaroute.gateway._upstream import Health
from lunaroute.wire import reply

ALIVE = json.dumps({"status": "ok"}, separators=(",", ":")).encode()


def healthz(*, head_only: bool, close: bool = False) -> bytes:
    """Alive: the process answers."""
    return reply(200, ALIVE, head_only=head_only, close=close)


def readyz(
    providers: Sequence[Provider],
    health: Mapping[str, Health],
    troubles: Sequence[str],
    *,
    draining: bool,
    head_only: bool,
    close: bool = False,
) -> bytes:
    """200 ``ready`` or ``degraded`` with why; 503 only when nothing is forwarded."""
    status = "degraded" if troubles else "ready"
    if draining:
        status = "draining"
    answer: dict[str, object] = {
        "status": status,
        "providers": [_provider(entry, health[entry.name]) for entry in providers],
    }
    if troubles:
        answer["why"] = list(troubles)
    body = json.dumps(answer).encode()
    return reply(503 if draining else 200, body, head_only=head_only, close=close)


def _provider(provider: Provider, health: Health) -> dict[str, object]:
    success = health.last_success
    return {
        "name": provider.name,
        "base_url": provider.base.url,
        "last_success": None
        if success is None
        else datetime.fromtimestamp(success, UTC).isoformat(timespec="seconds"),
        "last_error": health.last_error,
    }
