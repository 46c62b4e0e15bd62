"""Which names and addresses are this machine's own. Pure."""

import ipaddress


def is_loopback(name: str) -> bool:
    """For names and literal addresses; ``*.localhost`` is loopback (RFC 6761 6.3)."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
