"""Can the providers be reached? Asked only when the user wants it: it uses the network.

No credential is sent, and any answer of HTTP is one.
"""

import http.client
import ssl
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

from lunaroute.cli._finding import Finding, ok, problem
from lunaroute.config import Resolved

SECONDS = 10.0


def examine_providers(resolved: Resolved) -> Iterator[Finding]:
    """Each one that is enabled, the way that requests take."""
    providers = resolved.settings.providers
    for name, each in (
        ("anthropic", providers.anthropic),
        ("openai", providers.openai),
    ):
        if each.enabled:
            proxy = resolved.proxies.get(name)
            through = (proxy.host, proxy.port, proxy.authorization) if proxy else None
            yield reach(name, each.base_url, through)


def reach(name: str, base_url: str, through: tuple[str, int, str] | None) -> Finding:
    """One provider; ``through`` is a proxy's host, port and Proxy-Authorization."""
    way = f" through {through[0]}:{through[1]}" if through else ""
    try:
        status = _asked(base_url, through)
    except ssl.SSLCertVerificationError as error:
        return problem(
            "reach",
            f"{name}: {base_url}{way}: its certificate is not accepted: "
            f"{error.verify_message}",
            "behind a company's proxy, SSL_CERT_FILE names the file with its authority",
        )
    except (OSError, http.client.HTTPException) as error:
        return problem(
            "reach",
            f"{name}: {base_url}{way} cannot be reached: {error}",
            "look at the network, HTTPS_PROXY and NO_PROXY, and at "
            f"providers.{name}.base_url",
        )
    return ok("reach", f"{name}: {base_url}{way} answers (status {status})")


def _asked(base_url: str, through: tuple[str, int, str] | None) -> int:
    place = urlsplit(base_url)
    host = str(place.hostname)
    secure = place.scheme == "https"
    port = place.port or (443 if secure else 80)
    first_host, first_port = (through[0], through[1]) if through else (host, port)
    connection = http.client.HTTPConnection(first_host, first_port, timeout=SECONDS)
    if secure:
        connection = http.client.HTTPSConnection(
            first_host,
            first_port,
            timeout=SECONDS,
            context=ssl.create_default_context(),
        )
    target = place.path or "/"
    if through and secure:
        headers = {"Proxy-Authorization": through[2]} if through[2] else {}
        connection.set_tunnel(host, port, headers)
    elif through:
        target = f"http://{place.netloc}{target}"
    with closing(connection):
        connection.request("HEAD", target)
        return connection.getresponse().status
