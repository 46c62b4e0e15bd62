"""IP and MAC addresses."""

import pytest

from lunaroute.pii import Detector
from tests.pii.marked import check

LOOPBACK = "⟦127.0.0.1⟧:8080, ⟦127.8.0.1⟧, [⟦::1⟧]:443, ⟦::ffff:127.0.0.1⟧"
DOCUMENTATION = "⟦192.0.2.1⟧ ⟦198.51.100.2⟧ ⟦203.0.113.3⟧ ⟦2001:db8::1⟧ ⟦3fff::1⟧ ⟦::ffff:192.0.2.1⟧"


@pytest.mark.parametrize(
    "marked",
    [
        "from ⟦203.0.113.7⟧ port 22",
        "http://⟦198.51.100.23⟧:8080/x",
        '⟦203.0.113.9⟧ - - [25/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200',
        "⟦192.0.2.0⟧/24",
        "ssh root@⟦192.0.2.44⟧",
        "⟦2001:db8::1⟧ and ⟦2001:DB8:0:0:8:800:200C:417A⟧.",
        "[⟦2001:db8::5⟧]:443",
        "⟦fe80::1%eth0⟧",
        "⟦::ffff:192.0.2.1⟧",
        "ip:⟦2001:db8:1::ab9:c0a8:102⟧",
        "⟦203.0.113.9⟧-⟦203.0.113.20⟧ and ⟦10.0.0.1⟧..⟦10.0.0.50⟧",
        "connected to db/⟦203.0.113.9⟧:5432, localhost/⟦203.0.113.9⟧:80",
        "IP ⟦203.0.113.9⟧.443 > ⟦198.51.100.7⟧.52311: Flags [S]",
        "ip%3D⟦203.0.113.9⟧%26",
        "#⟦203.0.113.9⟧ ^⟦203.0.113.9⟧",
        "tcp6 [⟦2001:db8::1⟧]:443 ⟦2001:db8::2⟧:51234 ESTABLISHED",
        "⟦::ffff:cb00:7109⟧ [⟦fe80::1%25en0⟧]:80",
        # Small numbers, and words that speak of a host.
        "ping ⟦4.4.2.1⟧; server ⟦5.9.12.34⟧; http://⟦5.9.12.34⟧/x",
        '{"clientIp":"⟦5.9.12.34⟧"} from ⟦5.9.12.34⟧ root@⟦5.9.12.34⟧',
        "⟦5.9.12.34⟧:8080 ⟦5.9.12.0⟧/24 nameserver ⟦8.8.8.8⟧",
        '⟦5.9.12.34⟧ - - [25/Nov/2026:10:00:00 +0000] "GET /',
        "inet6 ⟦fd12:3456:789a:1::1⟧/64",
        "src/config.ts:33:⟦2400:c401::5fe6⟧ - -",
    ],
)
def test_addresses(marked):
    check(marked, "ip_address")


@pytest.mark.parametrize(
    "marked",
    [
        "⟦00:00:5e:00:53:af⟧",
        "⟦00-00-5E-00-53-AF⟧",
        "mac:⟦00:00:5e:00:53:01⟧,",
        "⟦0000.5e00.53af⟧",
        "MAC address ⟦00005e0053af⟧",
        "bssid=⟦0000-5e00-53af⟧",
        "EUI-64 ⟦00:00:5e:ff:fe:00:53:af⟧",
        "? (host) ether ⟦0:0:5e:0:53:af⟧ en0",
    ],
)
def test_hardware(marked):
    check(marked, "mac_address")


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1 ::1 0.0.0.0 :: 255.255.255.0",
        "version 1.2.3.4, v10.0.0.1, package==1.2.3.4, Chrome/100.0.0.0",
        "1.3.6.1.4.1.311 and 999.1.1.1 and 1.2.3.4.5",
        "std::vector a::b x[10::2] x[::3] f64::consts::PI abc::def",
        "12:34:56 2026-11-25T12:34:56.123 1:2:3:4",
        "43:51:43:a1:b5:fc:8b:b7:0a:3a:a9:b1:0f:66:73:a8",
        "00:00:00:00:00:00 ff:ff:ff:ff:ff:ff",
        "1234.5678.9012",
        "FFmpeg 4.4.2.1, assembly 4.0.0.0, rails (7.0.4.1), gem 'rails', '7.0.4.1'",
        "opencv-python            4.8.1.78\ncudnn 8.9.2.26\nopenssh-server 1.2.3.4",
        '"Newtonsoft.Json": "13.0.1.0" <version>2.9.10.8</version> jackson:2.9.10.8',
        "Bumps rails from 7.0.4.1 to 7.0.8.1. 1.2.3.4 -> 1.2.3.5",
        "3.1.4.1 Introduction (see 3.1.4.1) Table 3.1.4.1 § 8.1.2.5",
        "Chrome/120.0.0.0 Edg/120.0.0.0 OpenJDK 11.0.20.1 iOS 9.3.5.1",
        "1:2:3:4:5:6:7:8 01:02:03:04:05:06:07:08 ff:ff:ff:00:00:00",
        "X509v3 Subject Key Identifier: A9:53:6B:3C:2D:1A",
        "macOS 14.2.1 123456789012; container a1b2c3d4e5f6 on mac",
    ],
)
def test_not_found(text):
    check(text, "ip_address")


def test_loopback_addresses_are_found_by_choice():
    check(LOOPBACK, "ip_address", Detector(["ip_address"], loopback=True))
    check(LOOPBACK.replace("⟦", "").replace("⟧", ""), "ip_address")


def test_addresses_of_documents_are_left_by_choice():
    check(DOCUMENTATION, "ip_address")
    without = Detector(["ip_address"], documentation=False)
    check(DOCUMENTATION.replace("⟦", "").replace("⟧", ""), "ip_address", without)
    check("⟦192.168.2.1⟧ ⟦2606:4700::1⟧", "ip_address", without)
