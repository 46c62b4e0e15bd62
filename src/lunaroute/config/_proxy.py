"""HTTP proxies on the way to providers, from the variables that most programs obey.

Where programs differ, this is curl's reading, and Go's for loopback addresses. The
values may hold a password: no message repeats one.
"""

import ipaddress
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from lunaroute.config._provider import Providers
from lunaroute.errors import ConfigError
from lunaroute.routing import is_loopback

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy and what Proxy-Authorization says to it, if anything."""

    host: str
    port: int
    authorization: str = field(default="", repr=False)


def proxies(providers: Providers, environ: Mapping[str, str]) -> dict[str, Proxy]:
    """Those of the enabled providers, by name. Raises ConfigError like ``proxy_of``."""
    extra = providers.__pydantic_extra__
    every = {"anthropic": providers.anthropic, "openai": providers.openai, **extra}
    found = {
        name: proxy_of(each.base_url, environ)
        for name, each in every.items()
        if each.enabled and each.base_url
    }
    return {name: proxy for name, proxy in found.items() if proxy is not None}


def proxy_of(base_url: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy between us and a base URL. Raises ConfigError for one that cannot be
    used.
    """
    parts = urlsplit(base_url)
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    name = _variable(parts.scheme, environ)
    if not name or is_loopback(host):
        return None
    exceptions = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    if _is_excepted(host, port, exceptions):
        return None
    return _parse(name, environ[name], host)


def _variable(scheme: str, environ: Mapping[str, str]) -> str:
    """The variable in force; an empty one counts as not set."""
    names = (f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY")
    return next((name for name in names if environ.get(name)), "")


def _parse(name: str, value: str, host: str) -> Proxy:
    value = value.strip()
    wrong = ConfigError(f"{name}: must be a URL like http://proxy.example:3128")
    if not (value.isascii() and value.isprintable() and " " not in value):
        raise wrong
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        proxy_host, port = parts.hostname, parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme != "http":
        raise ConfigError(
            f"{name}: only http:// proxies are supported, this one is "
            f"{parts.scheme}://; name another, or exclude {host} with NO_PROXY"
        )
    if not proxy_host:
        raise wrong
    return Proxy(proxy_host, port or DEFAULT_PORTS["http"], _authorization(parts))


def _authorization(parts: SplitResult) -> str:
    """RFC 7617."""
    if parts.username is None:
        return ""
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"Basic {b64encode(pair.encode()).decode()}"


def _is_excepted(host: str, port: int, exceptions: str) -> bool:
    entries = re.split(r"[\s,]+", exceptions.lower())
    return any(_matches(host, port, entry) for entry in entries if entry)


def _matches(host: str, port: int, entry: str) -> bool:
    if entry == "*":
        return True
    address = _address(host)
    if address is not None and "/" in entry:
        return _contains(entry, address)
    name, colon, number = entry.rpartition(":")
    if colon and number.isdigit() and (":" not in name or name.endswith("]")):
        if int(number) != port:
            return False
        entry = name
    entry = entry.strip("[]")
    if address is not None:
        return _address(entry) == address
    entry = entry.removeprefix("*").strip(".")
    return bool(entry) and (host == entry or host.endswith(f".{entry}"))


def _contains(
    network: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address
) -> bool:
    try:
        return address in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
