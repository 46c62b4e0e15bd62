"""How connections to one provider are opened and kept: its ``http_client`` settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy that is asked for a tunnel (CONNECT, RFC 9110 9.3.6)."""

    host: str
    port: int
    authorization: str = field(default="", repr=False)  # of Proxy-Authorization


@dataclass(frozen=True, slots=True)
class HttpClient:
    """Seconds and counts; the defaults are those of the settings."""

    # Moved by a byte in either direction; a stream that produces may run for hours.
    idle_secs: float = 600.0
    connect_secs: float = 10.0  # from the name to the end of the TLS handshake
    pool_max_idle: int = 32  # 0: every request has its own connection
    # What we close first costs nothing; a connection that the other side has closed
    # under a request has it sent a second time.
    pool_idle_secs: float = 90.0
    keepalive_secs: int = 60  # 0: no probes
    max_retries: int = 3  # of opening a connection, never of a request
    pool_metrics: bool = True
    proxy: Proxy | None = None

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "HttpClient":
        """From the ``http_client`` part of a provider in the plan."""
        proxy = plain["proxy"]
        return cls(
            idle_secs=plain["timeout_secs"],
            connect_secs=plain["connect_timeout_secs"],
            pool_max_idle=plain["pool_max_idle_per_host"],
            pool_idle_secs=plain["pool_idle_timeout_secs"],
            keepalive_secs=plain["tcp_keepalive_secs"],
            max_retries=plain["max_retries"],
            pool_metrics=plain["enable_pool_metrics"],
            proxy=None if proxy is None else Proxy(**proxy),
        )
