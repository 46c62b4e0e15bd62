"""The server's loop: accept, read a head, choose, exchange, and again."""

import logging
import socket
import time
from dataclasses import replace

import trio
from trio import lowlevel

from lunaroute._fast import pick_fields
from lunaroute.errors import ClientFault, Fault, UpstreamFault
from lunaroute.gateway._admission import body_too_long, without_token
from lunaroute.gateway._client import Client, ClientGone
from lunaroute.gateway._codex import codex_file
from lunaroute.gateway._exchange import Exchange, Plan, refusal
from lunaroute.gateway._hangup import hangup_watch
from lunaroute.gateway._listen import Doorman
from lunaroute.gateway._options import (
    GatewayOptions,
    Provider,
    ServerLimits,
)
from lunaroute.gateway._own import healthz, readyz
from lunaroute.gateway._pool import Pool
from lunaroute.gateway._siblings import Siblings
from lunaroute.gateway._tap import Tap
from lunaroute.gateway._times import Clock
from lunaroute.gateway._upstream import Health
from lunaroute.link import Ending, Route, Times
from lunaroute.model import Dialect, Outcome
from lunaroute.routing import (
    TELLING,
    TOKEN_HEADER,
    UNCHANGED,
    Base,
    Facts,
    HeaderChange,
    Origin,
    count_forward,
    credentials,
    dialect_of,
    facts_of,
    forwards_left,
    guess_dialect,
    login_change,
    may_use_login,
    refuse_strays,
)
from lunaroute.wire import Framing, RequestHead, host_name, parse_request, reply

log = logging.getLogger("lunaroute.gateway")

SWEEP_SECONDS = 1.0
# Answered by the observer, over its Unix socket.
REFUSAL_SECONDS = 5.0
NOT_ALLOWED = 405
OBSERVER_PATHS = frozenset(
    (b"/metrics", b"/sessions", b"/search", b"/stats", b"/openapi.json")
)
OBSERVER_TREE = b"/sessions/"
OWN_PATHS = frozenset((b"/healthz", b"/readyz"))
ALLOWED = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
# What admission and plan look at beside the request line and Host.
DECIDING = TELLING | {TOKEN_HEADER}


class Gateway:
    """What all connections of this process share; wired in ``_run``."""

    def __init__(
        self,
        options: GatewayOptions,
        tap: Tap | None,
        siblings: Siblings | None = None,
    ) -> None:
        self.options = options
        self.tap = tap
        self.pool = Pool()
        self.watch = hangup_watch()
        self.clients: set[Client] = set()
        self.doorman = Doorman(options.server, self.serve, siblings)
        self.live = 0
        self.cut = 0
        self.draining = False
        self.keep_alive = options.server.keep_alive_secs
        self.health = {provider.name: Health() for provider in options.providers}
        self._observer = _observer(options)
        self._by_dialect = {
            provider.dialect: provider for provider in options.providers
        }
        self._codex = {
            provider.name: codex_file(provider) for provider in options.providers
        }

    def note_success(self, provider: str) -> None:
        """``provider`` answered, whatever it said."""
        if provider in self.health:  # the observer is none
            self.health[provider].last_success = time.time()

    def note_error(self, provider: str, error: str) -> None:
        """``provider`` could not be reached or broke off."""
        if provider in self.health:
            self.health[provider].last_error = error

    @property
    def troubles(self) -> list[str]:
        """Why the proxy is degraded; empty if records are being written."""
        if self.tap is None:
            return []
        return [self.tap.trouble] if self.tap.trouble else []

    def plan(self, head: RequestHead, peer: str = "") -> Plan:
        """Where a request of ``peer`` (host:port) goes and with whose credentials.

        Raises ClientFault: 404 for one that nobody serves, 403 for one with the other
        vendor's credentials, 426 for a WebSocket where they are off (Codex asks again
        with a POST at once; any other status costs it seconds, a 400 ends it).
        """
        facts, served = facts_of(head), self.options.dialects
        available = served & self._by_dialect.keys()
        dialect = dialect_of(facts, served, self.options.bypass, available)
        provider = self._by_dialect.get(dialect)
        if provider is None:
            raise ClientFault(
                f"the provider for the {dialect.value} dialect is switched off",
                status=404,
            )
        key = provider.key
        replaced = key is not None and key.policy == "replace"
        refuse_strays(facts, dialect, replaced=replaced)
        if head.upgrade == b"websocket" and not provider.websocket:
            raise ClientFault("WebSockets are switched off here; use POST", status=426)
        return Plan(
            provider=provider,
            target=provider.base.target(dialect, head.target),
            change=credentials(
                dialect,
                key,
                client_sent=facts.has_credential,
                login=self._login(provider, facts, peer),
            ),
            host=provider.base.origin.authority,
        )

    def _login(
        self, provider: Provider, facts: Facts, peer: str
    ) -> HeaderChange | None:
        """Codex' own login, for a request that may use it."""
        file = self._codex[provider.name]
        origin = provider.base.origin
        if file is None or not may_use_login(provider.dialect, origin, facts, peer):
            return None
        login = file.login(time.monotonic())
        if login is None:
            return None
        return login_change(login, facts, file.settings.user_agent)

    async def serve(self, client: Client, sock: socket.socket) -> None:
        """One connection from its first byte to its last."""
        self.clients.add(client)
        try:
            self.watch.add(client, sock)
            with client.scope:
                await self._serve(client)
            if client.head_too_slow:
                await self._refuse_slow(client)
            if client.lingers:
                await client.linger()
        except ClientGone as gone:
            log.debug("%s left: %s", client.peer, gone)
        except Exception:
            log.exception("a fault of our own while serving %s", client.peer)
        finally:
            self.watch.remove(sock)
            self.clients.discard(client)
            client.wire.close()

    async def sweep(self) -> None:
        """Once a second: idle limits, pool expiry, gauges. Nothing per chunk."""
        while True:
            await trio.sleep(SWEEP_SECONDS)
            self.watch.peek()
            now = time.monotonic()
            for client in self.clients:
                _judge(client, now, self.options.server, self.keep_alive)
            self.pool.expire(now)
            self.doorman.tell()
            if self.tap is not None:
                self.tap.tick(
                    live=self.live, clients=len(self.clients), idle=self.pool.idle
                )

    def begin_drain(self, idle_seconds: float = 0.0) -> None:
        """The next answer of each connection is its last; an idle one ends after
        ``idle_seconds``, so that what a client is just sending meets no closed door.
        With 0 idle ones end now, and busy ones take no further request.
        """
        self.draining = True
        self.doorman.leave()
        self.keep_alive = min(self.keep_alive, idle_seconds)
        if idle_seconds:
            return
        for client in list(self.clients):
            if client.exchange is None and not client.head_since:
                client.scope.cancel()

    async def _serve(self, client: Client) -> None:
        going = True
        while going and (self.keep_alive or not self.draining):
            try:
                raw = await client.read_head()
                if not raw or client.is_gone:  # what it had asked before serves nobody
                    return
                clock = Clock(accepted=time.monotonic_ns())
                head = parse_request(raw)
            except ClientFault as fault:
                client.lingers = True
                await client.send(refusal(None, fault, head_only=False))
                return
            clock.head_received = time.monotonic_ns()
            going = await self._request(client, head, clock)

    async def _request(self, client: Client, head: RequestHead, clock: Clock) -> bool:
        """One request. True if the connection can take another."""
        deciding = head.host, head.target, head.upgrade, pick_fields(head.raw, DECIDING)
        left = forwards_left(head)
        plan = client.plan if client.decided_by == deciding and left is None else None
        if plan is not None and head.length <= self.options.server.max_body_bytes:
            return await self._exchange(client, head, plan, clock)
        client.decided_by, client.plan = deciding, None
        try:
            shown, head = without_token(head)
            self._admit(client, head, shown)
            path = head.target.partition(b"?")[0]
            if left == 0:
                return await self._answer_as_last(client, head)
            if path in OWN_PATHS:
                return await self._answer_own(client, head, path)
            if path in OBSERVER_PATHS or path.startswith(OBSERVER_TREE):
                return await self._ask_observer(client, head, clock)
            plan = self.plan(head, client.peer)
        except ClientFault as fault:
            return await self._refuse(client, head, clock, fault)
        if left is not None:
            plan = replace(plan, change=count_forward(plan.change, left))
        elif not shown and self._codex[plan.provider.name] is None:
            client.plan = plan  # holds for the next request, too, if it looks the same
        return await self._exchange(client, head, plan, clock)

    async def _answer_as_last(self, client: Client, head: RequestHead) -> bool:
        """To a request that may go no further (RFC 9110 7.6.2)."""
        if head.method == b"TRACE":
            raise ClientFault("TRACE is not answered here", status=405)
        going = self._can_go_on(head)
        allow = (("allow", ALLOWED),)
        return await self._say(
            client, reply(200, b"{}", close=not going, extra=allow), going=going
        )

    async def _answer_own(self, client: Client, head: RequestHead, path: bytes) -> bool:
        if head.method not in (b"GET", b"HEAD"):
            raise ClientFault("only GET and HEAD are answered here", status=405)
        going = self._can_go_on(head)
        own = self._own(path, head_only=head.method == b"HEAD", close=not going)
        return await self._say(client, own, going=going)

    def _can_go_on(self, head: RequestHead) -> bool:
        """After an answer of our own: was there nothing more to read, and may come?"""
        return head.framing is Framing.NONE and not head.close and not self.draining

    async def _say(self, client: Client, own: bytes, *, going: bool) -> bool:
        client.lingers = not going
        await client.send(own)
        await lowlevel.checkpoint()  # pipelined ones must not starve the others
        return going

    def _admit(self, client: Client, head: RequestHead, token: bytes) -> None:
        """Raises ClientFault 401, 403 or 413."""
        admission, limit = self.options.admission, self.options.server.max_body_bytes
        admission.check_host(host_name(head), client.local_host)
        admission.check_origin(
            head.first(b"origin"), head.host, head.first(b"sec-fetch-site")
        )
        admission.check_token(token, client.peer_host)
        if head.length > limit:
            raise body_too_long(limit)

    async def _refuse(
        self, client: Client, head: RequestHead, clock: Clock, fault: ClientFault
    ) -> bool:
        """Our own answer to what never became an exchange, and its record."""
        self._record_refusal(client, head, clock, fault)
        client.lingers = True
        dialect = guess_dialect(facts_of(head))
        head_only = head.method == b"HEAD"
        extra = (("allow", ALLOWED),) if fault.status == NOT_ALLOWED else ()
        await client.send(refusal(dialect, fault, head_only=head_only, extra=extra))
        return False

    async def _ask_observer(
        self, client: Client, head: RequestHead, clock: Clock
    ) -> bool:
        """The observer is one more upstream; what it is asked is not recorded."""
        if self._observer is None:
            raise ClientFault(
                "recording is off, so there is nothing to tell", status=503
            )
        plan = Plan(self._observer, head.target, UNCHANGED, b"localhost")
        return await self._exchange(client, head, plan, clock)

    async def _exchange(
        self,
        client: Client,
        head: RequestHead,
        plan: Plan,
        clock: Clock,
    ) -> bool:
        tape = None
        provider = plan.provider
        if self.tap is not None and provider is not self._observer:
            route = Route(
                provider.name,
                provider.dialect.value,
                provider.base.url,
                client.peer,
                client.listener,
            )
            tape = self.tap.outbox.open(clock.head_received, route, head.raw)
        exchange = Exchange(self, client, head, plan, tape, clock, clock.head_received)
        client.exchange = exchange
        self.live += 1
        try:
            await exchange.run()
        except BaseException:  # cancelled; out of a nursery that is a group of its own
            exchange.interrupted()
            with trio.CancelScope(shield=True):  # bounded: one send of at most 5 s
                await self._finish(client, exchange)
            raise
        return await self._finish(client, exchange)

    async def _finish(self, client: Client, exchange: Exchange) -> bool:
        try:
            going = await exchange.finish()
        finally:
            client.exchange = None
            self.live -= 1
        outcome = exchange.outcome
        if outcome is Outcome.ANSWERED or outcome is Outcome.REFUSED_BY_PROVIDER:
            return going
        self.cut += outcome is Outcome.INTERRUPTED
        if isinstance(exchange.fault, UpstreamFault):
            name = exchange.plan.provider.name
            self.note_error(name, str(exchange.fault))
            log.warning("%s: %s", name, exchange.fault)
        if exchange.committed and exchange.ends_by_close:
            self.watch.remove(client.wire.sock)
            client.wire.abort()
            return False
        return going

    def _own(self, path: bytes, *, head_only: bool, close: bool) -> bytes:
        if path == b"/healthz":
            return healthz(head_only=head_only, close=close)
        return readyz(
            self.options.providers,
            self.health,
            self.troubles,
            draining=self.draining,
            head_only=head_only,
            close=close,
        )

    def _record_refusal(
        self, client: Client, head: RequestHead, clock: Clock, fault: Fault
    ) -> None:
        """A request we refuse is an exchange too: it has its record."""
        if self.tap is None:
            return
        dialect = guess_dialect(facts_of(head))
        route = Route(
            "", dialect.value if dialect else "", "", client.peer, client.listener
        )
        tape = self.tap.outbox.open(clock.head_received, route, head.raw)
        ended = time.monotonic_ns()
        tape.close(
            ended,
            Ending(
                Outcome.REFUSED_BY_US,
                fault.status,
                str(fault),
                0,
                0,
                Times(
                    accepted=clock.accepted,
                    head_received=clock.head_received,
                    ended=ended,
                ),
            ),
        )

    async def _refuse_slow(self, client: Client) -> None:
        fault = ClientFault(
            f"the request head took longer than {self.options.server.head_secs:g} s",
            status=408,
        )
        client.lingers = True
        with trio.move_on_after(REFUSAL_SECONDS):
            await client.send(refusal(None, fault, head_only=False))


def _judge(client: Client, now: float, limits: ServerLimits, keep_alive: float) -> None:
    """Ends what has been silent too long."""
    exchange = client.exchange
    if exchange is not None:
        silent = now - exchange.last_active / 1e9
        if silent > SWEEP_SECONDS:
            exchange.note_movement()
            silent = now - exchange.last_active / 1e9
        if silent > exchange.plan.provider.http.idle_secs and exchange.status != 101:
            exchange.cancel(Outcome.TIMED_OUT)
        elif client.half_closed_at and (
            min(silent, now - client.half_closed_at) > limits.half_close_secs
        ):  # an answer that flows goes on: one that is gone resets it
            exchange.cancel(Outcome.CLIENT_LEFT)
    elif client.head_since:
        if now - client.head_since > limits.head_secs:
            client.head_too_slow = True
            client.scope.cancel()
    elif now - client.idle_since > keep_alive:
        client.scope.cancel()


def _observer(options: GatewayOptions) -> Provider | None:
    if not options.observer_socket:
        return None
    origin = Origin(tls=False, host="localhost", port=80, unix=options.observer_socket)
    return Provider("observer", Dialect.OPENAI, Base(origin, "", "observer"), None)
