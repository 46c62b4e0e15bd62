"""Prometheus metrics: told by each commit and, once a second, by the gateways' gauges.

Never from the hot path: the gateways count, this process turns counts into metrics.
"""

import platform
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest

from lunaroute._fast import COMPILED
from lunaroute._version import __version__
from lunaroute.link import Assembler
from lunaroute.link import Gauge as GaugeFrame
from lunaroute.model import Outcome
from lunaroute.observer import _catalogue as the
from lunaroute.observer._board import Board
from lunaroute.observer._options import Pool
from lunaroute.observer._tally import Tally
from lunaroute.recording import News

_NOTHING = GaugeFrame(0, 0, 0, 0, 0, 0, 0)
_OUTCOMES = frozenset(Outcome)
_RECENT = 100


class Metrics:
    """What is exposed is ours, and what the system says of this process."""

    def __init__(self, pools: Mapping[str, Pool]) -> None:
        """``pools`` are those to be seen, by their providers' names."""
        self._pools = pools
        shown = [each for each in the.CATALOGUE if pools or each is not the.IDLE]
        self._board = board = Board(shown)
        self._tally = Tally(board)
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)
        self._seen: dict[str, GaugeFrame] = {}
        self._upgrades: dict[str, int] = {}
        self._restarts: dict[str, int] = {}
        self._recent: dict[str, deque[bool]] = {}
        self._last_answers: dict[str, int] = {}
        compiled = "true" if COMPILED else "false"
        board.put(the.BUILD, 1, __version__, platform.python_version(), compiled)
        for name, pool in pools.items():
            for setting, value in pool.settings.items():
                board.put(the.POOL_CONFIG, value, name, setting)

    def tell(self, news: Sequence[News], *, now: int, seconds: float) -> None:
        """What was committed at ``now`` (monotonic nanoseconds), and how long reading
        and committing it took.
        """
        # An exchange that is still under way is no news yet.
        ended = [each for each in news if each.row.outcome in _OUTCOMES]
        for each in ended:
            self._tally.count(each, now)
            self._remember(each)
            self._board.observe(the.READING, seconds / len(ended))

    def recorded(self, count: int) -> None:
        """So many exchanges were acknowledged."""
        self._board.add(the.RECORDED, count)

    def take(self, links: Iterable[Assembler], trouble: str = "") -> None:
        """The latest gauge of every link; ``trouble`` is why nothing is written."""
        live = [link for link in links if link.hello is not None]
        for link in live:
            self.take_last(link)
        gauges = [link.gauge for link in live if link.gauge is not None]
        board = self._board
        board.put(the.BACKLOG_BYTES, sum(gauge.held_bytes for gauge in gauges))
        board.put(the.BACKLOG, sum(gauge.held_exchanges for gauge in gauges))
        board.put(the.LIVE, sum(gauge.live for gauge in gauges))
        board.put(the.CLIENTS, sum(gauge.clients for gauge in gauges))
        for name, pool in self._pools.items():
            idle = sum(gauge.idle.get(name, 0) for gauge in gauges)
            board.put(the.POOL_IDLE, idle, name, pool.dialect)
        if self._pools:
            idle = sum(sum(gauge.idle.values()) for gauge in gauges)
            board.put(the.IDLE, idle)
        board.put(the.LIVE_STREAMS, sum(link.stream_count for link in live))
        board.put(the.TROUBLE, int(bool(trouble)))

    def take_last(self, link: Assembler) -> None:
        """What this link has counted since it was looked at, for one that ends, too."""
        if link.hello is None:
            return
        boot = link.hello.boot
        opened = link.upgrades - self._upgrades.get(boot, 0)
        if opened:
            self._board.add(the.SOCKETS_OPENED, opened, the.SOCKET)
        self._upgrades[boot] = link.upgrades
        if link.gauge is not None:
            self._count(self._seen.get(boot, _NOTHING), link.gauge)
            self._seen[boot] = link.gauge

    def restarted(self, counts: Mapping[str, int]) -> None:
        """How often each kind of process was started again until now."""
        for name, count in counts.items():
            more = count - self._restarts.get(name, 0)
            self._restarts[name] = count
            self._board.add(the.RESTARTS, more, name)

    def spans(self, result: str, count: int) -> None:
        """So many spans were sent or dropped."""
        self._board.add(the.SPANS, count, result)

    def copied(self, writer: str, result: str, count: int) -> None:
        """What a writer of another package did with so many exchanges."""
        self._board.add(the.COPIES, count, writer, result)

    def disk(self, sizes: Mapping[str, int], free: int) -> None:
        """What the record takes, and what is free."""
        for what, size in sizes.items():
            self._board.put(the.DISK, size, what)
        self._board.put(the.DISK_FREE, free)

    def exposition(self) -> bytes:
        """Prometheus' text format, version 0.0.4."""
        return self._board.text().encode() + generate_latest(self._process)

    def _count(self, before: GaugeFrame, now: GaugeFrame) -> None:
        add = self._board.add
        add(the.SHED_EXCHANGES, now.shed_exchanges - before.shed_exchanges)
        # An open exchange that was shed may turn out to have kept a longer tail.
        add(the.SHED_BYTES, max(0, now.shed_bytes - before.shed_bytes))
        add(the.LOST, now.lost_exchanges - before.lost_exchanges)

    def _remember(self, news: News) -> None:
        """The state of the provider, as far as exchanges tell it."""
        row = news.row
        if not row.provider or row.outcome in (
            Outcome.CLIENT_LEFT,
            Outcome.REFUSED_BY_US,
        ):
            return
        recent = self._recent.setdefault(row.provider, deque(maxlen=_RECENT))
        is_answered = row.outcome == Outcome.ANSWERED
        recent.append(is_answered)
        rate = sum(recent) / len(recent)
        self._board.put(the.SUCCESS_RATE, rate, row.provider)
        if is_answered:
            newest = max(row.started_at, self._last_answers.get(row.provider, 0))
            self._last_answers[row.provider] = newest
            self._board.put(the.LAST_ANSWER, newest / 1e6, row.provider)
