"""Addresses of networks: IPv4, IPv6 and MAC, told from versions, times and slices."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from lunaroute.pii._border import opens
from lunaroute.pii._context import Context
from lunaroute.pii._finding import Finding

_V4 = re.compile(
    r"(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d|-[A-Za-z]|\.[a-z]{2}|-\d(?!\d{0,2}\.\d))"
)
_RUN = re.compile(r"[0-9A-Fa-f:.]{2,60}")
_ZONE = re.compile(r"%[0-9A-Za-z][0-9A-Za-z._-]{0,31}")
_V6_FULL = re.compile(r"(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}\Z")
_MAC = re.compile(
    r"[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w]|[:-][0-9A-Fa-f]{2})"
)
_MAC_DOTTED = re.compile(r"[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}(?![\w.])")
_MAC_BARE = re.compile(r"[0-9A-Fa-f]{12}(?!\w)")
_BEFORE = re.compile(r"\w\Z|(?<![0-9A-Za-z])[0-9A-Fa-f]{2}[:.-]\Z")
_VERSIONED = re.compile(
    r"(?:version|(?<![a-z])(?:ver|release|firmware|build|section|chapter|clause|oid|rev"
    r"|v)|identifier|§)\.?[\"'(]{0,2}\s{0,3}[:=]?\s{0,3}[\"']?\Z"
    r"|\brfc\b.{0,16}\Z|(?:[=~<>!^]=|[~^@]|\bv|#)\s{0,2}\Z"
    r"|(?<!ip)(?<!host)(?<!addr)(?<!client)(?<!server)(?<!node)(?<!peer)(?<=\w)[/-]\Z",
    re.IGNORECASE,
)
_URL = re.compile(r"(?:://|@)[^\s/]{0,64}\Z")


def find_ipv4(text: str, at: int, _context: int) -> Finding | None:
    """The dotted address that begins at ``text[at]``."""
    match = _V4.match(text, at)
    if match is None:
        return None
    octets = match.group().split(".")
    if any(
        int(octet) > 255 or (len(octet) > 1 and octet[0] == "0") for octet in octets
    ):
        return None
    address = IPv4Address(match.group())
    if (
        address.is_loopback
        or address.is_unspecified
        or octets[0] == "255"
        or octets[0] == "0"
        # What an X.500 attribute is called (2.5.4.3), no host's.
        or octets[:2] == ["2", "5"]
    ):
        return None
    before = text[max(0, at - 24) : at]
    if before.endswith("<") and text[match.end() : match.end() + 1] != ">":
        return None
    if _VERSIONED.search(before) and not _URL.search(before):
        return None
    if before.endswith(("v", "V")) or (
        before and (before[-1].isalnum() or before[-1] == ".")
    ):
        return None
    return Finding(at, match.end(), "ip_address", 0.95)


def find_colons(text: str, at: int, _context: int) -> Finding | None:
    """The IPv6 or MAC address that begins at ``text[at]``."""
    return _find_mac(text, at) or _find_ipv6(text, at)


def _find_mac(text: str, at: int) -> Finding | None:
    match = _MAC.match(text, at)
    if match is None or _is_chained(text, at):
        return None
    octets = set(re.split("[:-]", match.group().lower()))
    if octets in ({"00"}, {"ff"}):
        return None
    return Finding(at, match.end(), "mac_address", 0.95)


def _is_chained(text: str, at: int) -> bool:
    """Whether what begins here goes on from an octet before it."""
    return _BEFORE.search(text, max(0, at - 4), at) is not None


def _find_ipv6(text: str, at: int) -> Finding | None:
    match = _RUN.match(text, at)
    if match is None or not opens(text, at):
        return None
    value = match.group()
    end = match.end()
    if end < len(text) and (text[end].isalnum() or text[end] == "_"):
        return None
    # What ends a sentence or leads to a port is not of the address.
    stripped = value.rstrip(".")
    if stripped.endswith(":") and not stripped.endswith("::"):
        stripped = stripped[:-1]
    try:
        address = IPv6Address(stripped)
    except (AddressValueError, ValueError):
        return None
    if (
        address.is_loopback
        or address.is_unspecified
        or not _is_likely(stripped, address)
    ):
        return None
    end = at + len(stripped)
    if zone := _ZONE.match(text, end):
        end = zone.end()
    return Finding(at, end, "ip_address", 0.95)


def _is_likely(value: str, address: IPv6Address) -> bool:
    if "::" not in value:
        return True
    if address.ipv4_mapped is not None:
        return not address.ipv4_mapped.is_loopback
    # What is compressed could be a slice (x[10::2]) or a path (a::b): it has to lie in
    # a range that is in use (IANA IPv6 address space).
    first = int(address) >> 112
    return (
        0x2000 <= first <= 0x3FFF
        or first >= 0xFC00
        or (value.lower().startswith(("64:ff9b:", "100::")) and len(value) > 8)
    )


def find_mac(text: str, at: int, context: int) -> Finding | None:
    """The MAC address with dashes or dots that begins at ``text[at]``."""
    if found := _find_mac(text, at):
        return found
    match = _MAC_DOTTED.match(text, at)
    if match is None or _is_chained(text, at):
        return None
    # 1234.5678.9012 could be any number.
    if not context & Context.MAC and match.group().replace(".", "").isdigit():
        return None
    return Finding(at, match.end(), "mac_address", 0.85)


def find_bare_mac(text: str, at: int, context: int) -> Finding | None:
    """Twelve hex digits that a word near by calls a MAC address."""
    match = _MAC_BARE.match(text, at)
    if match is None or not context & Context.MAC or _is_chained(text, at):
        return None
    return Finding(at, match.end(), "mac_address", 0.75)
