"""What can go wrong with a connection to a provider, in words."""

import ssl

from lunaroute.errors import UpstreamFault


class ConnectFault(UpstreamFault):
    """No connection came about, so nothing was sent: it may be tried again."""


def plain(error: BaseException) -> str:
    """The reason alone, without numbers and places in OpenSSL's source."""
    if isinstance(error, ssl.SSLEOFError):
        return "the connection was closed"
    reason = getattr(error, "reason", None)
    if isinstance(error, ssl.SSLError) and reason:
        return str(reason).replace("_", " ").lower()
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
