"""What the gateway is told once, at its start. Nothing is reconfigured in place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lunaroute.gateway._http_client import HttpClient
from lunaroute.link import TapLimits
from lunaroute.model import Dialect
from lunaroute.routing import Admission, Base, Bypass, CodexAuth, Key, parse_base


@dataclass(frozen=True, slots=True, eq=False)
class Provider:
    """Where one dialect's requests go, and with whose key. Each is made once: it is
    its own key in the pool.
    """

    name: str
    dialect: Dialect
    base: Base
    key: Key | None
    http: HttpClient = field(default_factory=HttpClient)
    websocket: bool = True
    codex_auth: CodexAuth | None = None


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """The clients' side: how many, how long, how much. Times in seconds.

    A client opens connections ahead of need (Claude Code preconnects), so the head's
    time runs from its first byte and an idle connection may stay long.
    """

    max_connections: int | None = None  # None: by the limit of open files
    max_body_bytes: int = 100 * 1024 * 1024
    head_secs: float = 30.0
    keep_alive_secs: float = 600.0
    half_close_secs: float = 5.0
    tcp_nodelay: bool = True
    tcp_keepalive_secs: int = 60
    send_buffer_bytes: int | None = None
    receive_buffer_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class GatewayOptions:
    """Frozen; made from the plain values that the configuration's reader wrote."""

    log_level: str
    log_format: str
    dialects: frozenset[Dialect]
    providers: tuple[Provider, ...]
    tap: TapLimits | None
    observer_socket: str
    server: ServerLimits
    admission: Admission
    bypass: Bypass = field(default_factory=Bypass)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "GatewayOptions":
        """From the ``gateway`` part of the plan (docs/architecture.md)."""
        tap = plain["tap"]
        return cls(
            log_level=plain["log_level"],
            log_format=plain["log_format"],
            dialects=frozenset(Dialect(name) for name in plain["dialects"]),
            providers=tuple(_providers(plain["providers"])),
            tap=None
            if tap is None
            else TapLimits(
                max_body=tap["max_body_bytes"],
                buffer=tap["buffer_bytes"],
                overflow=tap["overflow"],
            ),
            observer_socket=plain.get("observer_socket", ""),
            server=ServerLimits(**plain.get("server", {})),
            admission=Admission.from_plain(plain.get("admission")),
            bypass=_bypass(plain.get("bypass")),
        )


def _bypass(plain: Mapping[str, Any] | None) -> Bypass:
    if plain is None:
        return Bypass()
    name = plain["provider"]
    return Bypass(plain["enabled"], Dialect(name) if name else None)


def _codex_auth(plain: Mapping[str, Any] | None) -> CodexAuth | None:
    return None if plain is None else CodexAuth(**plain)


def _providers(plain: Sequence[Mapping[str, Any]]) -> list[Provider]:
    found = []
    for entry in plain:
        dialect = Dialect(entry["dialect"])
        value = entry["api_key"]
        key = Key(value, entry["api_key_policy"]) if value else None
        base = parse_base(entry["base_url"], dialect)
        provider = Provider(
            entry["name"],
            dialect,
            base,
            key,
            HttpClient.from_plain(entry["http_client"]),
            websocket=entry.get("websocket", True),
            codex_auth=_codex_auth(entry.get("codex_auth")),
        )
        found.append(provider)
    return found
