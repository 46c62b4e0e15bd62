"""Prometheus metrics, fed once a second from the gateways' gauges.

Never from the hot path: the gateways count, this process turns counts into metrics.
"""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from lunaroute.link import Assembler
from lunaroute.link import Gauge as GaugeFrame

_NOTHING = GaugeFrame(0, 0, 0, 0, 0, 0, 0)


class Metrics:
    """Its own registry: what is exposed is ours and nothing else."""

    def __init__(self, *, pool: bool = True) -> None:
        self._registry = registry = CollectorRegistry()
        self._shed_exchanges = Counter(
            "lunaroute_tap_shed_exchanges",
            "Exchanges recorded without their bodies: the recorder was behind and "
            "session_recording.buffer_mb was full.",
            registry=registry,
        )
        self._shed_bytes = Counter(
            "lunaroute_tap_shed_bytes",
            "Body bytes that were forwarded and not recorded, for the same reason.",
            registry=registry,
        )
        self._lost_exchanges = Counter(
            "lunaroute_tap_lost_exchanges",
            "Exchanges not recorded at all: the buffer was full of facts alone.",
            registry=registry,
        )
        self._backlog_bytes = Gauge(
            "lunaroute_tap_backlog_bytes",
            "Bytes of unacknowledged exchanges in the gateways' memory.",
            registry=registry,
        )
        self._backlog_exchanges = Gauge(
            "lunaroute_tap_backlog_exchanges",
            "Exchanges that are under way or not yet committed.",
            registry=registry,
        )
        self._live = Gauge(
            "lunaroute_live_exchanges", "Exchanges under way.", registry=registry
        )
        self._idle = Gauge(
            "lunaroute_pool_idle_connections",
            "Idle connections to providers.",
            registry=registry if pool else None,
        )
        self._recorded = Counter(
            "lunaroute_recorded_exchanges",
            "Exchanges committed by this recorder process.",
            registry=registry,
        )
        self._seen: dict[str, GaugeFrame] = {}
        self._seen_recorded = 0

    def take(self, links: Iterable[Assembler], recorded: int) -> None:
        """The latest gauge of every link, and how many exchanges were committed."""
        latest = {
            link.hello.boot: link.gauge
            for link in links
            if link.hello is not None and link.gauge is not None
        }
        for boot, gauge in latest.items():
            self._count(self._seen.get(boot, _NOTHING), gauge)
            self._seen[boot] = gauge
        self._backlog_bytes.set(sum(gauge.held_bytes for gauge in latest.values()))
        self._backlog_exchanges.set(
            sum(gauge.held_exchanges for gauge in latest.values())
        )
        self._live.set(sum(gauge.live for gauge in latest.values()))
        self._idle.set(sum(gauge.idle_upstream for gauge in latest.values()))
        self._recorded.inc(recorded - self._seen_recorded)
        self._seen_recorded = recorded

    def exposition(self) -> bytes:
        """Prometheus' text format, version 0.0.4."""
        return generate_latest(self._registry)

    def _count(self, before: GaugeFrame, now: GaugeFrame) -> None:
        self._shed_exchanges.inc(now.shed_exchanges - before.shed_exchanges)
        # An open exchange that was shed may turn out to have kept a longer tail.
        self._shed_bytes.inc(max(0, now.shed_bytes - before.shed_bytes))
        self._lost_exchanges.inc(now.lost_exchanges - before.lost_exchanges)
