"""Addresses of networks: IPv4, IPv6 and MAC, told from versions, times and slices."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from lunaroute.pii._border import is_apart, is_escaped, opens
from lunaroute.pii._context import Context
from lunaroute.pii._finding import Finding

_V4 = re.compile(
    r"(?:\d{1,3}\.){3}\d{1,3}"
    r"(?:(?!\w|\.\d|-[A-Za-z]|\.[a-z]{2}|-\d)|(?=\.\.\d|-\d{1,3}\.\d)"
    # tcpdump: address, port and where it goes.
    r"|(?=\.\d{1,5}(?: [<>] |: )))"
)
_RUN = re.compile(r"[0-9A-Fa-f:.]{2,60}")
_NAMED = re.compile(r"[\w)\]]")
_LINE = re.compile(r"\d{1,6}:(?=[0-9A-Fa-f:])")
_PORT = re.compile(r":\d{1,5}\Z")
_WIDE = re.compile(r"[0-9A-Fa-f]{4}:")
_ZONE = re.compile(r"%[0-9A-Za-z][0-9A-Za-z._-]{0,31}")
_MAC = re.compile(
    r"[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w]|[:-][0-9A-Fa-f]{2})"
)
_EUI_64 = re.compile(
    r"(?:[0-9A-Fa-f]{2}([:-])){3}(?i:ff\1fe)(?:\1[0-9A-Fa-f]{2}){3}(?![\w]|[:-][0-9A-Fa-f]{2})"
)
# As arp of BSD and macOS writes it, without the zeros.
_SHORT = re.compile(r"(?:[0-9A-Fa-f]{1,2}:){5}[0-9A-Fa-f]{1,2}(?![\w:])")
_MAC_DOTTED = re.compile(
    r"[0-9A-Fa-f]{4}([.-])[0-9A-Fa-f]{4}\1[0-9A-Fa-f]{4}(?![\w.]|-\w)"
)
# Says so directly before.
_HARDWARE = re.compile(
    r"(?:(?<![A-Za-z])mac|hw_?addr|ether|lladdr|[bs]sid|(?:hardware|physical|mac)[ _-]?addr(?:ess)?|arp)"
    r"(?:[ _-]?(?:addr(?:ess)?|id|is))?(?![a-z])[\\\"'\])]{0,4}[\s:=,]{0,4}[\\\"'(\[]{0,4}\Z"
    r"|\([0-9.]{7,15}\) at \Z",
    re.IGNORECASE,
)
_MAC_BARE = re.compile(r"[0-9A-Fa-f]{12}(?!\w)")
# The first octets of a longer print that was cut.
_KEY_ID = re.compile(
    r"(?i:fingerprint|key identifier|digest|sha-?\d+|md5|serial)\W{0,4}\Z"
)
_BEFORE = re.compile(r"\w\Z|(?<![0-9A-Za-z])[0-9A-Fa-f]{2}[:.-]\Z")
# Directly before it, and it is no address whatever it looks like.
_VERSIONED = re.compile(
    r"(?:version(?:_*[\\\"']{0,4}\s?\]?)|(?<![a-z])(?:ver|release|firmware|build|section|chapter|clause|oid"
    r"|rev|tag|v)|identifier|§)\.?[\\\"'(\[>]{0,6}\s{0,3}[:=]{0,2}\s{0,3}[\\\"'(\[]{0,6}\Z"
    r"|\brfc\b.{0,16}\Z|\bv\Z",
    re.IGNORECASE,
)
# The same, where it looks like a version, too.
_PINNED = re.compile(r"[=~<>!^@#/\\-]\s{0,2}\Z")
_USER = re.compile(
    r"(?:\b(?:root|admin|ubuntu|debian|pi|ec2-user|centos|deploy|user|me)@"
    r"|(?:ssh|scp|sftp|rsync|://)[^\n]{0,40}@)\Z"
)
_URL = re.compile(r"://[^\s/]{0,64}\Z")
# Words that speak of hosts. Those of the second row stand directly before.
_HOSTS = re.compile(
    r"(?:(?<![A-Za-z])[iI][pP]|(?<![A-Z])I[pP])(?:s|v4|V4)?(?![a-z])"
    r"|(?i:addr(?:ess|esses)?(?![A-Za-z])|(?<![a-z]-)(?:host(?:name|s)?|server|clients?|peer|remote|gateway|dns|nameservers?"
    r"|subnet|network|proxy|inet|cidr|endpoint|firewall|iptables|(?<![a-z])(?:ping|ssh|curl|telnet|traceroute|nc|bind|bound|src|dst|tcp|udp|vpn)"
    r"|forwarded-for|listen(?:ing)?|connect(?:ed|ing|ion)?|login"
    r"|logged in|visitor|attacker|blocked|banned|banning|denied|destination|icmp|socket"
    r"|router|subnets|whitelist|allowlist|denylist|blacklist|resolv(?:es|ed|er))(?![A-Za-z]))"
)
_HOST = re.compile(
    r"(?i:(?<![A-Za-z])(?:from|to|at|via|by|against|allow|deny|block|ban|is|on|for|route|A|PTR|eth\d)"
    r"[\"'`\[(]{0,2}[\s:=]{1,3}[\"'`\[(]{0,2})\Z"
)
_CHANGED = re.compile(r"(?i:up(?:grad|dat)|downgrad|bump|chang|migrat|releas)")
_WORD = re.compile(
    r"[A-Za-z_][\w.+-]*[\"'`,)\]]{0,3}\s{0,16}[:=~>|]{0,2}\s{0,3}[\"'`(\[]{0,3}\Z"
)
_HEADING = re.compile(
    r"\.?\s{1,3}[A-Z][a-z]|\s{1,3}[a-z]+(?![\w.])|\s?(?:->|=>|→)|\] - \d{4}-"
)
# A port, a range of addresses, the line of a log, a port as resolvers write it.
_SERVED = re.compile(r":\d{2,5}(?![\w.])|/\d{1,2}(?![\w./])|#53\b| - \S+ \[| port \d")
_RESOLVERS = frozenset(
    ["8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "4.2.2.1", "4.2.2.2"]
)


def find_ipv4(text: str, at: int, _context: int) -> Finding | None:
    """The dotted address that begins at ``text[at]``."""
    match = _V4.match(text, at)
    if match is None:
        return None
    value, end = match.group(), match.end()
    octets = value.split(".")
    if any(
        int(octet) > 255 or (len(octet) > 1 and octet[0] == "0") for octet in octets
    ):
        return None
    if (
        octets[0] in ("255", "0")
        # What an X.500 attribute is called (2.5.4.3), no host's.
        or octets[:2] == ["2", "5"]
    ):
        return None
    before = text[max(0, at - 24) : at]
    if (
        before
        and (before[-1].isalnum() or (before[-1] == "." and not _is_range(before)))
        and (before[-1] in "vV" or not is_escaped(text, at))
    ):
        return None
    if _VERSIONED.search(before) and not _URL.search(before):
        return None
    if _could_be_version(octets) and not _is_served(text, at, end):
        return None
    return Finding(at, end, "ip_address", 0.95)


def _is_range(before: str) -> bool:
    return before.endswith("..") and before[-3:-2].isdigit()


def _could_be_version(octets: list[str]) -> bool:
    """Whether its parts are as small as those of versions are."""
    if octets[0] == "10" or octets[0] == "127" or ".".join(octets) in _RESOLVERS:
        return False
    if octets[2:] == ["0", "0"]:
        return octets[0] not in ("172", "192", "169", "100") or octets[1] == "0"
    return int(octets[0]) <= 30 and int(octets[1]) <= 63


def _is_served(text: str, at: int, end: int) -> bool:
    """Whether what stands around a value that could be a version speaks of a host."""
    if _SERVED.match(text, end):
        return True
    before = text[max(0, at - 64) : at]
    if _URL.search(before) or _USER.search(before):
        return True
    line = before[before.rfind("\n") + 1 :]
    if _HOSTS.search(line):
        return True
    if _HOST.search(line):
        return _CHANGED.search(line) is None
    if _PINNED.search(line):
        return False
    # The name of a package before it, a heading behind it.
    return _WORD.search(line) is None and _HEADING.match(text, end) is None


def is_loopback(value: str) -> bool:
    """Whether an address that was found is the machine's own."""
    address = _parsed(value)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


# RFC 5737, RFC 3849, RFC 9637.
_DOCUMENTATION = tuple(
    map(
        ip_network,
        (
            "192.0.2.0/24",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "2001:db8::/32",
            "3fff::/20",
        ),
    )
)


def is_documentation(value: str) -> bool:
    """Whether an address that was found is one of those kept for documents."""
    address = _parsed(value)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return any((mapped or address) in network for network in _DOCUMENTATION)


def _parsed(value: str) -> IPv4Address | IPv6Address:
    return ip_address(value.partition("%")[0])


def find_colons(text: str, at: int, _context: int) -> Finding | None:
    """The IPv6 or MAC address that begins at ``text[at]``."""
    found = _find_mac(text, at) or _find_ipv6(text, at)
    if found is None and (number := _LINE.match(text, at)):
        # The number of its line, behind a path.
        at = number.end()
        if is_apart(text, at):
            return _find_mac(text, at) or _find_ipv6(text, at)
    return found


def _find_mac(text: str, at: int) -> Finding | None:
    match = _MAC.match(text, at) or _EUI_64.match(text, at)
    if match is None:
        match = _SHORT.match(text, at)
        if match is None or not _is_hardware(text, at):
            return None
    if _is_chained(text, at):
        return None
    octets = set(re.split("[:-]", match.group().lower()))
    # The broadcast address, none at all, and masks.
    if octets <= {"00", "ff"} or _KEY_ID.search(text, max(0, at - 48), at):
        return None
    return Finding(at, match.end(), "mac_address", 0.95)


def _is_hardware(text: str, at: int) -> bool:
    return _HARDWARE.search(text, max(0, at - 32), at) is not None


def _is_chained(text: str, at: int) -> bool:
    """Whether what begins here goes on from an octet before it."""
    chained = _BEFORE.search(text, max(0, at - 4), at) is not None
    return chained and not is_apart(text, at)


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
    address = _address(stripped)
    if address is None and (port := _PORT.search(stripped)):
        stripped = stripped[: port.start()]
        address = _address(stripped)
    if (
        address is None
        or address.is_unspecified
        or _is_slice(text, at, end)
        or not (address.is_loopback or _is_likely(stripped, address))
    ):
        return None
    end = at + len(stripped)
    if zone := _ZONE.match(text, end):
        end = zone.end()
    return Finding(at, end, "ip_address", 0.95)


def _is_slice(text: str, at: int, end: int) -> bool:
    """Whether this is between the brackets behind a name: x[::1]."""
    return (
        text[at - 1 : at] == "["
        and text[end : end + 1] == "]"
        and _NAMED.match(text[at - 2 : at - 1]) is not None
    )


def _address(value: str) -> IPv6Address | None:
    try:
        return IPv6Address(value)
    except ValueError:
        return None


def _is_likely(value: str, address: IPv6Address) -> bool:
    if address.ipv4_mapped is not None:
        return True
    # It could be a slice (x[10::2]), a path (a::b) or a row of octets: it has to lie in
    # a range that is in use (IANA IPv6 address space).
    first = int(address) >> 112
    return (
        (0x2000 <= first <= 0x3FFF or first >= 0xFC00)
        and _WIDE.match(value) is not None
    ) or (value.lower().startswith(("64:ff9b:", "100::")) and len(value) > 8)


def find_mac(text: str, at: int, context: int) -> Finding | None:
    """The MAC address with dashes or dots that begins at ``text[at]``."""
    if found := _find_mac(text, at):
        return found
    match = _MAC_DOTTED.match(text, at)
    if match is None or _is_chained(text, at):
        return None
    # 1234.5678.9012 could be any number, and 0000-5e00-53af a part of a UUID.
    digits = match.group().replace(match[1], "")
    if not context & Context.MAC and (digits.isdigit() or match[1] == "-"):
        return None
    return Finding(at, match.end(), "mac_address", 0.85)


def find_bare_mac(text: str, at: int, context: int) -> Finding | None:
    """Twelve hex digits that a word near by calls a MAC address."""
    match = _MAC_BARE.match(text, at)
    if match is None or not context & Context.MAC or _is_chained(text, at):
        return None
    if match.group().isdigit() or not _is_hardware(text, at):
        return None
    return Finding(at, match.end(), "mac_address", 0.75)
