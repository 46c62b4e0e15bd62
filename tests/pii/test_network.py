"""IP and MAC addresses."""

import pytest

from tests.pii.marked import check


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
        "inet6 ⟦fd12:3456:789a:1::1⟧/64",
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
    ],
)
def test_not_found(text):
    check(text, "ip_address")
