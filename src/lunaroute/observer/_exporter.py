"""Sends spans to a collector, in batches, beside everything else.

What it holds is bounded: spans that find no room, or no collector for long enough, are
counted and gone. The record has all of it.
"""

import http.client
import logging
import ssl
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import trio

from lunaroute.observer._span import Span, Tracer
from lunaroute.recording import News

log = logging.getLogger("lunaroute.tracing")

MAX_WAITING = 4_096
BATCH_SPANS = 256
BATCH_SECONDS = 1.0
MAX_TRIES = 5
PAUSE_SECONDS = 1.0
CLOSING_SECONDS = 3.0

_PATH = "/v1/traces"
# Those that OTLP names as passing: the same request may be sent again.
_PASSING = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Collector:
    """Where spans go. ``service`` is what they call us."""

    endpoint: str
    headers: Mapping[str, str] = field(default_factory=dict)
    service: str = "lunaroute"
    timeout: float = 10.0
    include_content: bool = False


class RefusedError(Exception):
    """The collector does not take it; ``may_pass`` says whether to try again."""

    def __init__(self, why: str, *, may_pass: bool) -> None:
        super().__init__(why)
        self.may_pass = may_pass


class Exporter:
    """Hears of what was committed, and sends it on.

    ``encode`` makes a body of spans; ``counted`` is told how many were sent or dropped.
    """

    def __init__(
        self,
        collector: Collector,
        tracer: Tracer,
        encode: Callable[[Iterable[Span], str], bytes],
        counted: Callable[[str, int], object] = lambda _result, _count: None,
    ) -> None:
        self._collector = collector
        self._tracer = tracer
        self._encode = encode
        self._counted = counted
        self._waiting: deque[Span] = deque()
        self._arrived = trio.Event()
        self._closing = trio.Event()
        self._trouble = ""

    def tell(self, news: Sequence[News], *, now: int, seconds: float) -> None:  # noqa: ARG002 - as all who hear of commits
        """Makes spans of what was committed."""
        for each in news:
            self._waiting += self._tracer.spans(each)
        dropped = len(self._waiting) - MAX_WAITING
        for _ in range(dropped):
            self._waiting.popleft()
        if dropped > 0:
            self._counted("dropped", dropped)
            self._complain("there is no room for more spans; the oldest are dropped")
        if self._waiting:
            self._arrived.set()

    def recorded(self, count: int) -> None:
        """Nothing to do: spans are made of what is news."""

    def close(self) -> None:
        """Nothing more will come: ``run`` returns after the last batch."""
        self._closing.set()
        self._arrived.set()

    async def run(self) -> None:
        """Sends until closed and empty."""
        while True:
            await self._arrived.wait()
            if not self._waiting and self._closing.is_set():
                return
            if len(self._waiting) < BATCH_SPANS:
                with trio.move_on_after(BATCH_SECONDS):
                    await self._closing.wait()
            size = min(BATCH_SPANS, len(self._waiting))
            batch = [self._waiting.popleft() for _ in range(size)]
            if not self._waiting and not self._closing.is_set():
                self._arrived = trio.Event()
            await self._send(batch)

    async def _send(self, batch: list[Span]) -> None:
        pause = PAUSE_SECONDS
        for attempt in range(1, MAX_TRIES + 1):
            try:
                await trio.to_thread.run_sync(
                    self._encode_and_post, batch, abandon_on_cancel=True
                )
            except RefusedError as refused:
                self._complain(str(refused))
                if not refused.may_pass or attempt == MAX_TRIES:
                    break
                await trio.sleep(pause)
                pause *= 2
            except Exception:
                # Ours: the next batch may fare better, the record has this one.
                log.exception("spans could not be sent")
                break
            else:
                if self._trouble:
                    log.warning("spans are taken again")
                    self._trouble = ""
                self._counted("sent", len(batch))
                return
        self._counted("dropped", len(batch))

    def _encode_and_post(self, batch: list[Span]) -> None:
        post(self._collector, self._encode(batch, self._collector.service))

    def _complain(self, trouble: str) -> None:
        if trouble != self._trouble:
            log.warning("tracing: %s", trouble)
            self._trouble = trouble


def post(collector: Collector, body: bytes) -> None:
    """Sends one body. Raises RefusedError unless the collector has taken it."""
    url = urlsplit(collector.endpoint)
    path = url.path.rstrip("/")
    target = path if path.endswith(_PATH) else path + _PATH
    host = url.hostname or ""
    connection: http.client.HTTPConnection
    if url.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(
            host, url.port, timeout=collector.timeout, context=context
        )
    else:
        connection = http.client.HTTPConnection(
            host, url.port, timeout=collector.timeout
        )
    headers = {**collector.headers, "Content-Type": "application/x-protobuf"}
    where = f"the collector at {url.scheme}://{host}:{url.port or url.scheme}{target}"
    try:
        connection.request("POST", target, body, headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise RefusedError(f"{where}: {why}", may_pass=True) from error
    finally:
        connection.close()
    if status // 100 != 2:
        raise RefusedError(f"{where} says {status}", may_pass=status in _PASSING)
